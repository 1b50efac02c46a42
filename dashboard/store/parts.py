"""Stored results: the parts of a task."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, inspect, update
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


def has_bytes(part: Part) -> bool:
    """Whether a part was read with its bytes."""
    return "data" not in inspect(part).unloaded


def add_masks(*, session: Session, part: Part, more: int) -> None:
    """Count more masked words in a part, or fewer, after a person judged some asterisks otherwise."""
    mine = update(Part).where(col(Part.id) == part.id)
    session.exec(mine.values(masked_words=col(Part.masked_words) + more))


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
