"""When a result is to be expected, in words, from how long such tasks have taken. Pure."""

from datetime import datetime

from dashboard.models import Task
from dashboard.polling.history import Estimate

_MINUTE, _HOUR = 90, 5_400
"""Seconds from which on minutes and hours are said."""


def about(seconds: float) -> str:
    """A duration as one says it: ``less than 1 s``, ``3 s``, ``2 min``, ``4 h``."""
    if seconds < 0.95:  # noqa: PLR2004 - would be rounded to one
        return "less than 1 s"
    return f"{_number(seconds)} {_unit(seconds)}"


def usually(estimate: Estimate) -> str:
    """How long most take: ``2 to 5 s``; eight in ten are within."""
    quick, slow = estimate.quick, estimate.slow
    if about(quick) == about(slow):
        return f"about {about(slow)}" if slow >= 1 else about(slow)
    if quick < 0.95:  # noqa: PLR2004 - as above
        return f"up to {about(slow)}"
    unit = _unit(slow)
    first = str(_number(quick)) if _unit(quick) == unit else about(quick)
    return f"{first} to {about(slow)}"


def expectation(task: Task, estimate: Estimate | None, now: datetime) -> str:
    """What is to be expected of an open task; empty where nothing can be said.

    For example ``Usually done in 2 to 5 s, next look in 3 s.`` An age that nobody knows is compared with nothing.
    """
    look = _next_look(task, now)
    if estimate is None:
        return f"{look.capitalize()}." if look else ""
    said = f"Usually done in {usually(estimate)}" + (f", {look}." if look else ".")
    return f"{said} Slower than 99 % of its kind." if is_slow(task.submitted_at, estimate, now) else said


def is_slow(submitted_at: datetime | None, estimate: Estimate | None, now: datetime) -> bool:
    """Whether it takes longer than 99 in a hundred of its kind."""
    if estimate is None or estimate.slowest is None or submitted_at is None:
        return False
    return (now - submitted_at).total_seconds() > estimate.slowest


def _next_look(task: Task, now: datetime) -> str:
    if task.next_poll_at is None:
        return ""
    seconds = (task.next_poll_at - now).total_seconds()
    # Of a claimed one that is the end of its lease: it is being asked about.
    return f"next look in {about(seconds)}" if task.claim is None and seconds >= 1 else "looking now"


def _unit(seconds: float) -> str:
    return "s" if seconds < _MINUTE else "min" if seconds < _HOUR else "h"


def _number(seconds: float) -> int:
    size = {"s": 1, "min": 60, "h": 3600}[_unit(seconds)]
    return round(seconds / size)
