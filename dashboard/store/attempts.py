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
