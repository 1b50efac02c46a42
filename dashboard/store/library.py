"""The library's own rows: what is in the full-text index, and what is not yet."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlmodel import Session, col, select

from dashboard.models import LibraryEntry, Part, Task

UNINDEXABLE = (DataError, IntegrityError, ProgrammingError, OverflowError, ValueError, TypeError)
"""What a single text can be refused for; anything else is the database's own trouble."""


def put(*, session: Session, entry: LibraryEntry) -> None:
    """Keep the entry of a task; the one before is replaced."""
    session.exec(delete(LibraryEntry).where(col(LibraryEntry.task_ref) == entry.task_ref))
    session.add(entry)
    session.flush()


def is_indexed(*, session: Session, task_ref: int) -> bool:
    """Whether a task has an entry."""
    return session.get(LibraryEntry, task_ref) is not None


def missing(*, session: Session, after: int, limit: int) -> Sequence[int]:
    """Our IDs of tasks of any team with a stored text and no entry, beyond an ID; the oldest first."""
    entry = select(LibraryEntry.task_ref).where(col(LibraryEntry.task_ref) == col(Task.id)).exists()
    stored = select(Part.id).where(col(Part.task_ref) == col(Task.id), col(Part.text).is_not(None)).exists()
    found = select(Task.id).where(col(Task.id) > after, ~entry, stored).order_by(col(Task.id)).limit(limit)
    return [task_ref for task_ref in session.exec(found) if task_ref is not None]
