"""The token endpoint's rules, whoever mints."""

from datetime import UTC, datetime

from dashboard.wire import logins
from dashboard.wire.logins import LoginDesk

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RIGHT = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "right"}


def _mint(client_id: str, client_secret: str, _: datetime) -> str | None:
    return f"token of {client_id}" if client_secret == "right" else None


def test_a_token_is_given_to_who_is_known() -> None:
    """With its life in seconds and the word that goes before it."""
    answer = LoginDesk(_mint, token_seconds=60).answer(RIGHT, NOW)
    assert (answer.status, answer.body) == (
        200,
        {"access_token": "token of me", "expires_in": 60, "token_type": "Bearer"},
    )


def test_guessing_fills_no_memory() -> None:
    """The oldest pair is forgotten once there are too many."""
    desk = LoginDesk(_mint, token_seconds=60)
    for number in range(logins.MOST_PAIRS + 10):
        desk.answer(RIGHT | {"client_secret": str(number)}, NOW)
    assert len(desk._refusals) == logins.MOST_PAIRS
