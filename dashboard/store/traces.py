"""The latest calls and answers of a team, for support."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from dashboard.models import Attempt, Task


def latest_attempts(*, session: Session, team_id: int, limit: int) -> Sequence[Attempt]:
    """The latest calls made for any task, newest first."""
    mine = select(Attempt).join(Task).where(Task.team_id == team_id)
    return session.exec(mine.order_by(col(Attempt.id).desc()).limit(limit)).all()


def latest_envelopes(*, session: Session, team_id: int, limit: int) -> Sequence[tuple[int, str]]:
    """The last answer about each of the latest tasks, without its data, with our ID of the task; newest first."""
    mine = select(Task.id, Task.envelope).where(Task.team_id == team_id, col(Task.envelope).is_not(None))
    found = session.exec(mine.order_by(col(Task.id).desc()).limit(limit)).all()
    return [(task_ref or 0, envelope or "") for task_ref, envelope in found]
