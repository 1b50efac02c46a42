"""Large answers take turns: reading one of them costs seconds and hundreds of megabytes, reading many at once all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = 1_000_000
"""Characters of an answer from which on it waits for its turn."""

LONGEST_WAIT_SECONDS = 10.0
"""Seconds; then it is read beside the others, for its lease runs."""


class Turns:
    """Lets one large answer at a time be read."""

    def __init__(self, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._longest_wait = longest_wait_seconds
        self._free = threading.Semaphore()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        """Wait for the turn of an answer of so many characters; small ones need not wait."""
        taken = size > LARGE and self._free.acquire(timeout=self._longest_wait)
        try:
            yield
        finally:
            if taken:
                self._free.release()
