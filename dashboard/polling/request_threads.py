"""The threads that ask: they live on between calls, as many as are needed, and never hold up the process's end."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from dashboard.models import Claim

IDLE_SECONDS = 60.0
"""A thread that nothing was asked of for so long ends."""


@dataclass(eq=False, slots=True)
class _Held:
    """A claimed task; the same one may be held twice when a lease ran out."""

    claim: Claim
    since: float


class RequestThreads:
    """Polls claimed tasks, each on the next free thread.

    Args:
        poll: polls one, given when it was claimed (monotonic seconds); never raises.
        told: hears, one call after the other, how many tasks are held.
        workers: so many threads there are at most as a rule.
        most: so many with those for which a task must not wait.
    """

    def __init__(
        self, poll: Callable[[Claim, float], None], *, told: Callable[[int], None], workers: int, most: int
    ) -> None:
        self._poll = poll
        self._told = told
        self._workers = workers
        self._most = most
        self._changed = threading.Condition()
        self._waiting: deque[_Held] = deque()
        self._running: dict[_Held, None] = {}
        self._threads = 0
        self._started = 0
        self._is_ending = False
        self.ended = 0
        """Polls that have ended so far."""

    def held(self) -> list[Claim]:
        """What is asked about now, and what waits for it."""
        with self._changed:
            return [it.claim for it in (*self._running, *self._waiting)]

    def put(self, claims: Sequence[Claim], *, at_once: bool) -> None:
        """Have tasks polled by the next free threads.

        Args:
            claims: as claimed just now.
            at_once: whether none of those held may wait: there are more threads then, for as long as needed.
        """
        since = time.monotonic()
        with self._changed:
            self._waiting.extend(_Held(claim, since) for claim in claims)
            self._told(self._number)
            self._changed.notify(len(claims))
            wanted = min(self._most if at_once else self._workers, self._number)
            for _ in range(wanted - self._threads):
                self._started += 1
                threading.Thread(target=self._work, name=f"poll-{self._started}", daemon=True).start()
                self._threads += 1  # where the system allows no more, the others do the work

    def take_back(self, *, claimed_before: float = math.inf) -> list[Claim]:
        """What waits although it was claimed before this moment (monotonic seconds); it is not polled then.

        Without a moment, all that waits; with one, nothing that a free thread is about to take.
        """
        with self._changed:
            free = 0 if claimed_before == math.inf else self._threads - len(self._running)
            late = [it for it in islice(self._waiting, free, None) if it.since < claimed_before]
            for it in late:
                self._waiting.remove(it)
            if late:
                self._told(self._number)
                self._changed.notify_all()
            return [it.claim for it in late]

    def wait(self, seconds: float) -> None:
        """Until nothing is held any more, so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._number, seconds)

    def begin(self) -> None:
        """Let threads live on, after :meth:`end`."""
        self._is_ending = False

    def end(self) -> None:
        """Have each thread end after its call; returns at once."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()

    @property
    def _number(self) -> int:
        return len(self._running) + len(self._waiting)

    def _work(self) -> None:
        while (held := self._next()) is not None:
            self._poll(held.claim, held.since)
            with self._changed:
                del self._running[held]
                self.ended += 1
                self._told(self._number)
                if not self._number:
                    self._changed.notify_all()

    def _next(self) -> _Held | None:
        with self._changed:
            while not self._waiting:
                is_spare = self._is_ending or self._threads > self._workers
                if is_spare or not self._changed.wait_for(self._is_wanted, IDLE_SECONDS):
                    self._threads -= 1
                    return None
            held = self._waiting.popleft()
            self._running[held] = None
            return held

    def _is_wanted(self) -> bool:
        return bool(self._waiting) or self._is_ending
