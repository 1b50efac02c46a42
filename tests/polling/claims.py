"""Claims for tests of what is done with them, without a database."""

from datetime import UTC, datetime

from dashboard.models import Claim, Operation, State, TaskAddress

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SERVICE = "https://ocr.example"


def claims(*ids: int) -> list[Claim]:
    """Claims of these tasks."""
    return [
        Claim(
            id=it,
            team_id=1,
            fence="f",
            address=TaskAddress(
                api_url=SERVICE, operation=Operation.RECOGNIZE_IMAGE, trial=True, task_id=str(it)
            ),
            credential_id=None,
            credential=None,
            state=State.PENDING,
            claimed_at=NOW,
            registered_at=NOW,
            submitted_at=None,
            expires_at=NOW,
            expiry_exact=False,
            polls=1,
            doubts=0,
            errors=0,
            seen_at=None,
            parked=None,
            parked_since=None,
        )
        for it in ids
    ]
