"""A token's row: whether calls may be made with it, what goes into a claim, what stays out of sight."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.models import FOREVER, Credential, CredentialKind, ParkReason, identity_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


def credential(**given: Any) -> Credential:  # noqa: ANN401 - columns of the table
    """A row that is not stored."""
    values: dict[str, Any] = {
        "id": 7,
        "team_id": 1,
        "label": "Archive",
        "api_url": "https://ocr.example",
        "secret": "planted-ciphertext",
        "fingerprint": "planted-fingerprint",
        "hint": "abcd",
        "created_at": NOW,
    }
    return Credential(**{**values, **given})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, None),
        ({"paused_until": SOON, "pause_reason": "rate_limited"}, ParkReason.RATE_LIMITED),
        ({"paused_until": NOW, "pause_reason": "rate_limited"}, None),
        ({"paused_until": FOREVER, "pause_reason": "token_rejected"}, ParkReason.TOKEN_REJECTED),
        ({"paused_until": BEFORE, "pause_reason": "token_rejected"}, None),
        ({"expires_at": SOON}, None),
        ({"expires_at": NOW}, ParkReason.TOKEN_EXPIRED),
        ({"expires_at": BEFORE, "last_success_at": BEFORE}, ParkReason.TOKEN_EXPIRED),
        ({"expires_at": BEFORE, "last_success_at": NOW}, None),
        (
            {"expires_at": BEFORE, "paused_until": SOON, "pause_reason": "plan_refused"},
            ParkReason.PLAN_REFUSED,
        ),
    ],
    ids=[
        "new",
        "paused",
        "pause over just now",
        "until a person acts",
        "pause over",
        "ends soon",
        "over just now",
        "over, never worked since",
        "over, yet it works",
        "over and paused",
    ],
)
def test_why_no_call_may_be_made(given: dict[str, object], reason: ParkReason | None) -> None:
    """A pause first, then its own end, until the service says otherwise."""
    assert credential(**given).paused_for(NOW) is reason


def test_what_a_claim_gets() -> None:
    """All a call needs, with secrets still encrypted and in no representation."""
    row = credential(
        kind="client_credentials",
        client_id="id",
        minted="planted-minted",
        minted_until=SOON,
        status_first=True,
        paused_until=SOON,
        pause_reason="unreachable",
        pause_detail="Silence.",
        login_failures=2,
    )
    token = row.call_credential()
    assert (token.credential_id, token.kind) == (7, CredentialKind.CLIENT_CREDENTIALS)
    assert (token.secret, token.minted, token.minted_until) == ("planted-ciphertext", "planted-minted", SOON)
    assert (token.status_first, token.over_budget, token.login_failures) == (True, False, 2)
    assert (token.pause_reason, token.paused_until) == (ParkReason.UNREACHABLE, SOON)
    assert "planted" not in f"{token!r} {row!r}"


def test_what_makes_two_the_same() -> None:
    """The token, or the client ID with its secret: neither alone, and no mixture of both kinds."""
    pairs = {identity_of("secret", "id"), identity_of("secret", "di"), identity_of("terces", "id")}
    assert len(pairs | {identity_of("secret", None)}) == 4
