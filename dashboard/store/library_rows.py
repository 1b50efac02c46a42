"""The library's own rows: what is in the full-text index, and what is not yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, update
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


def outdate(*, session: Session, task_ref: int) -> None:
    """Have a task be indexed anew, by whoever comes to it; until then it is found as it was."""
    mine = update(LibraryEntry).where(col(LibraryEntry.task_ref) == task_ref)
    session.exec(mine.values(reading=0).execution_options(synchronize_session=False))


def standing(*, session: Session, task_ref: int) -> tuple[int, datetime] | None:
    """By which reading a task was indexed, and when; None when it was not."""
    entry = select(LibraryEntry.reading, LibraryEntry.indexed_at).where(LibraryEntry.task_ref == task_ref)
    found = session.exec(entry).one_or_none()
    return None if found is None else (found[0], found[1])


def names(*, session: Session, task_refs: Sequence[int]) -> Sequence[tuple[int, int, str, str]]:
    """Of those of these tasks that exist: our ID, the team's, the service's, and what people call it."""
    tasks = select(Task.id, Task.team_id, Task.task_id, Task.label).where(col(Task.id).in_(task_refs))
    return [
        (task_ref, team_id, task_id, label)
        for task_ref, team_id, task_id, label in session.exec(tasks)
        if task_ref is not None
    ]


def free(*, session: Session, task_refs: Sequence[int]) -> Sequence[int]:
    """Those of these tasks that no other process works on at this moment; they are ours until the transaction ends."""
    some = select(Task.id).where(col(Task.id).in_(task_refs)).order_by(col(Task.id))
    # Not from those who only refer to them, and nobody waits for anybody.
    found = session.exec(some.with_for_update(skip_locked=True, key_share=True))
    return [task_ref for task_ref in found if task_ref is not None]


def indexed_at(*, session: Session, task_refs: Sequence[int], reading: int) -> Mapping[int, datetime]:
    """When those of these tasks were indexed that were by this reading, or a newer one; up to a thousand."""
    entries = select(LibraryEntry.task_ref, LibraryEntry.indexed_at).where(
        col(LibraryEntry.task_ref).in_(task_refs), col(LibraryEntry.reading) >= reading
    )
    return dict(session.exec(entries).all())


def not_indexed(*, session: Session, task_refs: Sequence[int], reading: int) -> list[int]:
    """Those of these tasks that have a text and are not indexed by this reading; up to a thousand."""
    found = select(Task.id).where(col(Task.id).in_(task_refs), *_is_stale(reading))
    return [task_ref for task_ref in session.exec(found) if task_ref is not None]


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


def outdated(*, session: Session, reading: int, after: int, limit: int) -> Sequence[tuple[int, int]]:
    """Tasks of any team indexed by an older reading, beyond an ID: our ID and the team's; the oldest first."""
    found = select(LibraryEntry.task_ref, LibraryEntry.team_id).where(
        col(LibraryEntry.task_ref) > after, *_is_outdated(reading)
    )
    return session.exec(found.order_by(col(LibraryEntry.task_ref)).limit(limit)).all()


def count_outdated(*, session: Session, reading: int) -> Mapping[int, int]:
    """How many of them each team has; teams without any are left out."""
    found = select(LibraryEntry.team_id, func.count()).where(*_is_outdated(reading))
    return dict(session.exec(found.group_by(col(LibraryEntry.team_id))).all())


def _is_outdated(reading: int) -> tuple[ColumnElement[bool], ...]:
    stored = select(Part.id).where(
        col(Part.task_ref) == col(LibraryEntry.task_ref), col(Part.text).is_not(None)
    )
    return col(LibraryEntry.reading) < reading, stored.exists()
