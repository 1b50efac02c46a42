"""Tasks with what is stored for them, many at a time: one by one each takes four statements and a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from dashboard.models import Part, Task

_DATA: Any = Part.data  # typed as the bytes it holds, used as the column it is
_TEXT: Any = Part.text


def sizes(*, session: Session, team_id: int, task_refs: Sequence[int]) -> Mapping[int, int]:
    """Bytes of all parts of each of these tasks that the team has; 0 for one without parts."""
    mine = select(Task.id, func.coalesce(func.sum(Part.size), 0)).outerjoin(Part)
    here = mine.where(Task.team_id == team_id, col(Task.id).in_(task_refs)).group_by(col(Task.id))
    return {task_ref or 0: int(size) for task_ref, size in session.exec(here)}


def tasks_of(*, session: Session, team_id: int, task_refs: Sequence[int]) -> Mapping[int, Task]:
    """Those of these tasks that the team has, by our ID."""
    mine = select(Task).where(Task.team_id == team_id, col(Task.id).in_(task_refs))
    return {task.id or 0: task for task in session.exec(mine)}


def parts_of(
    *, session: Session, task_refs: Sequence[int], with_text: bool, with_bytes: bool
) -> Mapping[int, Sequence[Part]]:
    """Parts of tasks that are known to be the team's, in the service's order."""
    unwanted = [column for column, wanted in ((_DATA, with_bytes), (_TEXT, with_text)) if not wanted]
    found: dict[int, list[Part]] = {}
    wanted = select(Part).where(col(Part.task_ref).in_(task_refs))
    wanted = wanted.options(*(defer(column, raiseload=True) for column in unwanted))
    for part in session.exec(wanted.order_by(col(Part.task_ref), col(Part.position))):
        found.setdefault(part.task_ref, []).append(part)
    return found
