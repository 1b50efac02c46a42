"""``/connect/token``: access tokens of ours for keys of ours."""

from datetime import timedelta

import pytest
import requests

from dashboard.models import Role
from dashboard.services.team.drop_in_access import TOKEN_LIFE, DropInAccess
from tests.web.drop_in.conftest import House

FORM = {"grant_type": "client_credentials", "client_id": "11111111-2222-3333-4444-555555555555"}


@pytest.mark.parametrize("as_form", [True, False], ids=["urlencoded", "multipart"])
def test_a_key_is_a_client_secret(house: House, as_form: bool) -> None:  # noqa: FBT001 - a case
    """With any client ID, in either of the forms that official clients send."""
    fields = {**FORM, "client_secret": house.key}
    url = f"{house.url}/connect/token"
    if as_form:
        answer = requests.post(url, data=fields, timeout=10)
    else:
        answer = requests.post(url, files={name: (None, value) for name, value in fields.items()}, timeout=10)
    body = answer.json()
    assert (answer.status_code, body["expires_in"], body["token_type"]) == (200, 3600, "Bearer")
    assert answer.headers["Cache-Control"] == "no-store"
    assert house.key not in answer.text


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        pytest.param({"client_secret": "odk_wrong"}, "invalid_client", id="wrong"),
        pytest.param({"client_secret": ""}, "invalid_request", id="empty"),
        pytest.param(
            {"client_secret": "odk_x", "grant_type": "password"}, "unsupported_grant_type", id="grant"
        ),
        pytest.param({}, "invalid_request", id="none"),
    ],
)
def test_a_refused_login_says_why(house: House, fields: dict[str, str], error: str) -> None:
    """In the words of the service."""
    answer = requests.post(f"{house.url}/connect/token", data={**FORM, **fields}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_too_many_refusals_lock_the_pair(house: House) -> None:
    """As at the service: a script that goes on guessing is told to wait; another pair is not concerned."""
    fields = {**FORM, "client_id": "locked", "client_secret": "odk_guess"}
    url = f"{house.url}/connect/token"
    answers = [requests.post(url, data=fields, timeout=10) for _ in range(8)]
    assert [it.status_code for it in answers] == [400] * 6 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "600"
    assert requests.post(url, data={**fields, "client_secret": house.key}, timeout=10).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_logs_in(house: House, method: str) -> None:
    """Anything else is no login."""
    assert requests.request(method, f"{house.url}/connect/token", timeout=10).status_code == 405


def test_an_access_token_ends_after_an_hour_and_with_its_key(house: House) -> None:
    """It carries both; another deployment's key makes none that is taken here."""
    now = [house.app.clock()]
    given = {"database": house.app.database, "clock": lambda: now[0], "open_team": None}
    access = DropInAccess(signing_keys=[b"old", b"new"], **given)  # type: ignore[arg-type]  # as they are named
    key = house.team.members.make_key(label="Hourly", role=Role.EDITOR)
    answer = access.login({**FORM, "client_secret": key})
    token = str(answer.body["access_token"])
    assert access.caller(token) is not None
    assert DropInAccess(signing_keys=[b"new", b"newest"], **given).caller(token) is not None  # type: ignore[arg-type]
    assert DropInAccess(signing_keys=[b"other"], **given).caller(token) is None  # type: ignore[arg-type]
    now[0] += TOKEN_LIFE - timedelta(seconds=2)
    assert access.caller(token) is not None
    now[0] += timedelta(seconds=4)
    assert access.caller(token) is None
    now[0] -= timedelta(minutes=1)
    house.team.members.revoke_key(house.team.members.api_keys()[0].id or 0)
    assert access.caller(token) is None
    assert access.login({**FORM, "client_secret": key}).status == 400


@pytest.mark.parametrize("token", ["odt_", "odt_a.b", "odt_WzEsMV0.x", "odt_" + "A" * 5000, "ödt_"])
def test_what_is_no_token_of_ours_lets_nobody_in(house: House, token: str) -> None:
    """Whatever it looks like."""
    assert house.app.drop_in_access.caller(token) is None
