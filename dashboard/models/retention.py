"""How long the service keeps what it has recognised (fact sheet 5), and when that is over."""

from datetime import datetime, timedelta

RETENTION = timedelta(hours=24)
"""Counted from the submission."""


def expiry_of(submitted_at: datetime | None, *, registered_at: datetime) -> datetime:
    """When the service deletes a result; of a task whose submission is unknown, the latest possible moment."""
    return (submitted_at or registered_at) + RETENTION


AT_RISK_LEFT = timedelta(hours=2)
"""An open task with less time than this is at risk: its result may be gone before anybody has it."""


def at_risk_before(now: datetime) -> datetime:
    """Open tasks that expire before this moment are at risk at ``now``; those whose time is over are, too."""
    return now + AT_RISK_LEFT
