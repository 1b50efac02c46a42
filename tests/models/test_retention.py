"""When the service deletes a result."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models.retention import at_risk_before, expiry_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("submitted_at", "expires_at"),
    [
        pytest.param(NOON - timedelta(hours=3), NOON + timedelta(hours=21), id="submission known"),
        pytest.param(None, NOON + timedelta(hours=24), id="at the latest, counted from the registration"),
        pytest.param(
            NOON - timedelta(hours=25), NOON - timedelta(hours=1), id="over before it was registered"
        ),
    ],
)
def test_a_day_after_submission(submitted_at: datetime | None, expires_at: datetime) -> None:
    """As the service counts; an unknown submission was not after the registration."""
    assert expiry_of(submitted_at, registered_at=NOON) == expires_at


@pytest.mark.parametrize(
    ("left", "at_risk"),
    [
        pytest.param(timedelta(hours=24), False, id="just sent"),
        pytest.param(timedelta(hours=2), False, id="two hours"),
        pytest.param(timedelta(hours=2) - timedelta(microseconds=1), True, id="under two hours"),
        pytest.param(timedelta(0), True, id="over now"),
        pytest.param(-timedelta(hours=3), True, id="over, and open all the same"),
    ],
)
def test_at_risk_is_under_two_hours(left: timedelta, at_risk: bool) -> None:  # noqa: FBT001 - a table column
    """What is over is at risk as long as it is open."""
    assert (NOON + left < at_risk_before(NOON)) is at_risk
