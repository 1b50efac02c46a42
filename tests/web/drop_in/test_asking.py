"""What scripts ask about tasks: the service's answers, from what is stored."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dashboard.models import Role, State
from dashboard.sandbox.documents import png
from dashboard.web.drop_in import TASK_HEADER
from tests.chaos.waiting import wait_until
from tests.web.drop_in.conftest import BODY, OCR, House

PLAIN = {"Accept": "text/plain"}
WAIT = {"Prefer": "wait=30"}
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def sent(house: House, path: str = "RecognizeImage", name: str = "", **settings: object) -> str:
    """A task that was submitted through the address."""
    image = base64.b64encode(png(name)).decode() if name else BODY["image"]
    body = {"image": image, "settings": settings}
    answer = house.ask("POST", path, json=body, headers=PLAIN)
    assert answer.status_code == 200, answer.text
    return answer.text


def polls(house: House, task_id: str) -> int:
    """How often the service was asked about it."""
    return house.team.tasks.detail(task_id).task.polls


@pytest.mark.parametrize("accept", ["application/json", "text/plain", "*/*"])
@pytest.mark.parametrize("kind", ["Text", "TextAndPdfAndHocr", "JSON"])
def test_a_finished_task_is_answered_as_the_service_does(house: House, kind: str, accept: str) -> None:
    """Byte for byte, with every part; held back until there is one where that is wanted."""
    task_id = sent(house, resultType=kind)
    headers = {"Accept": accept, **WAIT}
    ours = house.ask("GET", "RecognizeImage", params={"id": task_id}, headers=headers)
    theirs = house.directly("GET", "RecognizeImage", params={"id": task_id}, headers={"Accept": accept})
    assert theirs.json()["taskStatus"] == "Completed"
    assert (ours.content, ours.headers["Content-Type"]) == (theirs.content, theirs.headers["Content-Type"])
    assert ours.headers["Preference-Applied"] == "wait=30"
    assert ours.headers[TASK_HEADER] == str(house.team.tasks.find(task_id))
    status = house.ask("GET", "utilities/gettaskstatus", params={"id": task_id})
    assert status.content == house.directly("GET", "Utilities/GetTaskStatus", params={"id": task_id}).content


def test_it_is_still_answered_when_the_service_has_forgotten(house: House) -> None:
    """From the store, for ever; the service is not asked."""
    task_id = sent(house, "RecognizeImageTrial")
    before = house.ask("GET", "RecognizeImageTrial", params={"id": task_id}, headers=WAIT)
    state = house.service.state
    state._tasks = {key: task for key, task in state._tasks.items() if key != task_id}
    asked = polls(house, task_id)
    again = house.ask("GET", "RecognizeImageTrial", params={"id": task_id})
    assert again.content == before.content
    assert polls(house, task_id) == asked


def test_an_open_task_is_answered_at_once(house: House) -> None:
    """With what the service said last, or with what it says of new ones; that costs no call."""
    house.service.state.faults.switch_on({"fault": "never_ready", "operation": "DewarpImage"})
    try:
        body = {"image": BODY["image"]}
        task_id = house.ask("POST", "DewarpImage", json=body, headers=PLAIN).text
        for _ in range(20):
            found = house.ask("GET", "DewarpImage", params={"id": task_id}).json()
            assert found["taskStatus"] in ("Pending", "Processing")
            assert found["responseStatusCode"] == "NotReady"
        assert polls(house, task_id) < 10
    finally:
        house.service.state.faults.clear()


def test_ten_scripts_that_wait_for_one_task_cost_what_one_does(house: House) -> None:
    """All of them have its text soon after it is there."""
    house.service.state.faults.switch_on({"fault": "slow", "operation": "RecognizeLabel", "times": 1})
    task_id = sent(house, "RecognizeLabel", name="ten wait")

    def wait(_: int) -> bytes:
        return house.ask("GET", "RecognizeLabel", params={"id": task_id}, headers=WAIT).content

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(wait, range(10)))
    assert len(answers) == 1
    assert json.loads(answers.pop())["taskStatus"] == "Completed"
    assert polls(house, task_id) <= 8


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("wait=0", None),
        ("respond-async", None),
        ("wait=soon", None),
        ("respond-async, WAIT=1", "wait=1"),
        ("wait=1", "wait=1"),
        ("wait=999999", "wait=30"),
    ],
)
def test_only_a_wait_that_is_one_is_waited(house: House, prefer: str, applied: str | None) -> None:
    """At most half a minute, whatever is asked for."""
    task_id = sent(house)
    house.ask("GET", "RecognizeImage", params={"id": task_id}, headers=WAIT)
    answer = house.ask("GET", "RecognizeImage", params={"id": task_id}, headers={"Prefer": prefer})
    assert answer.headers.get("Preference-Applied") == applied


def test_a_wait_ends_with_its_time(house: House) -> None:
    """With the status as it is then."""
    house.service.state.faults.switch_on({"fault": "never_ready", "operation": "DeskewImage"})
    try:
        task_id = house.ask("POST", "DeskewImage", json={"image": BODY["image"]}, headers=PLAIN).text
        began = time.monotonic()
        found = house.ask("GET", "DeskewImage", params={"id": task_id}, headers={"Prefer": "wait=1"})
        assert found.json()["results"] is None
        assert time.monotonic() - began >= 0.9
    finally:
        house.service.state.faults.clear()


def test_an_id_that_is_not_known_is_registered_and_asked_about(house: House) -> None:
    """As it is: a task of the service's that was sent from elsewhere, and one that there never was."""
    theirs = house.directly("POST", "RecognizeReceipt", json=BODY, headers=PLAIN).text
    first = house.ask("GET", "RecognizeReceipt", params={"id": theirs})
    assert first.json()["taskStatus"] in ("Pending", "Processing", "Completed")
    task = house.team.tasks.detail(theirs).task
    assert (task.operation, task.origin, task.expiry_exact) == ("RecognizeReceipt", "registered", False)
    assert house.ask("GET", "RecognizeReceipt", params={"id": theirs}, headers=WAIT).json()["results"]
    nothing = house.ask("GET", "RecognizePdf", params={"id": UNKNOWN})
    assert nothing.content == house.directly("GET", "RecognizePdf", params={"id": UNKNOWN}).content


@pytest.mark.parametrize(
    "task_id", ["x", "../../etc/passwd", "a b c d e f g h", "'; DROP TABLE task; --", "ä" * 20]
)
def test_what_can_be_no_id_is_not_known_and_not_kept(house: House, task_id: str) -> None:
    """The service says the same of it."""
    answer = house.ask("GET", "RecognizePdf", params={"id": task_id})
    assert (answer.status_code, answer.json()["taskStatus"], answer.json()["id"]) == (
        200,
        "NotExist",
        task_id,
    )
    assert TASK_HEADER not in answer.headers


@pytest.mark.parametrize("query", ["", "?id=", "?task=1"])
@pytest.mark.parametrize("path", ["RecognizeImage", "Utilities/GetTaskStatus"])
def test_without_an_id_there_is_nothing_to_answer(house: House, path: str, query: str) -> None:
    """In the service's words."""
    ours, theirs = (ask("GET", f"{path}{query}") for ask in (house.ask, house.directly))
    assert ours.status_code == theirs.status_code == 400
    assert ours.json()["errors"] == theirs.json()["errors"]


def test_an_id_is_asked_for_in_any_case(house: House) -> None:
    """As the service's own framework reads a query, and as a GUID is written."""
    task_id = sent(house)
    house.ask("GET", "RecognizeImage", params={"id": task_id}, headers=WAIT)
    answer = house.ask("GET", f"RECOGNIZEIMAGE?ID={task_id.upper()}")
    assert answer.json()["taskStatus"] == "Completed"
    prefix = requests.get(
        f"{house.url}/V5.0/OCR/RecognizeImage?id={task_id}", headers=house.headers["key"], timeout=9
    )
    assert prefix.json()["taskStatus"] == "Completed"


def test_each_task_is_at_the_endpoint_that_took_it(house: House) -> None:
    """Asked for elsewhere it is not known, as at the service; nothing of what is stored changes."""
    task_id = sent(house)
    house.ask("GET", "RecognizeImage", params={"id": task_id}, headers=WAIT)
    other = house.ask("GET", "RecognizeTable", params={"id": task_id})
    assert other.content == house.directly("GET", "RecognizeTable", params={"id": task_id}).content
    assert house.team.tasks.detail(task_id).task.operation == "RecognizeImage"


def test_a_task_that_was_registered_at_the_wrong_endpoint_is_found_at_the_right_one(house: House) -> None:
    """Whoever pasted the ID did not know better; the script does."""
    task_id = house.directly("POST", "RecognizeRegions", json=regions(), headers=PLAIN).text
    house.ask("GET", "RecognizeImage", params={"id": task_id})
    assert house.team.tasks.detail(task_id).task.seen_at is None
    found = house.ask("GET", "RecognizeRegions", params={"id": task_id}, headers=WAIT)
    assert found.json()["taskStatus"] == "Completed"
    assert house.team.tasks.detail(task_id).task.operation == "RecognizeRegions"


def regions() -> dict[str, object]:
    """A body for reading one rectangle."""
    rect = {"topLeftX": 0, "topLeftY": 0, "bottomRightX": 9, "bottomRightY": 9}
    return {"image": BODY["image"], "settings": {"regions": [{"rect": rect, "order": 0}]}}


def test_a_corrected_text_is_given_to_who_asks_for_it(house: House) -> None:
    """And to nobody else: a script gets what was recognised."""
    task_id = sent(house, name="to be corrected")
    as_it_was = house.ask("GET", "RecognizeImage", params={"id": task_id}, headers=WAIT).content
    ref = house.team.tasks.find(task_id)
    house.team.corrections.correct(ref, "Read by a person.", based_on=None)
    assert house.ask("GET", "RecognizeImage", params={"id": task_id}).content == as_it_was
    headers = {"X-OCR-Dashboard-Text": "Corrected"}
    found = house.ask("GET", "RecognizeImage", params={"id": task_id}, headers=headers).json()
    assert base64.b64decode(found["results"][0]["data"]) == b"Read by a person."


def test_a_task_is_cancelled_at_the_service_and_here(house: House) -> None:
    """One that has ended stays as it is, and one that nobody knows is the service's to say."""
    house.service.state.faults.switch_on({"fault": "never_ready", "operation": "UpscaleImage"})
    task_id = house.ask("POST", "UpscaleImage", json={"image": BODY["image"]}, headers=PLAIN).text
    house.service.state.faults.clear()
    gone = house.ask("DELETE", "UpscaleImage", params={"id": task_id})
    assert (gone.status_code, gone.content) == (200, b"")
    ended = State(house.team.tasks.detail(task_id).task.state)
    assert ended is State.CANCELLED or ended.has_result
    if ended is State.CANCELLED:
        asked = house.ask("GET", "UpscaleImage", params={"id": task_id})
        assert asked.content == house.directly("GET", "UpscaleImage", params={"id": task_id}).content
    done = sent(house)
    house.ask("GET", "RecognizeImage", params={"id": done}, headers=WAIT)
    assert house.ask("DELETE", "RecognizeImage", params={"id": done}).status_code == 200
    assert State(house.team.tasks.detail(done).task.state).has_result
    assert house.ask("DELETE", "RecognizeImage", params={"id": UNKNOWN}).status_code == 200


def test_a_viewer_may_look_and_not_more(house: House) -> None:
    """What is not known would have to be registered."""
    task_id = sent(house)
    assert house.ask("GET", "RecognizeImage", who="viewer", params={"id": task_id}).status_code == 200
    for method, path in (
        ("GET", "RecognizeImage"),
        ("DELETE", "RecognizeImage"),
        ("GET", "Utilities/GetTaskStatus"),
    ):
        answer = house.ask(method, path, who="viewer", params={"id": "never-seen-here-1"})
        assert (answer.status_code, "viewer" in answer.json()["detail"]) == (403, True)


def test_a_status_of_what_is_not_known_is_the_services(house: House) -> None:
    """Asked once, and not registered: it does not say which endpoint took it."""
    theirs = house.directly("POST", "RecognizeTable", json=BODY, headers=PLAIN).text
    answer = house.ask("GET", "Utilities/GetTaskStatus", params={"id": theirs})
    assert answer.json()["taskStatus"] in ("Pending", "Processing", "Completed")
    assert TASK_HEADER not in answer.headers


def test_a_key_that_is_revoked_in_mid_run_ends_it(house: House) -> None:
    """The next request, and a wait that is under way, are refused."""
    key = house.team.members.make_key(label="Short", role=Role.EDITOR)
    headers = {"Authorization": f"Bearer {key}"}
    house.service.state.faults.switch_on({"fault": "never_ready", "operation": "BinarizeImage"})
    try:
        url = f"{house.url}{OCR}/BinarizeImage"
        task_id = requests.post(
            url, json={"image": BODY["image"]}, headers={**headers, **PLAIN}, timeout=10
        ).text
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                requests.get, url, params={"id": task_id}, headers={**headers, "Prefer": "wait=2"}, timeout=10
            )
            wait_until(lambda: bool(house.app.teams.endings._awaited), "it waits")
            house.team.members.revoke_key(house.team.members.api_keys()[0].id or 0)
            assert waiting.result().status_code == 403
        assert requests.get(url, params={"id": task_id}, headers=headers, timeout=10).status_code == 401
    finally:
        house.service.state.faults.clear()


def test_where_it_is_switched_off_only_that_is_said(house: House) -> None:
    """To who has a key; nobody else learns of it."""
    house.team.drop_in.switch(on=False)
    try:
        for method in ("POST", "GET", "DELETE"):
            answer = house.ask(method, "RecognizeImage", json=BODY, params={"id": UNKNOWN})
            assert (answer.status_code, "switched off" in answer.json()["detail"]) == (403, True)
        assert house.ask("GET", "RecognizeImage", who="none").status_code == 401
    finally:
        house.team.drop_in.switch(on=True)
