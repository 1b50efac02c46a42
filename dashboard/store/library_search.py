"""What the library shows: results found by their words and by filters, one page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import Session, col, select

from dashboard.models import RESULT_STATES, LibraryEntry, Operation, Part, State, Task, TaskTag
from dashboard.models.limits import MOST_PARTS_AT_ONCE
from dashboard.store import search
from dashboard.store.inserting import insert_new
from dashboard.store.labels import label_holds
from dashboard.store.search_query import Query

COUNTED = 1_000
"""How many results are counted; beyond it is "more than"."""

SNIPPET_SOURCE = 200_000
"""Characters of a text that are read for a snippet."""


class Sort(StrEnum):
    """Orders of the library."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LABEL = "label"
    LONGEST = "longest"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFilter:
    """Which results to show; everything given must hold.

    Attributes:
        states: any of these; empty means all that have a result.
        label: a piece of the label, in any case.
        language: ISO 639-1, as recognised.
        since: stored at this aware time or later.
        until: stored before this aware time.
        archived: only those put away, or only the others; None for both.
    """

    states: frozenset[State] = frozenset()
    label: str = ""
    operation: Operation | None = None
    credential_id: int | None = None
    trial: bool | None = None
    language: str = ""
    tag: str = ""
    since: datetime | None = None
    until: datetime | None = None
    archived: bool | None = False
    sort: Sort = Sort.NEWEST


def page(
    *,
    session: Session,
    team_id: int,
    wanted: LibraryFilter,
    query: Query | None,
    gaps: bool = False,
    start: int,
    limit: int,
) -> tuple[list[int], int]:
    """Our IDs of one page of results, and how many there are, counted up to COUNTED + 1.

    Args:
        session: a reading one.
        team_id: whose results.
        wanted: filters and order.
        query: words that must be in the text; None for any text, also none.
        gaps: instead of what matches, what may match because a word is masked.
        start: how many to skip.
        limit: how many to give.
    """
    where, order = _where(team_id, wanted), _order(wanted.sort)
    rows: Any = _joined(select(Task.id).select_from(Task), wanted)
    if query is not None:
        in_order = wanted.sort in (Sort.NEWEST, Sort.OLDEST) and not gaps
        stream = search.stream(session=session, query=query) if in_order else None
        found = None if stream else search.matching(session=session, query=query, gaps=gaps)
        if stream is not None:
            mine = select(Task.id).select_from(stream.rows).join(Task, col(Task.id) == stream.task_ref)
            rows = _joined(mine, wanted).where(stream.matches)
            order = (stream.order.desc() if wanted.sort is Sort.NEWEST else stream.order.asc(),)
        elif found is not None:
            where.append(col(Task.id).in_(found))
        else:
            return [], 0
    some = rows.where(*where).limit(COUNTED + 1).subquery()
    total = session.exec(select(func.count()).select_from(some)).one()
    if start >= total:
        return [], total
    return list(session.exec(rows.where(*where).order_by(*order).offset(start).limit(limit))), total


def beginnings(*, session: Session, team_id: int, task_ref: int) -> list[tuple[str, str | None]]:
    """Media type and the beginning of the text of the first parts of a task, in the service's order."""
    mine = (
        select(Part.media_type, func.substr(Part.text, 1, SNIPPET_SOURCE))
        .join(Task)
        .where(Task.team_id == team_id, col(Part.task_ref) == task_ref, col(Part.text).is_not(None))
        .order_by(col(Part.position))
        .limit(MOST_PARTS_AT_ONCE)
    )
    return list(session.exec(mine))


def tags_of(*, session: Session, team_id: int, task_refs: Sequence[int]) -> dict[int, list[str]]:
    """The tags of these tasks, by task, sorted."""
    mine = select(TaskTag.task_ref, TaskTag.tag).where(
        TaskTag.team_id == team_id, col(TaskTag.task_ref).in_(task_refs)
    )
    found: dict[int, list[str]] = {}
    for task_ref, tag in session.exec(mine.order_by(TaskTag.tag)):
        found.setdefault(task_ref, []).append(tag)
    return found


def tags(*, session: Session, team_id: int) -> list[tuple[str, int]]:
    """Every tag of the team, and on how many tasks it is."""
    mine = select(TaskTag.tag, func.count()).where(TaskTag.team_id == team_id).group_by(TaskTag.tag)
    return list(session.exec(mine.order_by(TaskTag.tag)))


def all_tags(*, session: Session, team_id: int) -> Sequence[TaskTag]:
    """Which tag is on which task; for the team's export."""
    mine = select(TaskTag).where(TaskTag.team_id == team_id)
    return session.exec(mine.order_by(col(TaskTag.task_ref), TaskTag.tag)).all()


def languages(*, session: Session, team_id: int) -> list[str]:
    """The languages of the team's texts, the most frequent first."""
    mine = select(LibraryEntry.language).where(LibraryEntry.team_id == team_id, LibraryEntry.language != "")
    return list(session.exec(mine.group_by(LibraryEntry.language).order_by(func.count().desc())))


def tag(*, session: Session, team_id: int, task_refs: Iterable[int], tags: Sequence[str]) -> None:
    """Put tags on tasks of the team; those that are there stay."""
    rows = [{"task_ref": ref, "tag": one, "team_id": team_id} for ref in task_refs for one in tags]
    if rows:
        session.connection().execute(insert_new(session, TaskTag), rows)


def untag(*, session: Session, team_id: int, task_refs: Sequence[int], tags: Sequence[str]) -> None:
    """Take tags off tasks."""
    these = (
        col(TaskTag.team_id) == team_id,
        col(TaskTag.task_ref).in_(task_refs),
        col(TaskTag.tag).in_(tags),
    )
    session.exec(delete(TaskTag).where(*these))


def put_away(*, session: Session, team_id: int, task_refs: Sequence[int], archived: bool) -> int:
    """Put finished tasks away, or take them back; returns how many changed."""
    mine = (
        col(Task.team_id) == team_id,
        col(Task.id).in_(task_refs),
        col(Task.next_poll_at).is_(None),
        col(Task.archived).is_not(archived),
    )
    return session.exec(update(Task).where(*mine).values(archived=archived)).rowcount


def _joined(statement: Any, wanted: LibraryFilter) -> Any:  # noqa: ANN401 - whatever it selects
    needs_entry = wanted.language or wanted.sort is Sort.LONGEST
    return statement.outerjoin(LibraryEntry, LibraryEntry.task_ref == Task.id) if needs_entry else statement


def _where(team_id: int, wanted: LibraryFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        col(Task.team_id) == team_id,
        col(Task.state).in_(wanted.states & RESULT_STATES or RESULT_STATES),
    ]
    if wanted.archived is not None:
        where.append(col(Task.archived).is_(wanted.archived))
    if label := wanted.label.strip():
        where.append(label_holds(label))
    if wanted.operation is not None:
        where.append(col(Task.operation) == wanted.operation.value)
    if wanted.credential_id is not None:
        where.append(col(Task.credential_id) == wanted.credential_id)
    if wanted.trial is not None:
        where.append(col(Task.trial).is_(wanted.trial))
    if wanted.language:
        where.append(col(LibraryEntry.language) == wanted.language)
    if wanted.tag:
        tagged = select(TaskTag.task_ref).where(TaskTag.team_id == team_id, TaskTag.tag == wanted.tag)
        where.append(col(Task.id).in_(tagged))
    if wanted.since is not None:
        where.append(col(Task.completed_at) >= wanted.since)
    if wanted.until is not None:
        where.append(col(Task.completed_at) < wanted.until)
    return where


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    newest = col(Task.id).desc()
    if sort is Sort.OLDEST:
        return (col(Task.id).asc(),)
    if sort is Sort.LABEL:
        return (func.lower(Task.label).asc(), newest)
    if sort is Sort.LONGEST:
        return (func.coalesce(LibraryEntry.words, 0).desc(), newest)
    return (newest,)
