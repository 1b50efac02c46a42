"""How long tasks of each kind have taken: one small row a kind, shared by all processes and kept over restarts.

Outcomes are written without it: what they tell is gathered, and added in a transaction of its own a moment later. A
process that dies takes the observations of a second with it, which is nothing among a thousand.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import and_
from sqlmodel import Session, select

from dashboard.elapsed import elapsed
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import Change, Operation, Task, TaskHistory, TaskKind
from dashboard.polling.history import BINS, Estimate, History, Seen, estimated
from dashboard.polling.learning import Learning, seen_in
from dashboard.store.database import Database
from dashboard.store.inserting import insert_new

log = get_logger(__name__)

WRITE_SECONDS = 1.0
"""Between two writings."""

READ_SECONDS = 30.0
"""How often what other processes have learned is read."""

_MOST_GATHERED = 2_000
"""While the database refuses, more than this is not kept."""


_ESTIMATES = "estimates"


class Histories:
    """Keeps what one process learns, and brings it what the others do; safe to share between threads."""

    def __init__(self, database: Database, learning: Learning) -> None:
        self._database = database
        self._learning = learning
        self._lock = threading.Lock()
        self._gathered: dict[TaskKind, list[Seen]] = {}
        self._written_at: float | None = None
        self._read_at: float | None = None

    def note(self, changes: Iterable[Change]) -> None:
        """Gather what outcomes tell; add it to what is kept when it is time. Never raises StoreError."""
        found = seen_in(changes, cost=self._learning.cost)
        with self._lock:
            for kind, seen in found.items():
                mine = self._gathered.setdefault(kind, [])
                mine += seen
                del mine[:-_MOST_GATHERED]
            if not self._gathered or not _is_time(self._written_at, WRITE_SECONDS):
                return
            gathered, self._gathered = self._gathered, {}
            self._written_at = elapsed()
        try:
            with self._database.writing() as session:
                self._learning.learn(add(session, gathered))
        except StoreError as error:
            log.warning("history.not_written", reason=str(error))
            with self._lock:
                for kind, seen in gathered.items():
                    self._gathered[kind] = (seen + self._gathered.get(kind, []))[-_MOST_GATHERED:]

    def refresh(self) -> None:
        """Read what all have learned, now and then."""
        with self._lock:
            if not _is_time(self._read_at, READ_SECONDS):
                return
            self._read_at = elapsed()
        with self._database.reading() as session:
            self._learning.learn(read(session))


def _is_time(before: float | None, seconds: float) -> bool:
    return before is None or elapsed() - before >= seconds


def read(session: Session) -> dict[TaskKind, History]:
    """All there are; a row that this version cannot read is as if there were none."""
    return {
        kind: _history(row) for row in session.exec(select(TaskHistory)) if (kind := _kind(row)) is not None
    }


def estimates(session: Session) -> Mapping[TaskKind, Estimate]:
    """The same of every kind of which enough is known; read once in each session."""
    known: Mapping[TaskKind, Estimate] | None = session.info.get(_ESTIMATES)
    if known is None:
        known = {kind: found for kind, it in read(session).items() if (found := estimated(it)) is not None}
        session.info[_ESTIMATES] = known
    return known


def slowest(session: Session) -> dict[TaskKind, timedelta]:
    """How long 99 in a hundred take, of every kind of which that is known."""
    return {
        kind: timedelta(seconds=it.slowest)
        for kind, it in estimates(session).items()
        if it.slowest is not None
    }


def estimate(session: Session, task: Task) -> Estimate | None:
    """How long tasks of the kind of one usually take; None while too little is known."""
    row = session.get(TaskHistory, (task.api_url, task.operation, task.trial))
    return None if row is None else estimated(_history(row))


def add(session: Session, gathered: Mapping[TaskKind, list[Seen]]) -> dict[TaskKind, History]:
    """Add observations to what is kept; each row is locked for as long as that takes."""
    known = {}
    for kind in sorted(gathered):  # the order everybody locks them in
        values = {"api_url": kind.api_url, "operation": kind.operation.value, "trial": kind.trial}
        session.connection().execute(
            insert_new(session, TaskHistory).values(**values, events=[], open_seconds=[])
        )
        mine = and_(*(getattr(TaskHistory, name) == value for name, value in values.items()))
        row = session.exec(select(TaskHistory).where(mine).with_for_update()).one()
        history = _history(row).with_seen(gathered[kind])
        row.events = [round(it, 6) for it in history.events]
        row.open_seconds = [round(it, 6) for it in history.open_seconds]
        session.add(row)
        known[kind] = history
    return known


def _kind(row: TaskHistory) -> TaskKind | None:
    known = row.operation in {it.value for it in Operation}
    return TaskKind(row.api_url, Operation(row.operation), row.trial) if known else None


def _history(row: TaskHistory) -> History:
    """Other bins than ours are those of another version: what is known begins anew."""
    if len(row.events) != BINS or len(row.open_seconds) != BINS:
        return History()
    return History(tuple(row.events), tuple(row.open_seconds))
