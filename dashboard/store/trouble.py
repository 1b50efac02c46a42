"""What keeps a team's open tasks from being asked about, by service."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, literal
from sqlalchemy import select as core_select  # SQLModel's is typed for four columns at most
from sqlmodel import Session, col, select

from dashboard.models import OPEN_STATES, Outage, ParkReason, Task
from dashboard.models.columns import Instant
from dashboard.polling.outages import PROBE_CEILING_SECONDS
from dashboard.store import outages


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Open tasks of one service that cannot be asked about, and why.

    Attributes:
        since: when the first of them was parked.
        next_attempt_at: when the next of them is asked about again.
        words: what the last attempt said.
        every_seconds: where the service is away, how long between two tries; all its open tasks wait then.
    """

    api_url: str
    reason: ParkReason
    tasks: int
    since: datetime | None
    next_attempt_at: datetime | None
    words: str
    every_seconds: float | None = None


def trouble(*, session: Session, team_id: int, now: datetime) -> list[Trouble]:
    """What keeps open tasks from being asked about, per service and reason; pauses of tokens not included."""
    away = outages.away(session)
    found = [_of_one_away(session, team_id, outage) for _, outage in sorted(away.items())]
    parked = and_(
        col(Task.team_id) == team_id, col(Task.state).in_(OPEN_STATES), col(Task.parked).is_not(None)
    )
    # A claimed task is being asked about right now; its time is the end of the lease.
    due = case((col(Task.claim).is_not(None), literal(now, Instant())), else_=col(Task.next_poll_at))
    # An expression, or SQLite groups by the index on api_url and reads every task of the team.
    group = (func.coalesce(Task.api_url, ""), col(Task.parked))
    groups = session.connection().execute(
        core_select(*group, func.count(), func.min(Task.parked_since), func.min(due))
        .where(parked)
        .group_by(*group)
        .order_by(*group)
    )
    found += [
        Trouble(
            api_url=api_url,
            reason=ParkReason(reason),
            tasks=tasks,
            since=since,
            next_attempt_at=next_attempt_at,
            words=session.exec(
                select(Task.parked_detail)
                .where(parked, Task.api_url == api_url, Task.parked == reason)
                .order_by(col(Task.last_polled_at).desc())
                .limit(1)
            ).one()
            or "",
        )
        for api_url, reason, tasks, since, next_attempt_at in groups
        if api_url not in away
    ]
    return [one for one in found if one.tasks]


def _of_one_away(session: Session, team_id: int, outage: Outage) -> Trouble:
    waiting = select(func.count()).where(
        Task.team_id == team_id, Task.api_url == outage.api_url, col(Task.state).in_(OPEN_STATES)
    )
    return Trouble(
        api_url=outage.api_url,
        reason=ParkReason.UNREACHABLE,
        tasks=session.exec(waiting).one(),
        since=outage.since,
        next_attempt_at=outage.probe_at,
        words=outage.detail,
        every_seconds=PROBE_CEILING_SECONDS,
    )
