"""Registered tasks: adding, finding, and what people can do with them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, case, delete, func, literal, union_all, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from dashboard.folding import folded_label
from dashboard.models import ATTENTION_STATES, OPEN_STATES, Credential, Source, State, Task, TaskSource
from dashboard.models.columns import Instant
from dashboard.models.task_ids import folded_id
from dashboard.store import sources
from dashboard.store.wake_ups import announce

REOPENED_STATES = frozenset({State.NOT_FOUND, State.EXPIRED, State.FAILED})
"""Outcomes without a result that asking again can change."""

MAX_ID = 2**31 - 1

_CHUNK = 1000
"""IDs in one statement; both databases limit the number of parameters."""

T = TypeVar("T")

WholeTask = tuple[Task, Credential | None, Source | None]
"""A task with its token and its image, where it has them."""

_FRESH = {
    "state": State.PENDING.value,
    "parked": None,
    "parked_since": None,
    "parked_detail": None,
    "completed_at": None,
    "attended_at": None,
    "claim": None,
    "holder": None,
    "errors": 0,
    "doubts": 0,
    "archived": False,
}


def find_known(*, session: Session, team_id: int, api_url: str, task_ids: Iterable[str]) -> dict[str, int]:
    """Our IDs of those tasks of one service that the team has, by the service's task ID as it is asked for.

    Of a GUID that was stored in two spellings once, the exact one counts, else the older one.
    """
    known: dict[str, int] = {}
    for some in _chunks(dict.fromkeys(task_ids)):
        by_fold: dict[str, list[str]] = {}
        for task_id in some:
            by_fold.setdefault(folded_id(task_id), []).append(task_id)
        rows = sorted(_spellings(session, team_id, api_url, some).items(), reverse=True)
        for row_id, stored in rows:
            known |= dict.fromkeys(by_fold.get(folded_id(stored), ()), row_id)
        known |= {stored: row_id for row_id, stored in rows if stored in by_fold.get(folded_id(stored), ())}
    return known


def get(*, session: Session, team_id: int, task_ref: int) -> Task | None:
    """One task by our ID."""
    if not 0 < task_ref <= MAX_ID:
        return None  # a number from a URL that no row can have
    return session.exec(select(Task).where(Task.team_id == team_id, Task.id == task_ref)).one_or_none()


def exact(*, session: Session, team_id: int, api_url: str, task_id: str) -> Task | None:
    """The task with exactly this ID of a service: one step in an index."""
    mine = select(Task).where(Task.team_id == team_id, Task.api_url == api_url, Task.task_id == task_id)
    return session.exec(mine).one_or_none()


def whole(*, session: Session, team_id: int, task_ref: int) -> WholeTask | None:
    """One task by our ID with its token and its image, without the bytes of that."""
    if not 0 < task_ref <= MAX_ID:
        return None
    mine = (
        select(Task, Credential, Source)
        .outerjoin(
            Credential, (col(Credential.id) == Task.credential_id) & (Credential.team_id == Task.team_id)
        )
        .outerjoin(TaskSource, col(TaskSource.task_ref) == Task.id)
        .outerjoin(Source, (col(Source.id) == TaskSource.source_id) & col(Source.is_whole))
        .options(defer(Source.thumbnail, raiseload=True))  # type: ignore[arg-type]  # typed as bytes
    )
    found = session.exec(mine.where(Task.team_id == team_id, Task.id == task_ref)).one_or_none()
    return (found[0], found[1], found[2]) if found is not None else None


class Brief(NamedTuple):
    """The least about a task: our ID, what people call it, how it stands, and whether somebody has seen that."""

    task_ref: int
    name: str
    state: State
    seen: bool


def briefly(*, session: Session, team_id: int, task_refs: Iterable[int]) -> list[Brief]:
    """Those of these tasks that the team has, in this order."""
    found: list[Brief] = []
    for some in _chunks(dict.fromkeys(ref for ref in task_refs if 0 < ref <= MAX_ID)):
        name = case((col(Task.label) == "", col(Task.task_id)), else_=col(Task.label))
        mine = select(Task.id, name, Task.state, col(Task.attended_at).is_not(None))
        mine = mine.where(Task.team_id == team_id, col(Task.id).in_(some))
        rows = {row[0]: Brief(row[0] or 0, row[1], State(row[2]), bool(row[3])) for row in session.exec(mine)}
        found += [rows[ref] for ref in some if ref in rows]
    return found


def by_task_id(*, session: Session, team_id: int, task_id: str) -> Sequence[Task]:
    """The tasks with this ID of the service; several when several services know it, or it was stored in two spellings.

    A task with exactly this spelling comes first.
    """
    refs = [
        ref
        for api_url in _services_of(session, team_id)
        for ref in same_task(session=session, team_id=team_id, api_url=api_url, task_id=task_id)
    ]
    found = session.exec(select(Task).where(col(Task.id).in_(refs)).order_by(col(Task.id))).all()
    return sorted(found, key=lambda task: task.task_id != task_id)


def same_task(*, session: Session, team_id: int, api_url: str, task_id: str) -> list[int]:
    """Our IDs of one task of one service; several when it was stored in two spellings once, the older one first."""
    found = _spellings(session, team_id, api_url, [task_id])
    return sorted(ref for ref, stored in found.items() if folded_id(stored) == folded_id(task_id))


def _services_of(session: Session, team_id: int) -> list[str]:
    """The services that the team has tasks of; each is one step in an index, however many tasks there are."""
    found: list[str] = []
    following = select(func.min(Task.api_url)).where(Task.team_id == team_id)
    while url := session.exec(following.where(col(Task.api_url) > "".join(found[-1:]))).one():
        found.append(url)
    return found


def _spellings(session: Session, team_id: int, api_url: str, task_ids: Iterable[str]) -> dict[int, str]:
    """Tasks of one service with one of these IDs in whatever case: our ID, and theirs as it is stored.

    Two questions, each with an index of its own: with OR between them both databases may read all tasks of a team.
    """
    lower = {it.lower() for it in task_ids}
    mine = select(Task.id, Task.task_id, Task.api_url).where(Task.team_id == team_id)
    exactly = mine.where(Task.api_url == api_url, col(Task.task_id).in_(lower | set(task_ids)))
    rows: Iterable[Any] = session.connection().execute(
        union_all(exactly, mine.where(col(Task.lower_id).in_(lower)))
    )
    return {row_id: stored for row_id, stored, service in rows if service == api_url}


def present(*, session: Session, team_id: int, task_refs: Sequence[int], archived: bool | None) -> set[int]:
    """Which of these tasks of the team are still there; put away, not put away, or either with None."""
    put_away = [] if archived is None else [col(Task.archived).is_(archived)]
    where = [col(Task.team_id) == team_id, *put_away]
    found: set[int] = set()
    for some in _chunks(task_refs):
        found.update(filter(None, session.exec(select(Task.id).where(*where, col(Task.id).in_(some)))))
    return found


def known_endpoints(*, session: Session, team_id: int, api_url: str) -> dict[tuple[str, bool], int]:
    """How many of the team's newest tasks each endpoint of a service knew, by operation and trial."""
    mine = (col(Task.team_id) == team_id, col(Task.api_url) == api_url, col(Task.seen_at).is_not(None))
    newest = select(Task.operation, Task.trial).where(*mine).order_by(col(Task.id).desc()).limit(_CHUNK)
    return Counter((operation, trial) for operation, trial in session.exec(newest))


def has_open(*, session: Session, api_url: str) -> bool:
    """Whether any team waits for this service; the sandbox is started again for it."""
    waiting = select(Task.id).where(col(Task.next_poll_at).is_not(None), Task.api_url == api_url).limit(1)
    return session.exec(waiting).first() is not None


def make_due(*, session: Session, team_id: int, task_refs: Iterable[int], now: datetime) -> int:
    """Have these polled at once; lost and failed ones are opened again. Returns how many.

    A poll that is under way stays undisturbed.
    """
    due = col(Task.next_poll_at)
    # A claimed task's time is its lease, and one that is due already keeps its place in the queue.
    keeps = col(Task.claim).is_not(None) | (due < now)
    hurried = {"next_poll_at": case((keeps, due), else_=literal(now, Instant()))}
    count = 0
    for mine in _locked(session, team_id, task_refs):
        count += _update(session, [*mine, col(Task.state).in_(OPEN_STATES)], hurried)
        reopened = [*mine, col(Task.state).in_(REOPENED_STATES)]
        count += _update(session, reopened, {**_FRESH, "next_poll_at": now})
    announce(session)
    return count


def set_cancelled(*, session: Session, team_id: int, task_refs: Iterable[int], now: datetime) -> int:
    """End open tasks as cancelled; a poll that is under way can no longer change them. Returns how many."""
    ended = {**_FRESH, "state": State.CANCELLED.value, "completed_at": now, "next_poll_at": None}
    return sum(
        _update(session, [*mine, col(Task.state).in_(OPEN_STATES)], ended)
        for mine in _locked(session, team_id, task_refs)
    )


def set_attended(
    *, session: Session, team_id: int, task_refs: Iterable[int], attended_at: datetime | None
) -> list[int]:
    """Note that somebody has seen how these have ended without a whole result, or that nobody has.

    Returns:
        Our IDs of those that changed.
    """
    seen, changed = col(Task.attended_at), list[int]()
    news = seen.is_(None) if attended_at else seen.is_not(None)
    for mine in _locked(session, team_id, task_refs):
        where = [*mine, col(Task.state).in_(ATTENTION_STATES), news]
        changed += filter(None, session.exec(select(Task.id).where(*where)))
        _update(session, where, {"attended_at": attended_at})
    return changed


def delete_many(*, session: Session, team_id: int, task_refs: Iterable[int]) -> int:
    """Delete tasks with their parts and attempts, and the sources of which no other is made. How many there were."""
    deleted = 0
    for mine in _locked(session, team_id, task_refs):
        made_of = session.exec(select(TaskSource.source_id).join(Task).where(*mine).distinct()).all()
        gone = delete(Task).where(*mine).execution_options(synchronize_session=False)
        deleted += session.exec(gone).rowcount
        sources.remove_unused(session=session, source_ids=made_of)
    return deleted


def after(*, session: Session, team_id: int, task_ref: int, limit: int) -> Sequence[Task]:
    """The team's tasks beyond this ID, in the order they were added; for reading all of them in pieces."""
    mine = select(Task).where(Task.team_id == team_id, col(Task.id) > task_ref)
    return session.exec(mine.order_by(col(Task.id)).limit(limit)).all()


def relabel(*, session: Session, team_id: int, task_ref: int, label: str) -> None:
    """Change a task's label."""
    for mine in _locked(session, team_id, [task_ref]):
        _update(session, mine, {"label": label, "label_folded": folded_label(label)})


def readdress(
    *,
    session: Session,
    team_id: int,
    task_ref: int,
    operation: str,
    trial: bool,
    credential_id: int | None,
) -> None:
    """Start a task over with another operation, mode or token; it is due after :func:`make_due`.

    A poll that is under way asks with the old ones and can no longer change the task.
    """
    address = {"operation": operation, "trial": trial, "credential_id": credential_id, "seen_at": None}
    for mine in _locked(session, team_id, [task_ref]):
        _update(session, mine, {**_FRESH, **address, "next_poll_at": None})


def _locked(session: Session, team_id: int, task_refs: Iterable[int]) -> Iterator[list[ColumnElement[bool]]]:
    """Chunks of the team's tasks as conditions, each locked in the order the poller writes in: by ID."""
    for some in _chunks(sorted({ref for ref in task_refs if 0 < ref <= MAX_ID})):
        mine = [col(Task.team_id) == team_id, col(Task.id).in_(some)]
        session.exec(select(Task.id).where(*mine).order_by(col(Task.id)).with_for_update()).all()
        yield mine


def _update(session: Session, where: Sequence[ColumnElement[bool]], values: dict[str, Any]) -> int:
    statement = update(Task).where(*where).values(values).execution_options(synchronize_session="fetch")
    return session.exec(statement).rowcount


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, _CHUNK)):
        yield some
