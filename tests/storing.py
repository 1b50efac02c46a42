"""Stores results as a poll would have, and tasks as they are registered."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from dashboard.models import Part, RawPart, Task
from dashboard.results.decoding import decode_parts
from dashboard.store import new_tasks


def put_result(session: Session, task: Task, raw_parts: Sequence[RawPart], **columns: object) -> int:
    """Add a task and the parts that are decoded from what the service sent; gives back our ID.

    Args:
        session: of the caller's transaction.
        task: not stored yet.
        raw_parts: the entries of ``results``, empty ones included.
        columns: of every part, instead of what decoding says.
    """
    session.add(task)
    session.flush()
    assert task.id is not None
    position = -1
    for part in decode_parts(raw_parts, trial=task.trial):
        position += 1 + part.nulls_before
        fields: dict[str, Any] = {
            **asdict(part),
            "remarks": list(part.remarks),
            "size": len(part.data),
            **columns,
        }
        session.add(Part(task_ref=task.id, position=position, **fields))
    return task.id


def columns(*tasks: Task) -> list[new_tasks.NewRow]:
    """Tasks that are not stored yet, as they are registered."""
    return [{name: getattr(task, name) for name in Task.model_fields} for task in tasks]
