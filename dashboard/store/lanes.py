"""Lanes in SQL: which have open tasks, and the first of their due tasks in one order or another.

Every statement here walks an index: what it costs depends on the number of lanes and on what it gives back, not on how
many tasks are open or due. Those about tasks are built once for each number of lanes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    Integer,
    Select,
    Table,
    bindparam,
    func,
    literal,
    literal_column,
    select,  # SQLModel's is typed for four columns at most
    union_all,
)
from sqlalchemy.dialects.sqlite import pysqlite
from sqlmodel import Session, col

from dashboard.models import METADATA, Credential, Lane, ParkReason
from dashboard.models.retention import AT_RISK_LEFT, RETENTION
from dashboard.models.tables import LANE_CREDENTIAL
from dashboard.polling.fair_shares import FRESH
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS
from dashboard.store.database_clock import db_now, in_seconds

_TOGETHER = 8
"""Lanes in one statement; SQLite joins at most 500 queries, and long statements take long to plan."""

_YIELDING = frozenset({ParkReason.RATE_LIMITED, ParkReason.PLAN_REFUSED, ParkReason.UNREACHABLE})


class Order(Enum):
    """Which tasks of a lane are wanted, the first of them first; all are due, but for the last three."""

    LONGEST_DUE = "longest due"
    AT_RISK = "at risk"
    FRESH = "fresh"
    OVER = "over"
    LAST_CHANCE = "last chance"
    """Their last poll before expiry has come, or their time is over."""
    LAST_POLL = "last poll"
    """The same, their time not over."""
    NOT_FAILED = "not failed"
    """Those whose last call did not fail, the nearest deadline first."""
    NEAREST_DEADLINE = "nearest deadline"
    SOONEST = "soonest"
    """Due or not, but not claimed."""
    OPEN = "open"
    """Due or not, the nearest deadline first, their time not over."""
    OVER_SOONEST = "over, soonest"
    """Due or not, their time over."""


@dataclass(frozen=True, slots=True)
class Found:
    """One task: our ID, and two moments, in seconds since 1970."""

    id: int
    due_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A lane with open tasks; times are aware UTC.

    Attributes:
        soonest: when the first of its tasks is due.
        now: the database's time.
        paused_until: until when its token is paused; None when it is not.
        yields: whether that pause gives way to the last poll before a result is deleted.
        is_unreachable: whether it is paused because no access token could be had.
    """

    lane: Lane
    soonest: datetime
    now: datetime
    paused_until: datetime | None
    yields: bool
    is_unreachable: bool

    @property
    def held_back(self) -> Order | None:
        """What alone may be asked about while its token is paused; None when it is not paused."""
        if self.paused_until is None:
            return None
        return Order.LAST_CHANCE if self.yields else Order.OVER


def waiting(session: Session, *, skip_api_urls: Collection[str] = ()) -> list[Waiting]:
    """The lanes that have open tasks."""
    rows = session.connection().execute(_WAITING).all()
    return [_waiting(*row) for row in rows if row[0] not in skip_api_urls]


def first_of(
    session: Session, lanes: Mapping[Lane, int], order: Order, *, skip_locked: bool = False
) -> dict[Lane, list[Found]]:
    """The first tasks of some lanes; those without any are left out.

    Args:
        session: a writing one where locks are skipped.
        lanes: how many of each are wanted.
        order: which of them, and in which order.
        skip_locked: lock them, and pass over those that another claim has locked.
    """
    found: dict[Lane, list[Found]] = {}
    wanted = list(lanes.items())
    for start in range(0, len(wanted), _TOGETHER):
        some = wanted[start : start + _TOGETHER]
        given: dict[str, Any] = {}
        for place, (lane, most) in enumerate(some):
            given |= {f"url_{place}": lane.api_url, f"token_{place}": lane.credential_id or 0}
            given[f"most_{place}"] = most
        statement, fixed = _written(
            len(some), order, session.get_bind().dialect.name, skip_locked=skip_locked
        )
        rows = session.connection().exec_driver_sql(statement, {**fixed, **given})
        for place, task_id, due_at, expires_at in rows:
            found.setdefault(some[place][0], []).append(Found(task_id, due_at, expires_at))
    return found


def _token(table: str) -> ColumnElement[int]:
    """The token of a task's lane, spelt as the indexes spell it."""
    spelt = LANE_CREDENTIAL.replace("trial", f"{table}.trial").replace(
        "credential_id", f"{table}.credential_id"
    )
    return literal_column(spelt, Integer)


def _tasks(name: str) -> FromClause:
    table: Table = METADATA.tables["task"]
    return table.alias(name)


def _loose_scan() -> Select[Any]:
    """From lane to lane through the index, which has the soonest task of each first."""
    begin, same, other, after = map(_tasks, ("begin_task", "same_task", "other_task", "next_task"))
    first = (
        select(begin.c.api_url, _token("begin_task").label("token"), begin.c.next_poll_at)
        .where(begin.c.next_poll_at.is_not(None))
        .order_by(begin.c.api_url, _token("begin_task"), begin.c.next_poll_at)
        .limit(1)
        .subquery("first_lane")
    )
    lane = select(first.c.api_url, first.c.token, first.c.next_poll_at).cte("lane", recursive=True)
    is_later = _token("same_task") > lane.c.token
    same_service = (
        select(same.c.id)
        .where(same.c.next_poll_at.is_not(None), same.c.api_url == lane.c.api_url, is_later)
        .order_by(_token("same_task"), same.c.next_poll_at)
        .limit(1)
        .correlate(lane)
        .scalar_subquery()
    )
    next_service = (
        select(other.c.id)
        .where(other.c.next_poll_at.is_not(None), other.c.api_url > lane.c.api_url)
        .order_by(other.c.api_url, _token("other_task"), other.c.next_poll_at)
        .limit(1)
        .correlate(lane)
        .scalar_subquery()
    )
    step = (
        select(after.c.api_url, _token("next_task"), after.c.next_poll_at)
        .select_from(lane)
        .join(after, after.c.id == func.coalesce(same_service, next_service))
    )
    lanes = lane.union_all(step)
    pause = (col(Credential.paused_until), col(Credential.pause_reason), col(Credential.keeps_last_poll))
    joined = lanes.outerjoin(Credential, col(Credential.id) == lanes.c.token)
    return select(lanes.c.api_url, lanes.c.token, lanes.c.next_poll_at, db_now(), *pause).select_from(joined)


_WAITING = _loose_scan()


def _waiting(
    api_url: str,
    token: int,
    soonest: datetime,
    now: datetime,
    paused_until: datetime | None,
    reason: str | None,
    keeps_last_poll: bool | None,  # noqa: FBT001 - a column
) -> Waiting:
    is_paused = paused_until is not None and paused_until > now
    is_budget = reason == ParkReason.BUDGET_REACHED.value and bool(keeps_last_poll)
    return Waiting(
        lane=Lane(api_url, token or None),
        soonest=soonest,
        now=now,
        paused_until=paused_until if is_paused else None,
        yields=is_budget or reason in _YIELDING,
        is_unreachable=reason == ParkReason.UNREACHABLE.value,
    )


@cache
def _written(lanes: int, order: Order, dialect: str, *, skip_locked: bool) -> tuple[str, Mapping[str, Any]]:
    """A statement in its database's own words, and its fixed parameters.

    As text, because to find a long statement again among those it knows costs SQLAlchemy more than its execution.
    """
    whole = union_all(*(select(_of_one(place, order, skip_locked=skip_locked)) for place in range(lanes)))
    compiled = whole.compile(dialect=_dialect(dialect))
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def _dialect(name: str) -> Dialect:
    if name == "sqlite":
        return pysqlite.dialect(paramstyle="named")
    from sqlalchemy.dialects.postgresql import psycopg  # only where there is one

    return psycopg.dialect()  # type: ignore[no-untyped-call]


def _of_one(place: int, order: Order, *, skip_locked: bool) -> FromClause:
    name = f"task_{place}"
    task = _tasks(name)
    mine = (
        task.c.api_url == bindparam(f"url_{place}"),
        _token(name) == bindparam(f"token_{place}", type_=Integer),
    )
    where, by = _ordered(task, order)
    chosen = (
        select(literal(place, Integer).label("place"), task.c.id, task.c.next_poll_at, task.c.expires_at)
        .where(*mine, *where)
        .order_by(by)
        .limit(bindparam(f"most_{place}", type_=Integer))
    )
    if skip_locked:  # PostgreSQL locks nothing in parts of a UNION, but in a CTE
        return chosen.with_for_update(skip_locked=True).cte(f"of_{place}")
    return chosen.subquery(f"of_{place}")


def _ordered(task: FromClause, order: Order) -> tuple[Sequence[ColumnElement[bool]], ColumnElement[Any]]:
    """What is wanted of a lane, and what comes first."""
    at, expires_at, is_open = task.c.next_poll_at, task.c.expires_at, task.c.next_poll_at.is_not(None)
    is_due = at <= db_now()
    soon = expires_at <= in_seconds(LAST_POLL_MARGIN_SECONDS)
    is_over = expires_at <= db_now()
    at_risk = expires_at <= in_seconds(AT_RISK_LEFT.total_seconds())
    fresh = expires_at > in_seconds((RETENTION - FRESH).total_seconds())
    orders: Mapping[Order, tuple[Sequence[ColumnElement[bool]], ColumnElement[Any]]] = {
        Order.LONGEST_DUE: ([is_due], at),
        Order.AT_RISK: ([is_due, at_risk, ~is_over], expires_at),
        Order.FRESH: ([is_due, fresh], expires_at.desc()),
        Order.OVER: ([is_due, is_over], expires_at),
        Order.LAST_CHANCE: ([is_due, soon], expires_at),
        Order.LAST_POLL: ([is_due, soon, ~is_over], expires_at),
        Order.NOT_FAILED: ([is_due, task.c.errors == literal_column("0")], expires_at),
        Order.NEAREST_DEADLINE: ([is_due], expires_at),
        Order.SOONEST: ([is_open, task.c.claim.is_(None)], at),
        Order.OPEN: ([is_open, ~is_over], expires_at),
        Order.OVER_SOONEST: ([is_open, is_over], at),
    }
    return orders[order]
