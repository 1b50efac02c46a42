"""Stored results: the parts of a task."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from dashboard.models import Part, Task

_DATA: Any = Part.data  # typed as the bytes it holds, used as the column it is
_TEXT: Any = Part.text


def list_of(
    *, session: Session, team_id: int, task_ref: int, with_text: bool = True, most: int | None = None
) -> Sequence[Part]:
    """The parts of a task in the service's order, without their bytes.

    Args:
        session: a reading one.
        team_id: whose task.
        task_ref: our ID.
        with_text: whether their texts are read as well.
        most: how many; None for all.
    """
    mine = select(Part).join(Task).where(Task.team_id == team_id, Part.task_ref == task_ref)
    heavy = [defer(_DATA, raiseload=True)] + ([] if with_text else [defer(_TEXT, raiseload=True)])
    return session.exec(mine.options(*heavy).order_by(col(Part.position)).limit(most)).all()


def count(*, session: Session, team_id: int, task_ref: int) -> int:
    """How many parts a task has."""
    mine = select(func.count()).select_from(Part).join(Task).where(Task.team_id == team_id)
    return session.exec(mine.where(Part.task_ref == task_ref)).one()


def texts_of(*, session: Session, team_id: int, task_ref: int) -> list[tuple[str, str | None]]:
    """Media type and text of each part of a task in the service's order."""
    mine = select(Part.media_type, Part.text).join(Task).where(Task.team_id == team_id)
    return list(session.exec(mine.where(Part.task_ref == task_ref).order_by(col(Part.position))))


def get(*, session: Session, team_id: int, task_ref: int, position: int) -> Part | None:
    """One part with its bytes, by its 0-based place in the service's list."""
    mine = select(Part).join(Task).where(Task.team_id == team_id, Part.task_ref == task_ref)
    return session.exec(mine.where(Part.position == position)).one_or_none()


def between(
    *, session: Session, team_id: int, task_ref: int, first: int, last: int, with_text: bool = False
) -> Sequence[Part]:
    """The parts from one place to another with their bytes, and without their texts unless they are asked for."""
    mine = select(Part).join(Task).where(Task.team_id == team_id, Part.task_ref == task_ref)
    here = mine.where(col(Part.position).between(first, last))
    if not with_text:
        here = here.options(defer(_TEXT, raiseload=True))
    return session.exec(here.order_by(col(Part.position))).all()


def add_masks(*, session: Session, part: Part, more: int) -> None:
    """Count more masked words in a part, or fewer, after a person judged some asterisks otherwise."""
    mine = update(Part).where(col(Part.id) == part.id)
    session.exec(mine.values(masked_words=col(Part.masked_words) + more))
