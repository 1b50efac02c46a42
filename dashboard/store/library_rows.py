"""The library's own rows: what is in the full-text index, and what is not yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlmodel import Session, col, select

from dashboard.models import METADATA, LibraryEntry, Part, Task

UNINDEXABLE = (DataError, IntegrityError, ProgrammingError, OverflowError, ValueError, TypeError)
"""What a single text can be refused for; anything else is the database's own trouble."""


Row = Mapping[str, Any]
"""The values of an entry by their columns."""

_TABLE = METADATA.tables["library_entry"]
_FORGET = delete(_TABLE).where(_TABLE.c.task_ref.in_(bindparam("tasks", expanding=True)))
_ADD = insert(_TABLE)


def put(*, session: Session, entry: LibraryEntry) -> None:
    """Keep the entry of a task; the one before is replaced."""
    forget(session=session, task_ref=entry.task_ref)
    put_new(session=session, entries=[{name: getattr(entry, name) for name in _TABLE.columns.keys()}])  # noqa: SIM118 - not a dict


def put_new(*, session: Session, entries: Sequence[Row]) -> None:
    """Keep the entries of tasks that have none."""
    session.connection().execute(_ADD, entries)


def forget(*, session: Session, task_ref: int) -> None:
    """Have a task indexed anew; what is in the index of it stays until then."""
    forget_many(session=session, task_refs=[task_ref])


def forget_many(*, session: Session, task_refs: Sequence[int]) -> None:
    """Do the same for several."""
    session.connection().execute(_FORGET, {"tasks": task_refs})


def is_indexed(*, session: Session, task_ref: int) -> bool:
    """Whether a task has an entry."""
    return session.get(LibraryEntry, task_ref) is not None


def is_newer(*, session: Session, task_ref: int, than: datetime, reading: int) -> bool:
    """Whether a task was indexed by this reading after a moment."""
    entry = session.get(LibraryEntry, task_ref)
    return entry is not None and entry.reading >= reading and entry.indexed_at > than


def stale(*, session: Session, reading: int, after: int, limit: int) -> Sequence[int]:
    """Our IDs of tasks of any team with a text that was not indexed by this reading; the oldest first."""
    found = (
        select(Task.id).where(col(Task.id) > after, *_is_stale(reading)).order_by(col(Task.id)).limit(limit)
    )
    return [task_ref for task_ref in session.exec(found) if task_ref is not None]


def count_stale(*, session: Session, reading: int) -> int:
    """How many of them there are."""
    return session.exec(select(func.count()).select_from(Task).where(*_is_stale(reading))).one()


def _is_stale(reading: int) -> tuple[ColumnElement[bool], ...]:
    entry = select(LibraryEntry.task_ref).where(
        col(LibraryEntry.task_ref) == col(Task.id), col(LibraryEntry.reading) >= reading
    )
    stored = select(Part.id).where(col(Part.task_ref) == col(Task.id), col(Part.text).is_not(None))
    return ~entry.exists(), stored.exists()


def missing(*, session: Session, after: int, limit: int) -> Sequence[tuple[int, int]]:
    """Tasks of any team with a stored text and no entry, beyond an ID: our ID and the team's; the oldest first."""
    found = select(Task.id, Task.team_id).where(col(Task.id) > after, *_is_missing())
    rows = session.exec(found.order_by(col(Task.id)).limit(limit))
    return [(task_ref, team_id) for task_ref, team_id in rows if task_ref is not None]


def count_missing(*, session: Session) -> Mapping[int, int]:
    """How many of them each team has; teams without any are left out."""
    found = select(Task.team_id, func.count()).where(*_is_missing()).group_by(col(Task.team_id))
    return dict(session.exec(found).all())


def _is_missing() -> tuple[ColumnElement[bool], ...]:
    return _is_stale(0)  # no reading is older
