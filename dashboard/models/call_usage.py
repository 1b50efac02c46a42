"""Days and months of the meter: the same for everybody, UTC."""

from datetime import UTC, datetime, timedelta


def day_of(moment: datetime) -> str:
    """The day calls at this aware time are counted under; UTC, for everybody the same."""
    return moment.astimezone(UTC).date().isoformat()


def next_day(moment: datetime) -> datetime:
    """When the next day begins, UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def next_month(moment: datetime) -> datetime:
    """When the next month begins, UTC."""
    return next_day(moment.astimezone(UTC).replace(day=1) + timedelta(days=31)).replace(day=1)
