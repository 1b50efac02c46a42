"""Regular results whose text can be laid beside that of a trial result."""

from sqlalchemy import case
from sqlmodel import Session, col, select

from dashboard.models import Part, Task


def regular_with_text(
    *, session: Session, team_id: int, label: str, limit: int
) -> list[tuple[int, str, str]]:
    """Our ID, label and task ID of regular tasks with a stored text: those with this label first, then the newest."""
    has_text = select(Part.id).where(col(Part.task_ref) == col(Task.id), col(Part.text).is_not(None)).exists()
    elsewhere = case((col(Task.label) == label, 0), else_=1)
    found = (
        select(Task.id, Task.label, Task.task_id)
        .where(Task.team_id == team_id, col(Task.trial).is_(False), has_text)
        .order_by(elsewhere, col(Task.id).desc())
        .limit(limit)
    )
    return [(task_ref or 0, name, task_id) for task_ref, name, task_id in session.exec(found)]
