"""Open tasks whose results the service deletes soon: how many, and when that changes by itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, select

from dashboard.models import OPEN_STATES, Task
from dashboard.models.retention import AT_RISK_LEFT, at_risk_before


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """The tasks of a team that are at risk; times are aware UTC.

    Attributes:
        tasks: how many.
        over: those among them whose time is over and that are open all the same.
        inexact: those among them whose submission nobody knows: their time may be over earlier.
        first_at: when the time of the next of them is over; None where there is none but those that are over.
        turns_at: when any of this is no longer true although nothing changes; None for never.
    """

    tasks: int
    over: int
    inexact: int
    first_at: datetime | None
    turns_at: datetime | None


def is_at_risk(now: datetime) -> ColumnElement[bool]:
    """Whether a task is at risk, in SQL."""
    return and_(col(Task.state).in_(OPEN_STATES), col(Task.expires_at) < at_risk_before(now))


def at_risk(*, session: Session, team_id: int, now: datetime) -> AtRisk:
    """How a team's tasks stand, in one look at the open ones."""
    expires_at = col(Task.expires_at)
    soon = expires_at < at_risk_before(now)
    tasks, over, inexact, first_at, next_at = session.exec(
        select(  # type: ignore[call-overload]  # typed for four columns at most
            func.count(case((soon, 1))),
            func.count(case((expires_at <= now, 1))),
            func.count(case((and_(soon, col(Task.expiry_exact).is_(False)), 1))),
            func.min(case((and_(soon, expires_at > now), expires_at))),
            func.min(case((~soon, expires_at))),
        )
        # Open tasks are never put away; said all the same, the index on team and state is used to its end.
        .where(Task.team_id == team_id, col(Task.archived).is_(False), col(Task.state).in_(OPEN_STATES))
    ).one()
    turns = [first_at, next_at and next_at - AT_RISK_LEFT]
    return AtRisk(
        tasks=tasks,
        over=over,
        inexact=inexact,
        first_at=first_at,
        turns_at=min((moment for moment in turns if moment is not None), default=None),
    )
