"""How work in the background stays unfelt: small pieces, a lock that is held for milliseconds, others before it.

On SQLite everybody waits for whoever writes, and in this process everybody shares the interpreter. So whatever takes
long is written piece by piece: each takes about :data:`AIM_SECONDS`, whatever the machine and the texts are, and is
followed by a rest that is as long, in which other processes have their turn. Nothing begins while somebody in this
process reads, writes or waits; unless that never ends.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlmodel import Session

from dashboard.store.database import Database
from dashboard.store.write_queue import aside

AIM_SECONDS = 0.02
"""How long the lock is held for a piece, about."""

LEAST_REST_SECONDS = 0.015
"""Longer than others take to look whether the lock is free (:data:`dashboard.store.engines.MOST_LOOK_SECONDS`)."""

QUIET_SECONDS = 0.05
"""Who did something so shortly before is about to do more: a page is drawn, a request is answered."""

PATIENCE_SECONDS = 0.1
"""How long a piece waits for a quiet moment at most; on a server that never has one, it goes on at this pace."""

_LOOK_SECONDS = 0.005

T = TypeVar("T")


class Pace:
    """How much to write at once, and when; for one thread.

    Args:
        database: of the deployment.
        first: size of the first piece, in whatever is counted: tasks, characters.
        least: size of the smallest piece.
        most: size of the largest piece.
        rest: waits so many seconds, less when the process ends.
        patience: seconds a piece waits for a quiet moment at most.
        elapsed: seconds that only grow.
    """

    def __init__(
        self,
        database: Database,
        *,
        first: int,
        most: int,
        least: int = 1,
        rest: Callable[[float], object] = time.sleep,
        patience: float = PATIENCE_SECONDS,
        elapsed: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._database = database
        self._least = least
        self._most = most
        self._rest = rest
        self._patience = patience
        self._elapsed = elapsed
        self._waited = 0.0
        self.size = first
        """Of the next piece."""

    def give_way(self) -> None:
        """Wait for a quiet moment, before anything that takes the processor or the database for milliseconds."""
        while self._waited < self._patience and self._database.write_queue.others_busy(within=QUIET_SECONDS):
            self._rest(_LOOK_SECONDS)
            self._waited += _LOOK_SECONDS

    def write(self, work: Callable[[Session], T], *, size: int) -> T:
        """Write a piece in a transaction of its own, learn how large the next one may be, and rest.

        Args:
            work: given the transaction; everything is prepared by then.
            size: of this piece.

        Raises:
            StoreUnavailable: when the database refuses; nothing was changed.
        """
        self.give_way()
        with aside(), self._database.writing() as session:
            session.connection()  # what was waited for is not ours
            began = self._elapsed()
            made = work(session)
        held = self._elapsed() - began
        self._learn(size, held)
        self._waited = 0.0
        self._rest(max(held, LEAST_REST_SECONDS))
        return made

    @contextmanager
    def step(self) -> Iterator[None]:
        """Do something in the block that writes by itself: when it is quiet, and with a rest afterwards."""
        self.give_way()
        began = self._elapsed()
        with aside():
            yield
        self._waited = 0.0
        self._rest(max(self._elapsed() - began, LEAST_REST_SECONDS))

    def _learn(self, size: int, held: float) -> None:
        if held > AIM_SECONDS:
            smaller = min(round(size * AIM_SECONDS / held), size - 1, self.size)
            self.size = max(self._least, smaller)
        elif held < AIM_SECONDS / 2 and size >= self.size / 2:
            self.size = min(self._most, 2 * self.size)


def awaited(database: Database, *, first: int, most: int) -> Pace:
    """The pace of work that a person waits for: shorter rests, and less patience."""
    return Pace(
        database,
        first=first,
        most=most,
        patience=LEAST_REST_SECONDS,
        rest=lambda seconds: time.sleep(min(seconds, LEAST_REST_SECONDS)),
    )
