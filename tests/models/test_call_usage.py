"""When days and months begin, for everybody the same: in UTC."""

from datetime import datetime, timedelta, timezone

import pytest

from dashboard.models.call_usage import day_of, next_day, next_month


@pytest.mark.parametrize(
    ("now", "day", "tomorrow", "month"),
    [
        ("2026-05-01T00:00:00+00:00", "2026-05-01", "2026-05-02", "2026-06-01"),
        ("2026-05-30T12:00:00+00:00", "2026-05-30", "2026-05-31", "2026-06-01"),
        ("2026-05-31T23:59:59.999999+00:00", "2026-05-31", "2026-06-01", "2026-06-01"),
        ("2026-01-29T12:00:00+00:00", "2026-01-29", "2026-01-30", "2026-02-01"),
        ("2026-01-31T12:00:00+00:00", "2026-01-31", "2026-02-01", "2026-02-01"),
        ("2026-02-28T12:00:00+00:00", "2026-02-28", "2026-03-01", "2026-03-01"),
        ("2028-02-28T12:00:00+00:00", "2028-02-28", "2028-02-29", "2028-03-01"),
        ("2028-02-29T12:00:00+00:00", "2028-02-29", "2028-03-01", "2028-03-01"),
        ("2026-12-01T00:00:00+00:00", "2026-12-01", "2026-12-02", "2027-01-01"),
        ("2026-12-31T23:59:59+00:00", "2026-12-31", "2027-01-01", "2027-01-01"),
        ("2026-06-01T01:30:00+02:00", "2026-05-31", "2026-06-01", "2026-06-01"),
        ("2026-05-31T22:00:00-05:00", "2026-06-01", "2026-06-02", "2026-07-01"),
        ("2027-01-01T08:00:00+14:00", "2026-12-31", "2027-01-01", "2027-01-01"),
    ],
)
def test_days_and_months(now: str, day: str, tomorrow: str, month: str) -> None:
    """Whatever zone a moment is told in."""
    moment = datetime.fromisoformat(now)
    assert day_of(moment) == day
    assert next_day(moment).isoformat() == f"{tomorrow}T00:00:00+00:00"
    assert next_month(moment).isoformat() == f"{month}T00:00:00+00:00"


def test_every_day_of_many_years_belongs_to_one_month() -> None:
    """The next day begins within a day, the next month on a first, and counting sorts like time."""
    moment = datetime(2023, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=0)))
    for _ in range(366 * 5):
        later = moment + timedelta(days=1)
        assert timedelta(0) < next_day(moment) - moment <= timedelta(days=1)
        assert day_of(next_day(moment) - timedelta(microseconds=1)) == day_of(moment)
        assert day_of(moment) < day_of(later)
        begins = next_month(moment)
        assert begins.day == 1
        assert day_of(begins - timedelta(microseconds=1))[:7] == day_of(moment)[:7]
        moment = later
