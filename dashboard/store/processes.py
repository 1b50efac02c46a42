"""Which processes poll, and what they hold: whoever stops beating has lost its leases to the others."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from dashboard.models import Process, Submission, Task
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time, db_now
from dashboard.store.inserting import insert_into
from dashboard.store.lost_submissions import give_up_lost
from dashboard.store.wake_ups import announce

_HELD = (col(Task.holder).is_not(None), col(Task.claim).is_not(None))
"""An earlier version, which knows no holders, ends a claim and leaves the holder of an earlier one behind."""

FORGOTTEN_AFTER = timedelta(days=1)
"""When the row of a process that was killed goes away."""


class Processes:
    """The rows of all processes, as one of them sees them; each call is one transaction.

    Attributes:
        id: of this one, made anew with each start.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.id = uuid.uuid4().hex

    def beat(self) -> None:
        """Say that this one lives."""
        with self._database.writing() as session:
            beat(session, self.id)

    def beats_of_others(self) -> Mapping[str, int | None]:
        """The beats of each other process that holds tasks; None of one without a row."""
        held = select(Task.holder, Process.beats).outerjoin(Process, col(Process.id) == Task.holder)
        others = held.where(*_HELD, col(Task.holder) != self.id).distinct()
        sending = select(Submission.holder, Process.beats).outerjoin(
            Process, col(Process.id) == Submission.holder
        )
        senders = sending.where(col(Submission.holder).is_not(None), col(Submission.holder) != self.id)
        with self._database.reading() as session:
            found = [*session.exec(others), *session.exec(senders.distinct())]
        return {holder: beats for holder, beats in found if holder is not None}

    def free(self, holder: str, *, beats: int | None) -> int:
        """Make due what a process holds, if its beats are still these; returns how many tasks."""
        with self._database.writing() as session:
            now = session.exec(select(Process.beats).where(Process.id == holder)).one_or_none()
            if now != beats:
                return 0
            give_up_lost(session, holder=holder)
            return _free(session, holder)

    def leave(self) -> None:
        """Give back what this process holds, and be known no more; nor are those that were killed long ago."""
        with self._database.writing() as session:
            give_up_lost(session, holder=self.id)
            _free(session, self.id)
            session.exec(delete(Process).where(col(Process.id) == self.id))
            forget_old(session)


def beat(session: Session, process_id: str) -> None:
    """Say that a process lives, in a transaction that writes anyway."""
    mine = insert_into(session, Process).values(id=process_id, beats=1, started_at=db_now(), beat_at=db_now())
    again = {"beats": col(Process.beats) + 1, "beat_at": db_now()}
    session.connection().execute(mine.on_conflict_do_update(index_elements=["id"], set_=again))


def forget_old(session: Session) -> None:
    """Delete the rows of processes that have not beaten for a day and hold nothing."""
    holders = select(Task.holder).where(*_HELD)
    old = col(Process.beat_at) < database_time(session) - FORGOTTEN_AFTER
    session.exec(delete(Process).where(old, col(Process.id).not_in(holders)))


def _free(session: Session, holder: str) -> int:
    held = select(Task.id).where(*_HELD, col(Task.holder) == holder).order_by(col(Task.id))
    # In the order everybody locks them in; what is locked, somebody is writing.
    refs = session.exec(held.with_for_update(skip_locked=True)).all()
    if not refs:
        return 0
    due = {"next_poll_at": db_now(), "claim": None, "holder": None}
    freed = update(Task).where(col(Task.id).in_(refs), col(Task.holder) == holder).values(**due)
    count = session.exec(freed.execution_options(synchronize_session=False)).rowcount
    announce(session)
    return count
