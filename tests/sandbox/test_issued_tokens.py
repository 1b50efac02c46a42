"""The token endpoint and its tokens."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.sandbox.issued_tokens import is_valid, sign, token_desk

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RIGHT = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "right"}
WRONG = RIGHT | {"client_secret": "wrong"}


def _claims(token: str) -> dict[str, object]:
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def test_a_minted_token_says_when_it_ends_and_whose_it_is() -> None:
    """The claims that a dashboard may read are there, and the token ends when it says."""
    answer = token_desk(token_seconds=60).answer(RIGHT, NOW)
    assert (answer.status, answer.body["expires_in"], answer.body["token_type"]) == (200, 60, "Bearer")
    token = answer.body["access_token"]
    claims = _claims(token)
    assert claims["exp"] == NOW.timestamp() + 60
    assert (claims["nbf"], claims["client_id"]) == (NOW.timestamp(), "me")
    assert is_valid(token, NOW + timedelta(seconds=59))
    assert not is_valid(token, NOW + timedelta(seconds=60))


def test_the_demo_token_never_ends() -> None:
    """It has no exp and is accepted at any time."""
    assert "exp" not in _claims(DEMO_ACCESS_TOKEN)
    assert is_valid(DEMO_ACCESS_TOKEN, NOW + timedelta(days=3650))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("garbage", id="no dots"),
        pytest.param("a.b.c", id="not signed by us"),
        pytest.param(f"{DEMO_ACCESS_TOKEN}x", id="signature changed"),
        pytest.param(DEMO_ACCESS_TOKEN.replace(".", "A.", 1), id="head changed"),
        pytest.param("ä.ö.ü", id="not ASCII"),
        pytest.param(sign({"exp": NOW.timestamp() - 1}), id="expired"),
    ],
)
def test_other_tokens_are_not_accepted(token: str) -> None:
    """Only an unexpired token that a sandbox signed opens the regular endpoints."""
    assert not is_valid(token, NOW)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param(WRONG, "invalid_client", id="wrong secret"),
        pytest.param(RIGHT | {"grant_type": "password"}, "unsupported_grant_type", id="other grant"),
        pytest.param({"client_id": "me", "client_secret": "right"}, "invalid_request", id="no grant"),
        pytest.param(RIGHT | {"client_id": ""}, "invalid_request", id="no id"),
    ],
)
def test_a_refused_login_says_why(form: dict[str, str], error: str) -> None:
    """Refusals are 400 with an OAuth error word."""
    answer = token_desk().answer(form, NOW)
    assert (answer.status, answer.body) == (400, {"error": error})


def test_the_sixth_refusal_locks_the_pair_for_ten_minutes() -> None:
    """After more than five refusals come 429s, until ten minutes are over; other pairs are not concerned."""
    desk = token_desk()
    assert [desk.answer(WRONG, NOW).status for _ in range(8)] == [400] * 6 + [429, 429]
    assert desk.answer(WRONG, NOW).headers == {"Retry-After": "600"}
    assert desk.answer(WRONG | {"client_id": "you"}, NOW).status == 400
    assert desk.answer(RIGHT, NOW).status == 200
    assert desk.answer(WRONG, NOW + timedelta(minutes=10)).status == 400
