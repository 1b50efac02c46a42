"""The images that tasks were made of, where we hold them."""

from sqlalchemy import delete
from sqlmodel import Session, col, select

from dashboard.models import SourceImage, Task


def get(*, session: Session, team_id: int, task_ref: int) -> SourceImage | None:
    """The image of a task."""
    mine = select(SourceImage).join(Task).where(Task.team_id == team_id, SourceImage.task_ref == task_ref)
    return session.exec(mine).one_or_none()


def put(*, session: Session, image: SourceImage) -> None:
    """Keep an image; the one before is replaced."""
    session.exec(delete(SourceImage).where(col(SourceImage.task_ref) == image.task_ref))
    session.add(image)
    session.flush()


def remove(*, session: Session, task_ref: int) -> bool:
    """Forget the image of a task; False when there is none."""
    return bool(session.exec(delete(SourceImage).where(col(SourceImage.task_ref) == task_ref)).rowcount)
