"""How long the service keeps what it has recognised (fact sheet 5), and when that is over."""

from datetime import datetime, timedelta

RETENTION = timedelta(hours=24)
"""Counted from the submission."""


def expiry_of(submitted_at: datetime | None, *, registered_at: datetime) -> datetime:
    """When the service deletes a result; of a task whose submission is unknown, the latest possible moment."""
    return (submitted_at or registered_at) + RETENTION
