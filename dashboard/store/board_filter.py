"""Which tasks of a team the board shows, and in which order, in SQL."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, asc, case, func, literal, or_
from sqlmodel import Session, col, select

from dashboard.folding import looked_for
from dashboard.models import (
    ATTENTION_STATES,
    NEEDS_PERSON,
    OPEN_STATES,
    Credential,
    Operation,
    ParkReason,
    State,
    Submission,
    Task,
    TaskKind,
    TaskTag,
)
from dashboard.store import histories, outages
from dashboard.store.at_risk import is_at_risk
from dashboard.store.labels import label_holds

MAX_QUERY = 200
"""Characters of a search that are looked at."""


class BoardSort(StrEnum):
    """Orders of the board."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DEADLINE = "deadline"
    """Open tasks first, the one whose result is deleted next on top."""
    LABEL = "label"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """Which tasks to show; everything given must hold.

    Attributes:
        states: any of these; empty means all.
        query: a piece of the label or of the task ID, in any case.
        attention: only those a person should look at: ended without a whole result and not seen yet, in need of a
            token, or open for longer than nearly all of their kind.
        parked: only open ones that cannot be asked about now.
        at_risk: only open ones whose results the service deletes soon.
        credential_id: only those asked about with this token.
        operation: only those of this endpoint.
        trial: only those in evaluation mode, or only the others; None for both.
        tag: only those that people have put this word on.
        batch_id: only those of this batch.
        since: added at this aware time or later.
        until: added before this aware time.
        archived: only those put away, or only the others; None for both.
        sort: in which order.
    """

    states: frozenset[State] = frozenset()
    query: str = ""
    attention: bool = False
    parked: bool = False
    at_risk: bool = False
    credential_id: int | None = None
    operation: Operation | None = None
    trial: bool | None = None
    tag: str = ""
    batch_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool | None = False
    sort: BoardSort = BoardSort.NEWEST


def open_of(kind: TaskKind) -> list[ColumnElement[bool]]:
    """That a task is an open one of this kind, in SQL."""
    same = (getattr(Task, name) == getattr(kind, name) for name in ("api_url", "operation", "trial"))
    return [col(Task.state).in_(OPEN_STATES), *same]


def is_slow(session: Session, now: datetime) -> ColumnElement[bool] | None:
    """That an open task takes longer than nearly all of its kind, in SQL; None where no kind is known well enough."""
    slow = [
        and_(*open_of(kind), col(Task.submitted_at) < now - longest)
        for kind, longest in histories.slowest(session).items()
    ]
    return or_(*slow) if slow else None


def reason_of(now: datetime) -> ColumnElement[Any]:
    """Why an open task is parked, in SQL."""
    # As Credential.paused_for says it.
    ends, worked = col(Credential.expires_at), col(Credential.last_success_at)
    expired = and_(ends <= now, or_(worked.is_(None), worked <= ends))
    return case(
        (col(Credential.paused_until) > now, col(Credential.pause_reason)),
        (expired, literal(ParkReason.TOKEN_EXPIRED.value)),
        (outages.is_of_one_away(), literal(ParkReason.UNREACHABLE.value)),
        else_=col(Task.parked),
    )


def from_task(statement: Any, wanted: BoardFilter) -> Any:  # noqa: ANN401 - whatever it selects
    """Join tokens only where the filter asks for their pauses: without them indexes are enough."""
    tasks = statement.select_from(Task)
    return tasks.outerjoin(Credential) if wanted.parked or wanted.attention else tasks


def where_of(session: Session, wanted: BoardFilter, team_id: int, now: datetime) -> list[ColumnElement[bool]]:
    """That a task of this team is wanted, in SQL, for statements of :func:`from_task`."""
    where: list[ColumnElement[bool]] = [col(Task.team_id) == team_id]
    if wanted.archived is not None:
        where.append(col(Task.archived).is_(wanted.archived))
    if wanted.states:
        where.append(col(Task.state).in_(wanted.states))
    if wanted.credential_id is not None:
        where.append(col(Task.credential_id) == wanted.credential_id)
    if wanted.operation is not None:
        where.append(col(Task.operation) == wanted.operation.value)
    if wanted.trial is not None:
        where.append(col(Task.trial).is_(wanted.trial))
    if wanted.tag:
        tagged = select(TaskTag.task_ref).where(TaskTag.team_id == team_id, TaskTag.tag == wanted.tag)
        where.append(col(Task.id).in_(tagged))
    if wanted.batch_id is not None:
        sent = select(Submission.task_ref).where(
            Submission.team_id == team_id, Submission.batch_id == wanted.batch_id
        )
        where.append(col(Task.id).in_(sent.where(col(Submission.task_ref).is_not(None))))
    if wanted.since is not None:
        where.append(col(Task.registered_at) >= wanted.since)
    if wanted.until is not None:
        where.append(col(Task.registered_at) < wanted.until)
    return where + _in_trouble(session, wanted, now) + _said(wanted.query)


def _in_trouble(session: Session, wanted: BoardFilter, now: datetime) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.parked:
        where += [col(Task.state).in_(OPEN_STATES), reason_of(now).is_not(None)]
    if wanted.at_risk:
        where.append(is_at_risk(now))
    if wanted.attention:
        stuck = and_(col(Task.state).in_(OPEN_STATES), reason_of(now).in_(NEEDS_PERSON))
        slow = is_slow(session, now)
        # The first condition follows from the second; it lets an index leave out the many completed tasks.
        where += [
            col(Task.state).in_(ATTENTION_STATES | OPEN_STATES),
            or_(is_unseen(), stuck, *([] if slow is None else [slow])),
        ]
    return where


def is_unseen() -> ColumnElement[bool]:
    """That a task has ended without a whole result and nobody has seen that yet, in SQL."""
    return and_(col(Task.state).in_(ATTENTION_STATES), col(Task.attended_at).is_(None))


def _said(query: str) -> list[ColumnElement[bool]]:
    if not (looked := query.strip()[:MAX_QUERY]):
        return []
    return [or_(label_holds(looked), _small_id().contains(looked_for(looked), autoescape=True))]


def order_of(sort: BoardSort) -> list[Any]:
    """By what tasks are ordered, in SQL; always the same for the same tasks."""
    newest = col(Task.id).desc()
    if sort is BoardSort.NEWEST:
        return [newest]
    if sort is BoardSort.OLDEST:
        return [col(Task.id).asc()]
    if sort is BoardSort.DEADLINE:
        return [case((col(Task.state).in_(OPEN_STATES), 0), else_=1), asc(col(Task.expires_at)), newest]
    if sort is BoardSort.STATE:
        places = {state.value: place for place, state in enumerate(State)}
        return [case(places, value=col(Task.state)), newest]
    return [col(Task.label_folded) == "", asc(col(Task.label_folded)), newest]


def _small_id() -> Any:  # noqa: ANN401 - a column
    """The task ID in small letters, which is kept where it has others; an index of SQLite has both."""
    return func.coalesce(Task.lower_id, Task.task_id)
