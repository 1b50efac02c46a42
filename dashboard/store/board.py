"""What the board reads: counts, one page of light rows, and what is in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_
from sqlalchemy import select as core_select  # SQLModel's is typed for four columns at most
from sqlmodel import Session, col, select

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
from dashboard.store import histories, task_counts
from dashboard.store.board_filter import (
    BoardFilter,
    from_task,
    is_slow,
    open_of,
    order_of,
    reason_of,
    where_of,
)

_FEW = 1000
"""Tasks that a search leaves: so many are not counted by themselves."""

_CHUNK = 1000
"""IDs in one statement; both databases limit the number of parameters."""

_TITLE_SOURCE = 600
"""Characters of a text that a title is made of."""

_QUICKLY_READ = 200_000
"""Bytes of a part whose text is read for a title: a long one stands at the end of many pages of the database."""


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
        beginning: of its text, where it has no label; enough for a title.
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
    attended_at: datetime | None
    last_polled_at: datetime | None
    next_poll_at: datetime | None
    polls: int
    words: int | None
    masked_words: int
    language: str
    beginning: str = ""
    estimate: Estimate | None = None


def counts(*, session: Session, team_id: int, now: datetime) -> Counts:
    """How many tasks there are of each kind."""
    mine = and_(col(Task.team_id) == team_id, col(Task.archived).is_(False))
    by_state = task_counts.by_state(session=session, team_id=team_id)
    reason = reason_of(now)
    parked = (
        select(reason, func.count())
        .select_from(Task)
        .outerjoin(Credential)
        .where(mine, col(Task.state).in_(OPEN_STATES), reason.is_not(None))
        .group_by(reason)
    )
    by_reason = {ParkReason(word): number for word, number in session.exec(parked)}
    attention = sum(by_state.get(state, 0) for state in ATTENTION_STATES)
    if attention:
        seen = (col(Task.state).in_(ATTENTION_STATES), col(Task.attended_at).is_not(None))
        attention -= session.exec(select(func.count()).select_from(Task).where(mine, *seen)).one()
    attention += sum(by_reason.get(word, 0) for word in NEEDS_PERSON)
    if (slow := is_slow(session, now)) is not None:
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
        of_kind = select(func.min(sent)).where(*open_of(kind), Task.team_id == team_id, sent >= now - slowest)
        first = session.exec(of_kind).one()
        moments.append(first + slowest if first is not None else None)
    return min((moment for moment in moments if moment is not None), default=None)


def page(
    *, session: Session, team_id: int, wanted: BoardFilter, page: int, per_page: int, now: datetime
) -> tuple[list[BoardRow], int]:
    """One page (1-based) of the wanted tasks, newest first, and how many there are in all."""
    start = (max(page, 1) - 1) * per_page
    # The IDs first, from indexes alone where possible: skipping rows costs less than reading them.
    where = where_of(session, wanted, team_id, now)
    found = from_task(select(Task.id), wanted).where(*where).order_by(*order_of(wanted.sort))
    total = _kept_total(session, team_id, wanted)
    if (
        total is None and wanted.query
    ):  # which looks at all tasks: at once for those it finds and for their number
        few = session.exec(found.limit(_FEW)).all()
        if len(few) < _FEW:
            return _rows(session, few[start : start + per_page], now), len(few)
    if total is None:
        total = session.exec(from_task(select(func.count()), wanted).where(*where)).one()
    if start >= total:
        return [], total
    return _rows(session, session.exec(found.limit(per_page).offset(start)).all(), now), total


def _kept_total(session: Session, team_id: int, wanted: BoardFilter) -> int | None:
    """How many tasks a filter leaves, where that need not be counted."""
    if wanted != BoardFilter(states=wanted.states, archived=bool(wanted.archived), sort=wanted.sort):
        return None
    kept = task_counts.by_state(session=session, team_id=team_id, archived=bool(wanted.archived))
    return sum(number for state, number in kept.items() if not wanted.states or state in wanted.states)


def ids(
    *,
    session: Session,
    team_id: int,
    wanted: BoardFilter,
    now: datetime,
    limit: int,
    below: int | None = None,
    with_result: bool = False,
) -> list[int]:
    """Our IDs of tasks that a filter leaves, newest first.

    Args:
        session: a reading one.
        team_id: whose tasks.
        wanted: which; their order does not count.
        now: the server's clock.
        limit: how many at most.
        below: only those under this ID, to go through all of them.
        with_result: only those that something is stored for.
    """
    where = where_of(session, wanted, team_id, now)
    where += [] if below is None else [col(Task.id) < below]
    where += [select(Part.id).where(col(Part.task_ref) == col(Task.id)).exists()] if with_result else []
    found = from_task(select(Task.id), wanted).where(*where).order_by(col(Task.id).desc())
    return [task_ref for task_ref in session.exec(found.limit(limit)) if task_ref is not None]


def by_ids(*, session: Session, team_id: int, task_refs: Sequence[int], now: datetime) -> list[BoardRow]:
    """These tasks as rows, in no particular order; those that are gone or another team's are left out."""
    rows = []
    for start in range(0, len(task_refs), _CHUNK):
        some = col(Task.id).in_(task_refs[start : start + _CHUNK])
        rows += _rows(session, session.exec(select(Task.id).where(Task.team_id == team_id, some)).all(), now)
    return rows


def _rows(session: Session, ids: Sequence[int | None], now: datetime) -> list[BoardRow]:
    sums = select(Part.task_ref, func.sum(Part.words), func.sum(Part.masked_words))
    sums = sums.where(col(Part.task_ref).in_(ids)).group_by(col(Part.task_ref))
    words = {task_ref: (int(all_), int(masked)) for task_ref, all_, masked in session.exec(sums)}
    names = [name for name in BoardRow.__dataclass_fields__ if name in Task.model_fields and name != "parked"]
    reason = case((col(Task.state).in_(OPEN_STATES), reason_of(now)))
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
    )
    usual = histories.estimates(session)
    begins = _beginnings(session, ids)
    rows = []
    for *values, parked, credential, language in session.connection().execute(statement):
        fields = dict(zip(names, values, strict=True))
        fields |= {"state": State(fields["state"]), "operation": Operation(fields["operation"])}
        read, masked = words.get(fields["id"], (None, 0))
        fields |= {"parked": ParkReason(parked) if parked else None, "language": language or ""}
        fields["beginning"] = begins.get(fields["id"], "")
        if fields["state"].is_open:
            fields["estimate"] = usual.get(
                TaskKind(fields["api_url"], fields["operation"], trial=fields["trial"])
            )
        rows.append(BoardRow(**fields, credential=credential, words=read, masked_words=masked))
    places = {task_ref: place for place, task_ref in enumerate(ids)}
    return sorted(rows, key=lambda row: places[row.id])


def _beginnings(session: Session, ids: Sequence[int | None]) -> dict[int, str]:
    """How the plain texts of tasks without a label begin, for a title."""
    mine = (
        select(Part.task_ref, func.substr(Part.text, 1, _TITLE_SOURCE))
        .join(Task)
        .where(col(Part.task_ref).in_(ids), Task.label == "", Part.media_type == "text/plain")
        .where(col(Part.text).is_not(None), col(Part.size) <= _QUICKLY_READ)
        .order_by(col(Part.task_ref), col(Part.position))
    )
    texts: dict[int, str] = {}
    for task_ref, text in session.exec(mine):
        texts[task_ref] = texts.get(task_ref) or (text or "").strip()
    return texts
