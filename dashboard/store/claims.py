"""Who asks: leasing due tasks. What came of it is written in ``store.outcomes``, while the lease still holds.

``next_poll_at`` is schedule and lease in one. A claim moves it into the future in the statement that selects
it, and puts a fence on the row; the outcome is written only where that fence still stands. All moments are
the database's, so replicas need not agree on the time. A task claimed twice costs one call, never a result.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Float, RowMapping, and_, case, func, literal, or_, type_coerce, update
from sqlmodel import Session, col, select

from dashboard.logs import get_logger
from dashboard.models import (
    CallCredential,
    Claim,
    Credential,
    Lane,
    Operation,
    ParkReason,
    State,
    Task,
    TaskAddress,
)
from dashboard.models.columns import Instant
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS
from dashboard.store.database_clock import database_time, db_now, in_seconds
from dashboard.store.outcomes import SET_ASIDE_SECONDS
from dashboard.store.reservations import credentials_of, reserve

log = get_logger(__name__)


def claim_due(
    session: Session,
    *,
    limit: int,
    lease_seconds: float,
    fence: str,
    holder: str | None = None,
    busy: Mapping[Lane, int] = MappingProxyType({}),  # noqa: ARG001 - shared out in the next commit
    skip_api_urls: Collection[str] = (),
) -> list[Claim]:
    """Lease due tasks of all teams to one poller, in one statement.

    Tasks of a paused credential wait, except when their time is over: those can be closed. A pause that may end
    by itself does not hold back the last poll before expiry: rather one refused call than a lost result.

    Args:
        session: a writing one.
        limit: how many at most.
        lease_seconds: longer than a call can take; afterwards the tasks are due again.
        fence: unique for this claim; the outcome is written only where it still stands.
        holder: this process, where it beats: others free what it holds when it has stopped.
        busy: calls that this poller has under way, by lane.
        skip_api_urls: services this process cannot reach.

    Returns:
        The claims, in no particular order; secrets still encrypted.
    """
    # A CTE and nothing else: with IN (SELECT ... LIMIT n FOR UPDATE) PostgreSQL may claim more than n rows.
    due = (
        select(Task.id, Task.next_poll_at)
        .outerjoin(Credential)
        .where(col(Task.next_poll_at) <= db_now(), _askable(), *_reachable(skip_api_urls))
        .order_by(col(Task.next_poll_at))
        .limit(limit)
        .with_for_update(of=Task, skip_locked=True)  # vanishes on SQLite, where the whole database is locked
        .cte("due")
    )
    lease = (
        update(Task)
        .where(col(Task.id).in_(select(due.c.id)))
        .values(next_poll_at=in_seconds(lease_seconds), claim=fence, holder=holder, polls=col(Task.polls) + 1)
        .returning(*_CLAIMED, db_now().label("claimed_at"))
        .execution_options(synchronize_session=False)
    )
    rows = session.exec(lease).mappings().all()
    if not rows:
        return []
    wanted = {row["credential_id"] for row in rows if row["credential_id"] is not None}
    tokens = reserve(session, rows, credentials_of(session, wanted), rows[0]["claimed_at"])
    return [claim for row in rows if (claim := _claim_or_set_aside(session, row, fence, tokens))]


def seconds_until_due(session: Session, *, skip_api_urls: Collection[str] = ()) -> float | None:
    """How long until :func:`claim_due` finds something; 0 when it would now, None when nothing is open."""
    waiting = [col(Task.next_poll_at).is_not(None), *_reachable(skip_api_urls)]
    # ORDER BY ... LIMIT 1 uses the index; min() would read every open task.
    soonest = (
        select(Task.next_poll_at)
        .outerjoin(Credential)
        .where(*waiting, _askable())
        .order_by(col(Task.next_poll_at))
        .limit(1)
    )
    moments = [session.exec(soonest).one_or_none()]
    paused = col(Credential.paused_until) > db_now()
    resumed_at = session.exec(select(func.min(Credential.paused_until)).where(paused)).one()
    if resumed_at is not None:
        # Those open when they expire; but not before their lease ends, or the poller would never sleep.
        later = case(
            (col(Task.expires_at) > col(Task.next_poll_at), col(Task.expires_at)),
            else_=col(Task.next_poll_at),
        )
        held = select(func.min(later)).join(Credential).where(*waiting, paused)
        askable_at = session.exec(held).one()
        moments += [resumed_at, askable_at] if askable_at is not None else []
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    return max(0.0, (min(known) - database_time(session)).total_seconds())


_YIELDING = frozenset({ParkReason.RATE_LIMITED, ParkReason.PLAN_REFUSED, ParkReason.UNREACHABLE})

_CLAIMED = tuple(
    col(getattr(Task, name))
    for name in (
        *("id", "team_id", "api_url", "operation", "trial", "task_id", "credential_id", "state"),
        *("registered_at", "submitted_at", "expires_at", "expiry_exact", "polls", "doubts", "errors"),
        *("seen_at", "parked", "parked_since"),
    )
)


def _askable() -> ColumnElement[bool]:
    paused_until = col(Credential.paused_until)
    last_chance = and_(_yields(), _last_poll_at() <= db_now())
    over = col(Task.expires_at) <= db_now()
    return or_(paused_until.is_(None), paused_until <= db_now(), over, last_chance)


def _yields() -> ColumnElement[bool]:
    """Pauses that give way to the last poll before a result is deleted."""
    reason = col(Credential.pause_reason)
    budget = and_(reason == ParkReason.BUDGET_REACHED.value, col(Credential.keeps_last_poll))
    return or_(reason.in_(_YIELDING), budget)


def _last_poll_at() -> ColumnElement[Any]:
    return type_coerce(col(Task.expires_at) - literal(LAST_POLL_MARGIN_SECONDS, Float(53)), Instant())


def _reachable(skip_api_urls: Collection[str]) -> list[ColumnElement[bool]]:
    return [col(Task.api_url).not_in(skip_api_urls)] if skip_api_urls else []


def _claim_or_set_aside(
    session: Session, row: RowMapping, fence: str, tokens: Mapping[int, CallCredential]
) -> Claim | None:
    """A row this version cannot read (a newer replica wrote it) must not keep the others from being claimed."""
    try:
        return _claim(row, fence, tokens)
    except ValueError as error:
        log.error("task.not_understood", id=row["id"], reason=str(error))  # noqa: TRY400 - one line says it all
        mine = update(Task).where(col(Task.id) == row["id"], col(Task.claim) == fence)
        aside = mine.values(next_poll_at=in_seconds(SET_ASIDE_SECONDS), claim=None, holder=None)
        session.exec(aside.execution_options(synchronize_session=False))
        return None


def _claim(row: RowMapping, fence: str, tokens: Mapping[int, CallCredential]) -> Claim:
    address = TaskAddress(
        api_url=row["api_url"],
        operation=Operation(row["operation"]),
        trial=row["trial"],
        task_id=row["task_id"],
    )
    same = [name for name in Claim.__dataclass_fields__ if name in row and name not in ("state", "parked")]
    return Claim(
        **{name: row[name] for name in same},
        fence=fence,
        address=address,
        credential=tokens.get(row["id"]),
        state=State(row["state"]),
        parked=ParkReason(row["parked"]) if row["parked"] else None,
    )
