"""Files of results with text inside: which are not read yet, and keeping what was read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, func, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from dashboard.models import Part, Task

_PLAIN = "text/plain"


@dataclass(frozen=True, slots=True)
class Unread:
    """Which files: of these media types, without a text, and without one of these remarks, which say why."""

    media_types: Collection[str]
    remarks: Collection[str]

    def among_parts(self) -> ColumnElement[bool]:
        """The condition."""
        said = cast(col(Part.remarks), String)
        plain = aliased(Part)
        # With a plain text, nobody reads what is in the other formats of the same result.
        is_read_otherwise = (
            select(plain.id)
            .where(plain.task_ref == Part.task_ref, plain.media_type == _PLAIN, col(plain.text).is_not(None))
            .where(plain.text != "")
            .exists()
        )
        return and_(
            col(Part.media_type).in_(self.media_types),
            col(Part.text).is_(None),
            *(~said.contains(remark, autoescape=True) for remark in self.remarks),
            ~is_read_otherwise,
        )


def parts(*, session: Session, task_ref: int, unread: Unread) -> Sequence[tuple[int, str]]:
    """ID and media type of a task's files that are not read yet."""
    mine = select(Part.id, Part.media_type).where(Part.task_ref == task_ref, unread.among_parts())
    return [
        (part_id or 0, media_type) for part_id, media_type in session.exec(mine.order_by(col(Part.position)))
    ]


def tasks(
    *, session: Session, unread: Unread, after: int, limit: int, since: datetime | None = None
) -> Sequence[int]:
    """Our IDs of tasks of any team with such files, beyond an ID; the oldest first.

    Args:
        session: a reading one.
        unread: which files.
        after: the last ID that was seen.
        limit: how many at most.
        since: only those stored at this moment or later.
    """
    theirs = select(Part.id).where(Part.task_ref == Task.id, unread.among_parts()).exists()
    found = select(Task.id).where(col(Task.id) > after, theirs)
    if since is not None:
        found = found.where(col(Task.completed_at) >= since)
    ids = session.exec(found.order_by(col(Task.id)).limit(limit))
    return [task_ref for task_ref in ids if task_ref is not None]


def count(*, session: Session, unread: Unread) -> int:
    """How many tasks have such files."""
    found = select(func.count(func.distinct(Part.task_ref))).where(unread.among_parts())
    return session.exec(found).one()


def data_of(*, session: Session, part_id: int) -> bytes | None:
    """The bytes of a file; None when it is gone."""
    return session.exec(select(Part.data).where(Part.id == part_id)).one_or_none()


def keep(*, session: Session, part_id: int, text: str | None, remark: str | None) -> bool:
    """Put what was read, or why nothing was, on a file; False when it is gone or somebody else was faster."""
    remarks = session.exec(
        select(Part.remarks).where(Part.id == part_id, col(Part.text).is_(None))
    ).one_or_none()
    if remarks is None:
        return False
    said = [*remarks, *([remark] if remark and remark not in remarks else [])]
    mine = update(Part).where(col(Part.id) == part_id, col(Part.text).is_(None))
    return bool(session.exec(mine.values(text=text, remarks=said)).rowcount)
