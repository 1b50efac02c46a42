"""Who may write next, and whether anybody is busy: work in the background lets everybody else go first.

SQLite has one write lock. It is given to whoever happens to look when it is free, and who waits looks ten times a
second: somebody who writes again and again is hardly ever caught between two transactions. So the threads of a process
queue up here before they ask for it, in the order in which they came, work in the background behind all others.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_thread = threading.local()


@contextmanager
def aside() -> Iterator[None]:
    """Mark what this thread does in the block as work that nobody waits for."""
    before = is_aside()
    _thread.is_aside = True
    try:
        yield
    finally:
        _thread.is_aside = before


def is_aside() -> bool:
    """Whether this thread does such work at this moment."""
    return bool(getattr(_thread, "is_aside", False))


@dataclass(eq=False, slots=True)
class _Waiting:
    is_next: threading.Event = field(default_factory=threading.Event)


class WriteQueue:
    """The queue of one process for one database.

    Args:
        one_at_a_time: whether only one may write, as on SQLite; else everybody may at once, and is only counted.
        monotonic: seconds that only grow.
    """

    def __init__(self, *, one_at_a_time: bool, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._one_at_a_time = one_at_a_time
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._is_taken = False
        self._first = deque[_Waiting]()
        self._behind = deque[_Waiting]()
        self._busy = 0
        self._busy_at = -1e9

    def others_busy(self, *, within: float = 0.0) -> bool:
        """Whether anybody reads or writes or waits to, or did so in the last seconds; work aside does not count."""
        return bool(self._busy) or (within > 0 and self._monotonic() - self._busy_at < within)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a unit of work for the block, unless it is done aside."""
        if is_aside():
            yield
            return
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._busy_at = self._monotonic()

    @contextmanager
    def taken(self, *, seconds: float) -> Iterator[bool]:
        """Have the turn to write for the block.

        Args:
            seconds: how long to wait for it.

        Yields:
            Whether it came in time; False means that somebody else still has it.
        """
        has_turn = not self._one_at_a_time or self._take(seconds)
        try:
            yield has_turn
        finally:
            if has_turn and self._one_at_a_time:
                self._hand_on()

    def _take(self, seconds: float) -> bool:
        mine = _Waiting()
        queue = self._behind if is_aside() else self._first
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            queue.append(mine)
        if mine.is_next.wait(seconds):
            return True
        with self._lock:
            if mine.is_next.is_set():  # at the last moment
                return True
            queue.remove(mine)
        return False

    def _hand_on(self) -> None:
        with self._lock:
            queue = self._first or self._behind
            if queue:
                queue.popleft().is_next.set()
            else:
                self._is_taken = False
