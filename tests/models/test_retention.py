"""When the service deletes a result."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models.retention import expiry_of

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
