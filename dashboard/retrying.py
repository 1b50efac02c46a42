"""How long background work waits while the database refuses: the poller, the index and the reader of files alike."""

from collections.abc import Callable

PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds; the last one repeats."""


class Refusals:
    """Counts refusals in a row.

    Args:
        wait: waits for so many seconds, less when the process ends.
    """

    def __init__(self, wait: Callable[[float], object]) -> None:
        self._wait = wait
        self._in_a_row = 0
        self.sentence: str | None = None
        """What was said last, until it works again."""

    def refused(self, sentence: str) -> bool:
        """Note one and wait; whether it was the first in a row."""
        is_first, self.sentence = self.sentence is None, sentence
        pause = pause_after(self._in_a_row)
        self._in_a_row += 1
        self._wait(pause)
        return is_first

    def works(self) -> bool:
        """Note that it works; whether it had not before."""
        was_refused, self.sentence = self.sentence is not None, None
        self._in_a_row = 0
        return was_refused


def pause_after(failures: int) -> float:
    """Seconds to wait when there were so many failures before this one."""
    return PAUSES[min(failures, len(PAUSES) - 1)]
