"""The timeline of a task: calls made for it."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from dashboard.models import Attempt, Task

LIMIT = 200
"""Attempts shown; a task that waited for a day can have a thousand."""


def list_of(*, session: Session, team_id: int, task_ref: int, limit: int | None = LIMIT) -> Sequence[Attempt]:
    """The latest attempts of a task, oldest first; every one without a limit."""
    mine = select(Attempt).join(Task).where(Task.team_id == team_id, Attempt.task_ref == task_ref)
    latest = session.exec(mine.order_by(col(Attempt.id).desc()).limit(limit)).all()
    return latest[::-1]


def count(*, session: Session, team_id: int, task_ref: int) -> int:
    """How many calls were made for a task."""
    mine = select(func.count()).select_from(Attempt).join(Task)
    return session.exec(mine.where(Task.team_id == team_id, Attempt.task_ref == task_ref)).one()


def latest_attempts(*, session: Session, team_id: int, limit: int) -> Sequence[Attempt]:
    """The latest calls made for any task, newest first."""
    mine = select(Attempt).join(Task).where(Task.team_id == team_id)
    return session.exec(mine.order_by(col(Attempt.id).desc()).limit(limit)).all()


def latest_envelopes(*, session: Session, team_id: int, limit: int) -> Sequence[tuple[int, str]]:
    """The last answer about each of the latest tasks, without its data, with our ID of the task; newest first."""
    mine = select(Task.id, Task.envelope).where(Task.team_id == team_id, col(Task.envelope).is_not(None))
    found = session.exec(mine.order_by(col(Task.id).desc()).limit(limit)).all()
    return [(task_ref or 0, envelope or "") for task_ref, envelope in found]
