"""Which tasks are claimed next: fairly among lanes, the earliest deadline first, and probes of what is away."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby

from sqlmodel import Session

from dashboard.models import Lane, Outage
from dashboard.polling.fair_shares import GUARANTEED, in_turn, share_out
from dashboard.polling.outages import (
    LAST_CHANCE_SECONDS,
    calls_after_return,
    has_returned,
    is_away,
    may_probe,
)
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS
from dashboard.store.lanes import Order, Waiting, first_of
from dashboard.store.outages import take_probe


def choose(
    session: Session,
    lanes: Iterable[Waiting],
    *,
    limit: int,
    busy: Mapping[Lane, int],
    outages: Mapping[str, Outage],
    turn: int,
    skip_locked: bool = False,
) -> list[int]:
    """The tasks to be claimed of services that are not away; arguments as of ``store.claims.claim_due``."""
    first = partial(first_of, session, skip_locked=skip_locked)
    turned = [
        one
        for one in lanes
        if one.soonest <= one.now
        and not is_away(outages.get(one.lane.api_url))
        and (limit > 0 or busy.get(one.lane, 0) < GUARANTEED)
    ]
    if not turned:
        return []
    # One more than it could get tells whether there is more than it gets.
    most = {one.lane: max(limit, GUARANTEED - busy.get(one.lane, 0)) + 1 for one in turned}
    free = {one.lane: most[one.lane] for one in turned if one.held_back is None}
    found = first(free, Order.LONGEST_DUE)
    for order in (Order.OVER, Order.LAST_CHANCE):
        held_back = {one.lane: most[one.lane] for one in turned if one.held_back is order}
        found |= first(held_back, order)
    due = _slowly_at_first({lane: len(tasks) for lane, tasks in found.items()}, busy, outages, turned[0].now)
    shares = share_out(limit, due=due, busy=busy, turn=turn)
    crowded = {lane: share for lane, share in shares.items() if lane in free and len(found[lane]) > share}
    at_risk = first(crowded, Order.AT_RISK)
    fresh = first(crowded, Order.FRESH)
    chosen: list[int] = []
    for lane, share in shares.items():
        longest_due = [task.id for task in found[lane]]
        if lane not in crowded:
            chosen += longest_due[:share]
            continue
        chosen += in_turn(
            share,
            at_risk=[task.id for task in at_risk.get(lane, ())],
            fresh=[task.id for task in fresh.get(lane, ())],
            longest_due=longest_due,
            turn=turn,
        )
    return chosen


def probes(session: Session, lanes: Iterable[Waiting], *, outages: Mapping[str, Outage]) -> list[int]:
    """One task for each service that is away, where it may be asked now: the one nearest its deadline.

    Those that have failed come last: a service that stumbles over some tasks alone would else stay away for all.
    A token that is paused because none could be minted does not keep it back: the service is asked for one again.
    """
    found = []
    for api_url, of_service in groupby(lanes, lambda one: one.lane.api_url):
        outage = outages.get(api_url)
        if outage is None or not is_away(outage):
            continue
        some = list(of_service)
        now = some[0].now
        yielding = {one.lane: 1 for one in some if one.held_back is not Order.OVER}
        askable = {one.lane: 1 for one in some if one.held_back is None or one.is_unreachable}
        if not may_probe(outage, now, last_chance=True):
            continue
        task = _nearest(session, yielding, Order.LAST_POLL)
        if task is None and may_probe(outage, now):
            orders = (Order.NOT_FAILED, Order.NEAREST_DEADLINE, Order.SOONEST)
            tries = (_nearest(session, askable, order) for order in orders)
            task = next((one for one in tries if one is not None), None)
        if task is not None and take_probe(session, outage, now):
            found.append(task)
    return found


def next_moments(
    session: Session, lanes: Sequence[Waiting], *, outages: Mapping[str, Outage]
) -> list[datetime]:
    """When something can be claimed next: one moment of each lane, by the database's clock."""
    moments = []
    for one in lanes:
        outage = outages.get(one.lane.api_url)
        if is_away(outage) and outage is not None and outage.probe_at is not None:
            moments.append(_next_probe(session, one, outage))
        elif one.paused_until is None:
            moments.append(one.soonest)
        else:
            moments += _while_paused(session, one, one.paused_until)
    return moments


def _slowly_at_first(
    due: Mapping[Lane, int], busy: Mapping[Lane, int], outages: Mapping[str, Outage], now: datetime
) -> dict[Lane, int]:
    """The same, where services that have just returned get no more calls than they should."""
    room = {
        api_url: calls_after_return(outage, now)
        - sum(calls for lane, calls in busy.items() if lane.api_url == api_url)
        for api_url, outage in outages.items()
        if has_returned(outage)
    }
    left = dict(due)
    for lane, tasks in due.items():
        if lane.api_url in room:
            left[lane] = max(0, min(tasks, room[lane.api_url]))
            room[lane.api_url] -= left[lane]
    return left


def _nearest(session: Session, lanes: Mapping[Lane, int], order: Order) -> int | None:
    found = [task for tasks in first_of(session, lanes, order).values() for task in tasks]
    if order is Order.SOONEST:
        return min(found, key=lambda task: task.due_at).id if found else None
    return min(found, key=lambda task: task.expires_at).id if found else None


def _next_probe(session: Session, one: Waiting, outage: Outage) -> datetime:
    probe_at = outage.probe_at or one.now
    soon = one.now + timedelta(seconds=LAST_CHANCE_SECONDS)
    if probe_at <= soon or one.held_back is Order.OVER:
        return probe_at
    first = first_of(session, {one.lane: 1}, Order.OPEN).get(one.lane)
    if not first:
        return probe_at
    last_poll_at = _moment(first[0].expires_at - LAST_POLL_MARGIN_SECONDS)
    return min(probe_at, max(soon, last_poll_at))


def _while_paused(session: Session, one: Waiting, paused_until: datetime) -> list[datetime]:
    """Until its pause ends: what expires before, but not before its lease ends, or the poller would never sleep."""
    moments = [paused_until]
    if first := first_of(session, {one.lane: 1}, Order.OPEN).get(one.lane):
        moments.append(_moment(max(first[0].expires_at, first[0].due_at)))
    if over := first_of(session, {one.lane: 1}, Order.OVER_SOONEST).get(one.lane):
        moments.append(_moment(over[0].due_at))
    return moments


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
