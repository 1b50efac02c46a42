"""What the board reads: counts, one page of light rows, and what is in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_
from sqlalchemy import select as core_select  # SQLModel's is typed for four columns at most
from sqlmodel import Session, col, select

from dashboard.folding import looked_for
from dashboard.models import (
    ATTENTION_STATES,
    NEEDS_PERSON,
    OPEN_STATES,
    Credential,
    Operation,
    ParkReason,
    Part,
    State,
    Task,
    TaskKind,
)
from dashboard.models.library_tables import LibraryEntry
from dashboard.polling.history import Estimate
from dashboard.store import histories, outages, task_counts
from dashboard.store.at_risk import is_at_risk
from dashboard.store.labels import label_holds

MAX_QUERY = 200
"""Characters of a search that are looked at."""

_FEW = 1000
"""Tasks that a search leaves: so many are not counted by themselves."""

_CHUNK = 1000
"""IDs in one statement; both databases limit the number of parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """Which tasks to show; everything given must hold.

    Attributes:
        states: any of these; empty means all.
        query: a piece of the label or of the task ID, in any case.
        attention: only those a person should look at: ended without a whole result, in need of a token, or open for
            longer than nearly all of their kind.
        parked: only open ones that cannot be asked about now.
        at_risk: only open ones whose results the service deletes soon.
        credential_id: only those asked about with this token.
        archived: only those put away, or only the others; None for both.
    """

    states: frozenset[State] = frozenset()
    query: str = ""
    attention: bool = False
    parked: bool = False
    at_risk: bool = False
    credential_id: int | None = None
    archived: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tasks of a team are not put away, by state; the other two overlap with them."""

    by_state: Mapping[State, int]
    parked: int
    attention: int

    @property
    def total(self) -> int:
        """All tasks of the team."""
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One line of the board; times are aware UTC.

    Attributes:
        parked: why an open task cannot be asked about now; its token's pause wins over its service's outage, and that
            over its own reason.
        credential: the label of its token.
        words: words in the stored text; None while nothing is stored.
        masked_words: how many of them evaluation mode has masked.
        language: ISO 639-1, as recognised; empty when that cannot be told.
        estimate: how long such tasks usually take, of an open one; None while too little is known.
    """

    id: int
    task_id: str
    api_url: str
    operation: Operation
    trial: bool
    label: str
    state: State
    parked: ParkReason | None
    credential: str | None
    registered_at: datetime
    submitted_at: datetime | None
    expires_at: datetime
    expiry_exact: bool
    completed_at: datetime | None
    last_polled_at: datetime | None
    next_poll_at: datetime | None
    polls: int
    words: int | None
    masked_words: int
    language: str
    estimate: Estimate | None = None


def counts(*, session: Session, team_id: int, now: datetime) -> Counts:
    """How many tasks there are of each kind."""
    mine = and_(col(Task.team_id) == team_id, col(Task.archived).is_(False))
    by_state = task_counts.by_state(session=session, team_id=team_id)
    reason = _reason(now)
    parked = (
        select(reason, func.count())
        .select_from(Task)
        .outerjoin(Credential)
        .where(mine, col(Task.state).in_(OPEN_STATES), reason.is_not(None))
        .group_by(reason)
    )
    by_reason = {ParkReason(word): number for word, number in session.exec(parked)}
    attention = sum(by_state.get(state, 0) for state in ATTENTION_STATES)
    attention += sum(by_reason.get(word, 0) for word in NEEDS_PERSON)
    if (slow := _slow(session, now)) is not None:
        others = or_(reason.is_(None), reason.not_in(NEEDS_PERSON))
        attention += session.exec(
            select(func.count()).select_from(Task).outerjoin(Credential).where(mine, slow, others)
        ).one()
    return Counts(by_state=by_state, parked=sum(by_reason.values()), attention=attention)


def next_turn(*, session: Session, team_id: int, now: datetime) -> datetime | None:
    """When tasks look different next without any change: a token expires, its pause ends, a task becomes slow."""
    moments = [
        session.exec(select(func.min(column)).where(Credential.team_id == team_id, column > now)).one()
        for column in (col(Credential.expires_at), col(Credential.paused_until))
    ]
    for kind, slowest in histories.slowest(session).items():
        sent = col(Task.submitted_at)
        of_kind = select(func.min(sent)).where(*_open(kind), Task.team_id == team_id, sent >= now - slowest)
        first = session.exec(of_kind).one()
        moments.append(first + slowest if first is not None else None)
    return min((moment for moment in moments if moment is not None), default=None)


def _open(kind: TaskKind) -> list[ColumnElement[bool]]:
    same = (getattr(Task, name) == getattr(kind, name) for name in ("api_url", "operation", "trial"))
    return [col(Task.state).in_(OPEN_STATES), *same]


def _slow(session: Session, now: datetime) -> ColumnElement[bool] | None:
    """That an open task takes longer than nearly all of its kind, in SQL; None where no kind is known well enough."""
    slow = [
        and_(*_open(kind), col(Task.submitted_at) < now - longest)
        for kind, longest in histories.slowest(session).items()
    ]
    return or_(*slow) if slow else None


def page(
    *, session: Session, team_id: int, wanted: BoardFilter, page: int, per_page: int, now: datetime
) -> tuple[list[BoardRow], int]:
    """One page (1-based) of the wanted tasks, newest first, and how many there are in all."""
    start = (max(page, 1) - 1) * per_page
    # The IDs first, from indexes alone where possible: skipping rows costs less than reading them.
    where = _where(session, wanted, team_id, now)
    found = _from_task(select(Task.id), wanted).where(*where).order_by(col(Task.id).desc())
    total = _kept_total(session, team_id, wanted)
    if (
        total is None and wanted.query
    ):  # which looks at all tasks: at once for those it finds and for their number
        few = session.exec(found.limit(_FEW)).all()
        if len(few) < _FEW:
            return _rows(session, few[start : start + per_page], now), len(few)
    if total is None:
        total = session.exec(_from_task(select(func.count()), wanted).where(*where)).one()
    if start >= total:
        return [], total
    return _rows(session, session.exec(found.limit(per_page).offset(start)).all(), now), total


def _kept_total(session: Session, team_id: int, wanted: BoardFilter) -> int | None:
    """How many tasks a filter leaves, where that need not be counted."""
    if wanted != BoardFilter(states=wanted.states, archived=bool(wanted.archived)):
        return None
    kept = task_counts.by_state(session=session, team_id=team_id, archived=bool(wanted.archived))
    return sum(number for state, number in kept.items() if not wanted.states or state in wanted.states)


def ids_with_result(
    *, session: Session, team_id: int, wanted: BoardFilter, now: datetime, limit: int
) -> list[int]:
    """Our IDs of the tasks that a filter leaves and something is stored for, newest first."""
    stored = select(Part.id).where(col(Part.task_ref) == col(Task.id)).exists()
    found = _from_task(select(Task.id), wanted).where(*_where(session, wanted, team_id, now), stored)
    return list(session.exec(found.order_by(col(Task.id).desc()).limit(limit)))


def by_ids(*, session: Session, team_id: int, task_refs: Sequence[int], now: datetime) -> list[BoardRow]:
    """These tasks as rows, in no particular order; those that are gone or another team's are left out."""
    rows = []
    for start in range(0, len(task_refs), _CHUNK):
        some = col(Task.id).in_(task_refs[start : start + _CHUNK])
        rows += _rows(session, session.exec(select(Task.id).where(Task.team_id == team_id, some)).all(), now)
    return rows


def _reason(now: datetime) -> ColumnElement[Any]:
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


def _from_task(statement: Any, wanted: BoardFilter) -> Any:  # noqa: ANN401 - whatever it selects
    """Join tokens only where the filter asks for their pauses: without them indexes are enough."""
    tasks = statement.select_from(Task)
    return tasks.outerjoin(Credential) if wanted.parked or wanted.attention else tasks


def _where(session: Session, wanted: BoardFilter, team_id: int, now: datetime) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [col(Task.team_id) == team_id]
    if wanted.archived is not None:
        where.append(col(Task.archived).is_(wanted.archived))
    if wanted.states:
        where.append(col(Task.state).in_(wanted.states))
    if wanted.credential_id is not None:
        where.append(col(Task.credential_id) == wanted.credential_id)
    if wanted.parked:
        where += [col(Task.state).in_(OPEN_STATES), _reason(now).is_not(None)]
    if wanted.at_risk:
        where.append(is_at_risk(now))
    if wanted.attention:
        stuck = and_(col(Task.state).in_(OPEN_STATES), _reason(now).in_(NEEDS_PERSON))
        slow = _slow(session, now)
        # The first condition follows from the second; it lets an index leave out the many completed tasks.
        where += [
            col(Task.state).in_(ATTENTION_STATES | OPEN_STATES),
            or_(col(Task.state).in_(ATTENTION_STATES), stuck, *([] if slow is None else [slow])),
        ]
    if query := wanted.query.strip()[:MAX_QUERY]:
        where.append(or_(label_holds(query), _small_id().contains(looked_for(query), autoescape=True)))
    return where


def _small_id() -> Any:  # noqa: ANN401 - a column
    """The task ID in small letters, which is kept where it has others; an index of SQLite has both."""
    return func.coalesce(Task.lower_id, Task.task_id)


def _rows(session: Session, ids: Sequence[int | None], now: datetime) -> list[BoardRow]:
    sums = select(Part.task_ref, func.sum(Part.words), func.sum(Part.masked_words))
    sums = sums.where(col(Part.task_ref).in_(ids)).group_by(col(Part.task_ref))
    words = {task_ref: (int(all_), int(masked)) for task_ref, all_, masked in session.exec(sums)}
    names = [name for name in BoardRow.__dataclass_fields__ if name in Task.model_fields and name != "parked"]
    reason = case((col(Task.state).in_(OPEN_STATES), _reason(now)))
    statement = (
        core_select(
            *(getattr(Task, name) for name in names),
            reason,
            col(Credential.label),
            col(LibraryEntry.language),
        )
        .select_from(Task)
        .outerjoin(Credential)
        .outerjoin(LibraryEntry, col(LibraryEntry.task_ref) == Task.id)
        .where(col(Task.id).in_(ids))
        .order_by(col(Task.id).desc())
    )
    usual = histories.estimates(session)
    rows = []
    for *values, parked, credential, language in session.connection().execute(statement):
        fields = dict(zip(names, values, strict=True))
        fields |= {"state": State(fields["state"]), "operation": Operation(fields["operation"])}
        read, masked = words.get(fields["id"], (None, 0))
        fields |= {"parked": ParkReason(parked) if parked else None, "language": language or ""}
        if fields["state"].is_open:
            fields["estimate"] = usual.get(
                TaskKind(fields["api_url"], fields["operation"], trial=fields["trial"])
            )
        rows.append(BoardRow(**fields, credential=credential, words=read, masked_words=masked))
    return rows
