"""When a service counts as away, how it is asked meanwhile, and how it is taken back. Pure.

::

    answers ── OPENS_AFTER failures in a row ──► away: one probe at a time, 2 to 15 s apart
       ▲                                           │ any answer
       └──── RETURN_SECONDS ◄── returned: calls double each half second, what was put off is due
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.errors import BadAnswer, CloudError, NoAnswer, ServiceFault, UnreadableAnswer
from dashboard.models import Outage
from dashboard.polling.fair_shares import GUARANTEED

OPENS_AFTER = 5
"""Failures in a row, of any tasks, from which on nobody waits for an answer any more."""

PROBE_BASE_SECONDS = 2.0
PROBE_CEILING_SECONDS = 15.0
"""Between two probes: doubling, so that a short outage ends soon and a long one costs four calls a minute."""

LAST_CHANCE_SECONDS = 1.0
"""Between two probes where the time of a task is nearly over."""

STEP_SECONDS = 0.5
"""After its return a service gets twice as many calls at once with each step."""

RETURN_SECONDS = 90.0
"""How long a service counts as just returned: calls that hang from before the return have ended by then."""

_GATEWAY = frozenset({502, 503, 504})


def is_answer(error: CloudError, *, errors: int) -> bool | None:
    """What a call without a result says of its service: it answers, it may be away (False), or nothing.

    One task alone can be what a service stumbles over, each time it is asked: such trouble counts once a task.

    Args:
        error: what the call brought.
        errors: calls in a row for this task that failed before.
    """
    is_away = isinstance(error, NoAnswer) or (
        isinstance(error, ServiceFault) and error.http_status in _GATEWAY
    )
    if is_away or isinstance(error, ServiceFault | UnreadableAnswer):
        return False if is_away or errors == 0 else None
    return True if isinstance(error, BadAnswer) else None


def is_away(outage: Outage | None) -> bool:
    """Whether a service is asked by probes alone."""
    return outage is not None and outage.failures >= OPENS_AFTER


def has_returned(outage: Outage | None) -> bool:
    """Whether a service was away not long ago."""
    return outage is not None and outage.failures < OPENS_AFTER and outage.probe_at is not None


def probe_seconds(failures: int) -> float:
    """How long from the last probe, or from when it went away, to the next probe."""
    doublings = min(failures - OPENS_AFTER, 10)
    return min(PROBE_BASE_SECONDS * 2.0**doublings, PROBE_CEILING_SECONDS)


def may_probe(outage: Outage, now: datetime, *, last_chance: bool = False) -> bool:
    """Whether a service that is away may be asked now; sooner where that is a task's last chance."""
    if outage.probe_at is None or is_astray(outage.probe_at, now):
        return True
    return now >= outage.probe_at - (_early(outage) if last_chance else timedelta(0))


def _early(outage: Outage) -> timedelta:
    """How much sooner than the next probe a last chance is taken."""
    return timedelta(seconds=probe_seconds(outage.failures) - LAST_CHANCE_SECONDS)


def is_astray(moment: datetime, now: datetime) -> bool:
    """Whether a stored moment is further away than any rule puts it: the clock was set back since."""
    return moment - now > timedelta(seconds=2 * PROBE_CEILING_SECONDS)


def calls_after_return(outage: Outage, now: datetime) -> int:
    """How many calls a service that has just returned may have under way."""
    seconds = RETURN_SECONDS if is_astray(outage.since, now) else (now - outage.since).total_seconds()
    return int(GUARANTEED * 2 ** int(min(max(seconds / STEP_SECONDS, 0.0), 10.0)))


def is_settled(outage: Outage, now: datetime) -> bool:
    """Whether a service has been back for so long that nothing need be known of it any more."""
    return is_astray(outage.since, now) or now - outage.since >= timedelta(seconds=RETURN_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What calls of one service brought, all told at once.

    Attributes:
        answered: whether any of them was answered.
        failures: when each that was not began, and what it brought.
    """

    answered: bool
    failures: Sequence[tuple[datetime, str]]


def says_nothing_new(outage: Outage | None, heard: Heard) -> bool:
    """Whether the row of a service stays as it is: nothing is written while all is well."""
    if heard.answered:
        return outage is None or (has_returned(outage) and outage.failures == 0)
    return not heard.failures


def learned(outage: Outage | None, heard: Heard, now: datetime) -> Mapping[str, Any] | None:
    """The row of a service after calls were heard of, as its columns; None for no row.

    Of a service that has returned, only calls count that began afterwards: others hang from before.
    """
    if heard.answered:
        return _after_answer(outage, now)
    if outage is None:
        return _counted(None, heard.failures, now)
    if is_away(outage):
        return {**_columns(outage), "detail": heard.failures[-1][1]}
    if has_returned(outage):
        since = [one for one in heard.failures if one[0] >= outage.since]
        return _counted(outage, since, now) if since else _columns(outage)
    return _counted(outage, heard.failures, now)


def _after_answer(outage: Outage | None, now: datetime) -> Mapping[str, Any] | None:
    if outage is not None and is_away(outage):
        return {"failures": 0, "since": now, "probe_at": now, "detail": ""}
    if outage is not None and has_returned(outage):
        return {**_columns(outage), "failures": 0, "detail": ""}
    return None


def _counted(
    outage: Outage | None, failures: Sequence[tuple[datetime, str]], now: datetime
) -> Mapping[str, Any]:
    """The row of a service that is asked as usual, with more failures."""
    first, detail = failures[0][0], failures[-1][1]
    total = len(failures) + (outage.failures if outage else 0)
    returned = outage is not None and has_returned(outage)
    if total >= OPENS_AFTER:
        since = first if outage is None or returned else outage.since
        probe_at = now + timedelta(seconds=PROBE_BASE_SECONDS)
        return {"failures": OPENS_AFTER, "since": since, "probe_at": probe_at, "detail": detail}
    before = _columns(outage) or {"since": first, "probe_at": None}
    return {**before, "failures": total, "detail": detail}


def _columns(outage: Outage | None) -> dict[str, Any]:
    names = ("failures", "since", "probe_at", "detail")
    return {} if outage is None else {name: getattr(outage, name) for name in names}
