"""Finished tasks that are older than their team keeps them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from dashboard.models import Task
from dashboard.store import tasks


def count(*, session: Session, team_id: int, before: datetime) -> int:
    """How many ended before a moment."""
    return session.exec(select(func.count()).select_from(Task).where(*_has_ended(team_id, before))).one()


def some(*, session: Session, team_id: int, before: datetime, limit: int) -> Sequence[int]:
    """Our IDs of some of them, the oldest first."""
    old = select(Task.id).where(*_has_ended(team_id, before))
    found = session.exec(old.order_by(col(Task.id)).limit(limit)).all()
    return [task_ref for task_ref in found if task_ref is not None]


def forget(*, session: Session, team_id: int, before: datetime, task_refs: Sequence[int]) -> int:
    """Delete those of these tasks that have not been opened again since they were found; returns how many."""
    still = select(Task.id).where(col(Task.id).in_(task_refs), *_has_ended(team_id, before))
    locked = session.exec(still.order_by(col(Task.id)).with_for_update()).all()
    return tasks.delete_many(session=session, team_id=team_id, task_refs=filter(None, locked))


def _has_ended(team_id: int, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Task.team_id) == team_id,
        col(Task.next_poll_at).is_(None),
        col(Task.completed_at) < before,
    )
