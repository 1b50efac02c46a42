"""Who asks: leasing due tasks. What came of it is written in ``store.outcomes``, while the lease still holds.

``next_poll_at`` is schedule and lease in one. Which tasks are wanted is chosen first (``store.choosing``); a claim
moves those that are still due into the future in one statement, and puts a fence on the row; the outcome is written
only where that fence still stands. All moments are the database's, so replicas need not agree on the time. A task
claimed twice costs one call, never a result.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Float, RowMapping, Table, and_, bindparam, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, col

from dashboard.logs import get_logger
from dashboard.models import (
    METADATA,
    CallCredential,
    Claim,
    Lane,
    Operation,
    Outage,
    ParkReason,
    State,
    Task,
    TaskAddress,
)
from dashboard.store.choosing import choose, next_moments, probes
from dashboard.store.database_clock import db_now, in_seconds
from dashboard.store.lanes import waiting
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
    busy: Mapping[Lane, int] = MappingProxyType({}),
    skip_api_urls: Collection[str] = (),
    outages: Mapping[str, Outage] = MappingProxyType({}),
    turn: int = 0,
) -> list[Claim]:
    """Lease due tasks of all teams to one poller, shared out among lanes.

    Tasks of a paused credential wait, except when their time is over: those can be closed. A pause that may end
    by itself does not hold back the last poll before expiry: rather one refused call than a lost result. A service
    that is away is asked by probes alone.

    Args:
        session: a writing one.
        limit: how many at most; but among several lanes each gets what it is guaranteed.
        lease_seconds: longer than a call can take; afterwards the tasks are due again.
        fence: unique for this claim; the outcome is written only where it still stands.
        holder: this process, where it beats: others free what it holds when it has stopped.
        busy: calls that this poller has under way, by lane.
        skip_api_urls: services this process cannot reach.
        outages: services that gave no usable answer lately.
        turn: any number, another one each time: who comes first among equals.

    Returns:
        The claims, in no particular order; secrets still encrypted.
    """
    lanes = waiting(session, skip_api_urls=skip_api_urls)
    lease = {"fence": fence, "held_by": holder, "lease_seconds": lease_seconds}
    rows: list[RowMapping] = []
    for skip_locked in (False, True):
        due = choose(
            session,
            lanes,
            limit=limit - len(rows),
            busy=Counter(busy) + Counter(_lane_of(row) for row in rows),
            outages=outages,
            turn=turn,
            skip_locked=skip_locked,
        )
        leased = _leased(session, due, lease, due=True)
        rows += leased
        if len(leased) == len(due):
            break  # or another claim was quicker: once more, without what it holds
    # Not due themselves, where nothing else of their service is.
    rows += _leased(session, probes(session, lanes, outages=outages), lease, due=False)
    if not rows:
        return []
    wanted = {row["credential_id"] for row in rows if row["credential_id"] is not None}
    tokens = reserve(session, rows, credentials_of(session, wanted), rows[0]["claimed_at"])
    return [claim for row in rows if (claim := _claim_or_set_aside(session, row, fence, tokens))]


def seconds_until_due(
    session: Session,
    *,
    skip_api_urls: Collection[str] = (),
    outages: Mapping[str, Outage] = MappingProxyType({}),
) -> float | None:
    """How long until :func:`claim_due` finds something; 0 when it would now, None when nothing is open."""
    lanes = waiting(session, skip_api_urls=skip_api_urls)
    moments = next_moments(session, lanes, outages=outages)
    return max(0.0, (min(moments) - lanes[0].now).total_seconds()) if moments else None


def _lane_of(row: RowMapping) -> Lane:
    """The lane of a claimed task, as ``Claim.lane``."""
    return Lane(row["api_url"], None if row["trial"] else row["credential_id"])


def _leased(session: Session, ids: Sequence[int], lease: Mapping[str, Any], *, due: bool) -> list[RowMapping]:
    """Lease chosen tasks, but for those that somebody else has taken since they were chosen."""
    if not ids:
        return []
    leased = session.connection().execute(_lease(due=due), {**lease, "ids": ids})
    return list(leased.mappings().all())


@cache
def _lease(*, due: bool) -> ReturningUpdate[Any]:
    """The statement of a claim, of tasks that are due or of any that nobody has."""
    is_due = _TASK.c.next_poll_at <= db_now()
    is_free = and_(_TASK.c.next_poll_at.is_not(None), or_(_TASK.c.claim.is_(None), is_due))
    # A CTE and nothing else: FOR UPDATE in a subquery of UPDATE may be carried out more than once on PostgreSQL.
    free = (
        select(_TASK.c.id)
        .where(_TASK.c.id.in_(bindparam("ids", expanding=True)), is_due if due else is_free)
        .with_for_update(skip_locked=True)  # vanishes on SQLite, where the whole database is locked
        .cte("free")
    )
    until = db_now() + bindparam("lease_seconds", type_=Float(53))
    return (
        update(_TASK)
        .where(_TASK.c.id.in_(select(free.c.id)))
        .values(
            claim=bindparam("fence"),
            holder=bindparam("held_by"),
            next_poll_at=until,
            polls=_TASK.c.polls + 1,
        )
        .returning(*(_TASK.c[name] for name in _CLAIMED), db_now().label("claimed_at"))
    )


_TASK: Table = METADATA.tables["task"]

_CLAIMED = (
    *("id", "team_id", "api_url", "operation", "trial", "task_id", "credential_id", "state"),
    *("registered_at", "submitted_at", "expires_at", "expiry_exact", "polls", "doubts", "errors"),
    *("seen_at", "parked", "parked_since", "last_polled_at"),
)


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
