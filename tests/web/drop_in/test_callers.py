"""Every operation for everybody: who may submit and ask, and what the others are told."""

import pytest
import requests

from dashboard.store.board_filter import BoardFilter
from dashboard.wire.endpoints import ENDPOINTS, Endpoint
from tests.web.drop_in.conftest import BODY, OCR, House

SPEECH = {"text": "Hello.", "settings": {"language": "English", "resultType": "Wav"}}
MAY_SUBMIT = {"key", "token of ours", "other team"}
MAY_LOOK = MAY_SUBMIT | {"viewer", "token of viewer"}
CALLERS = [
    "key",
    "token of ours",
    "none",
    "wrong",
    "wrong token",
    "revoked",
    "token of revoked",
    "vendor token",
    "viewer",
    "token of viewer",
    "other team",
]


def body_for(endpoint: Endpoint) -> dict[str, object]:
    """What the endpoint takes."""
    name = endpoint.operation.value
    if "Speech" in name:
        return dict(SPEECH)
    if name in ("BinarizeImage", "DeskewImage", "DewarpImage", "UpscaleImage"):
        return {"image": BODY["image"]}
    return dict(BODY)


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda it: it.path)
def test_who_may_submit_and_look(house: House, endpoint: Endpoint, who: str) -> None:
    """Also in evaluation mode, for which the service wants no token: here somebody's team has to have it."""
    sent = house.ask(
        "POST", endpoint.path, who=who, json=body_for(endpoint), headers={"Accept": "text/plain"}
    )
    expected = 200 if who in MAY_SUBMIT else 403 if who in MAY_LOOK else 401
    assert sent.status_code == expected, sent.text
    task_id = sent.text if expected == 200 else submitted(house, endpoint)
    looked = house.ask("GET", endpoint.path, who=who, params={"id": task_id})
    assert looked.status_code == (200 if who in MAY_LOOK else 401), looked.text
    if looked.status_code != 200:
        assert looked.headers["Content-Type"].startswith("text/plain")
        assert looked.json()["status"] == 401
        assert task_id not in looked.text


SUBMITTED: dict[str, str] = {}


def submitted(house: House, endpoint: Endpoint) -> str:
    """A task of the first team at this endpoint."""
    if endpoint.path not in SUBMITTED:
        answer = house.ask("POST", endpoint.path, json=body_for(endpoint))
        SUBMITTED[endpoint.path] = answer.text
    return SUBMITTED[endpoint.path]


def test_a_token_for_one_team_opens_nothing_of_another(house: House) -> None:
    """What is asked for elsewhere is another team's own question to the service, with its own token."""
    mine = house.ask("POST", "RecognizeImage", json=BODY).text
    before = house.app.team.board.look(BoardFilter()).total
    theirs = house.ask("GET", "RecognizeImage", who="other team", params={"id": mine})
    assert theirs.headers["X-OCR-Dashboard-Task"] != str(_ref(house, mine))
    assert house.app.team.board.look(BoardFilter()).total == before
    cancelled = house.ask("DELETE", "RecognizeImage", who="other team", params={"id": "no-task-of-ours"})
    assert cancelled.status_code == 200


def test_the_address_lets_tools_in_that_can_send_no_header(house: House) -> None:
    """It submits and fetches, also with an ID and a secret that a tool insists on; it cancels nothing."""
    base = f"{house.url}/in/{house.address}"
    sent = requests.post(f"{base}{OCR}/RecognizeImageTrial", json=BODY, timeout=10)
    assert sent.status_code == 200, sent.text
    query = f"?id={sent.text}"
    looked = requests.get(f"{base}{OCR}/RecognizeImageTrial{query}", timeout=10)
    assert looked.json()["id"] == sent.text
    assert requests.delete(f"{base}{OCR}/RecognizeImageTrial{query}", timeout=10).status_code == 403
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    token = requests.post(f"{base}/connect/token", data=form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{house.url}{OCR}/RecognizeImageTrial{query}"
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    assert requests.delete(url, headers=headers, timeout=10).status_code == 403


@pytest.mark.parametrize("path", ["", "/", "/v5.0/ocr/RecognizeImage", "/api/v1/tasks", "/connect/token"])
@pytest.mark.parametrize("secret", ["oda_wrong", "odk_wrong", "x"])
def test_a_wrong_address_leads_nowhere(house: House, secret: str, path: str) -> None:
    """And shows no page."""
    answer = requests.post(f"{house.url}/in/{secret}{path}", data={}, timeout=10)
    assert answer.status_code in (400, 401)
    assert "html" not in answer.text


def test_an_address_is_no_key_and_a_key_no_address(house: House) -> None:
    """Whoever finds one of the two in a log can use it in its own place only."""
    url = f"{house.url}{OCR}/RecognizeImage?id=a-task"
    assert (
        requests.get(url, headers={"Authorization": f"Bearer {house.address}"}, timeout=10).status_code == 401
    )
    found = requests.get(f"{house.url}/in/{house.key}{OCR}/RecognizeImage?id=a-task", timeout=10)
    assert found.status_code == 401
    api = requests.get(
        f"{house.url}/api/v1/tasks", headers={"Authorization": f"Bearer {house.address}"}, timeout=10
    )
    assert api.status_code == 401


def test_a_token_of_ours_opens_nothing_but_this_address(house: House) -> None:
    """The API takes keys."""
    answer = requests.get(f"{house.url}/api/v1/tasks", headers=house.headers["token of ours"], timeout=10)
    assert answer.status_code == 401


def _ref(house: House, task_id: str) -> int:
    return house.team.tasks.find(task_id)
