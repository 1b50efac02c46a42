"""What a script submits: the service's own answer, and everything about it on the board."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from dashboard.errors import StoreUnavailable
from dashboard.models import Action, CallKind
from dashboard.polling.counted_calls import CountedCalls
from dashboard.sandbox.documents import png
from dashboard.services.credentials.credentials import Rules
from dashboard.services.drop_in import forwarding
from dashboard.store.board_filter import BoardFilter
from dashboard.store.outbox import DatabaseOutbox
from dashboard.web.drop_in import KEPT_HEADER
from tests.chaos.waiting import wait_until
from tests.web.drop_in.conftest import BODY, IMAGE, OCR, House

PLAIN = {"Accept": "text/plain"}


@pytest.fixture
def faults(house: House) -> Iterator[House]:
    """The house, whose service has no faults again afterwards."""
    yield house
    house.service.state.faults.clear()
    for view in house.team.credentials.all():
        house.team.credentials.set_rules(view.id, Rules())


def batches_of(house: House) -> dict[str, int]:
    """How many submissions each batch has, by name."""
    return {view.name: view.progress.total for view in house.team.batches.newest(50)}


@pytest.mark.parametrize("accept", ["text/plain", "application/json", "*/*", None])
def test_the_answer_is_the_services_own(house: House, accept: str | None) -> None:
    """Label and form of the task ID are what the service makes of the same request."""
    headers = {"Accept": accept} if accept else {}
    ours = house.ask("POST", "RecognizeImage", json=BODY, headers=headers)
    theirs = house.directly("POST", "RecognizeImage", json=BODY, headers=headers)
    assert (ours.status_code, ours.headers["Content-Type"]) == (200, theirs.headers["Content-Type"])
    assert len(ours.content) == len(theirs.content)
    assert KEPT_HEADER not in ours.headers
    assert house.team.tasks.find(ours.text.strip('"'))


def test_the_task_is_on_the_board_with_all_that_is_known(house: House) -> None:
    """Its exact time, its settings, its image, who sent it and with which token."""
    headers = {"X-OCR-Dashboard-Label": "Rechnung Ä 7".encode(), "X-OCR-Dashboard-Token": "Accounting"}
    body = {"image": base64.b64encode(png("sent")).decode(), "settings": {"language": "German", "Rotate": 90}}
    task_id = house.ask("POST", "recognizereceipt", json=body, headers={**PLAIN, **headers}).text
    detail = house.team.tasks.detail(task_id)
    task = detail.task
    assert (task.label, task.operation, task.trial, task.origin) == (
        "Rechnung Ä 7",
        "RecognizeReceipt",
        False,
        "submitted",
    )
    assert task.expiry_exact
    assert house.team.sources.image(task.id or 0).data == png("sent")
    submission = house.team.batches.of_task(task.id or 0)
    assert submission is not None
    assert (submission.settings["language"], submission.settings["rotate"]) == ("German", 90)
    entry = house.team.members.audit_log(action=Action.IMAGES_SENT, limit=1)[0]
    assert (entry.actor, entry.subject, entry.detail["drop-in"]) == ("Scanner room", "Rechnung Ä 7", True)
    assert any(name.startswith("Scanner room, 20") for name in batches_of(house))


@pytest.mark.parametrize(
    ("query", "headers", "label"),
    [
        pytest.param("?label=May%20%C3%A4", {"X-OCR-Dashboard-Label": "other"}, "May ä", id="query first"),
        pytest.param("", {}, None, id="the checksum"),
        pytest.param("?label=", {}, None, id="an empty one"),
    ],
)
def test_the_label_is_what_the_script_says_else_the_checksum(
    house: House, query: str, headers: dict[str, str], label: str | None
) -> None:
    """A file that is known already has its name."""
    body = {"image": base64.b64encode(png(query + str(headers))).decode(), "settings": {}}
    task_id = house.ask("POST", f"RecognizeImage{query}", json=body, headers={**PLAIN, **headers}).text
    found = house.team.tasks.detail(task_id).task.label
    assert found == label or (label is None and len(found) == 12 and int(found, 16))
    again = house.ask("POST", "RecognizeImage", json=body, headers=PLAIN).text
    assert (house.team.tasks.detail(again).task.label).startswith(found)
    assert len(house.team.runs.of(house.team.tasks.find(again))) == 2


def test_nothing_is_kept_of_images_where_the_team_does_not_want_it(house: House) -> None:
    """The task is there all the same."""
    house.team.team_settings.keep_sources(keeps=False, days=None)
    try:
        body = {"image": base64.b64encode(png("not kept")).decode(), "settings": {}}
        task_id = house.ask("POST", "RecognizeImage", json=body, headers=PLAIN).text
        assert house.team.tasks.detail(task_id).source is None
    finally:
        house.team.team_settings.keep_sources(keeps=True, days=None)


@pytest.mark.parametrize(
    ("path", "given", "status", "words"),
    [
        pytest.param("RecognizeNothing", {"json": BODY}, 404, "no such operation", id="unknown operation"),
        pytest.param("Utilities/GetTaskStatus", {"json": BODY}, 405, "", id="a status is not submitted"),
        pytest.param("RecognizeImage", {"json": {"image": IMAGE}}, 400, "settings", id="no settings"),
        pytest.param(
            "RecognizeImage", {"json": {"settings": {}}}, 400, "image field is required", id="no image"
        ),
        pytest.param(
            "RecognizeImage", {"json": {"image": "§§", "settings": {}}}, 400, "not Base64", id="no Base64"
        ),
        pytest.param("RecognizeImage", {"json": [BODY]}, 400, "not a JSON object", id="a list"),
        pytest.param(
            "RecognizeImage",
            {"data": b"{", "headers": {"Content-Type": "application/json"}},
            400,
            "not valid JSON",
            id="no JSON",
        ),
        pytest.param("RecognizeImage", {"data": b"x"}, 415, "", id="no media type"),
        pytest.param(
            "RecognizeImage",
            {"json": {**BODY, "settings": {"language": "Klingon"}}},
            400,
            "language",
            id="what only the service knows",
        ),
        pytest.param(
            "RecognizeImage",
            {"json": BODY, "headers": {"X-OCR-Dashboard-Token": "Nobody's"}},
            400,
            "no token with this label",
            id="a token that is not there",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_as_the_service_does(
    house: House, path: str, given: dict[str, Any], status: int, words: str
) -> None:
    """A ProblemDetails object; nothing is left of it but what the service itself has refused."""
    before = house.team.board.look(BoardFilter()).total
    answer = house.ask("POST", path, **given)
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert answer.json()["status"] == status
    assert house.team.board.look(BoardFilter()).total == before


def test_what_is_too_large_is_refused_before_it_is_read(house: House) -> None:
    """By its announced length, and as it comes where none is announced."""
    announced = {"Content-Length": str(10**9), "Content-Type": "application/json"}
    session = requests.Session()
    request = requests.Request("POST", f"{house.url}{OCR}/RecognizeImage", headers={**house.headers["key"]})
    prepared = session.prepare_request(request)
    prepared.headers.update(announced)
    prepared.body = b"{"
    answer = session.send(prepared, timeout=10)
    assert (answer.status_code, "100 MB" in answer.json()["detail"]) == (413, True)
    session.close()


def test_a_gateways_word_on_a_large_body_goes_through(house: House) -> None:
    """Forty megabytes are more than the sandbox takes, and fewer than we do."""
    body = {"image": "A" * 40_000_000, "settings": {}}
    answer = house.ask("POST", "RecognizeImage", json=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "text/html; charset=utf-8")


def meter(house: House) -> int:
    """Submissions counted on the token."""
    view = next(it for it in house.team.credentials.all() if it.label == "Accounting")
    return view.meter.by_kind.get(CallKind.SUBMIT, 0)


def test_a_budget_that_is_used_up_says_when_it_begins_anew(faults: House) -> None:
    """Nothing is called, nothing counted, and nothing left behind."""
    house = faults
    view = next(it for it in house.team.credentials.all() if it.label == "Accounting")
    before, batches = meter(house), batches_of(house)
    house.team.credentials.set_rules(view.id, Rules(daily_budget=1))
    answer = house.ask("POST", "RecognizeImage", json=BODY)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400
    assert "budget" in answer.json()["detail"]
    assert (meter(house), batches_of(house)) == (before, batches)


@pytest.mark.parametrize(
    ("fault", "status", "words", "is_perhaps"),
    [
        pytest.param("unavailable", 503, "can be sent again", False, id="503"),
        pytest.param("throttled", 429, "can be sent again", False, id="429"),
        pytest.param("unauthorized", 503, "on Tokens", False, id="a dead token"),
        pytest.param("server_error", 502, "may have arrived", True, id="500"),
        pytest.param("bad_gateway", 502, "may have arrived", True, id="502"),
        pytest.param("page_with_200", 502, "may have arrived", True, id="a page in place of an ID"),
        pytest.param("empty", 502, "may have arrived", True, id="nothing in place of an ID"),
        pytest.param("answer_lost", 504, "may have arrived", True, id="taken and cut off"),
        pytest.param("reset", 504, "may have arrived", True, id="cut off"),
    ],
)
def test_trouble_of_the_service_says_what_to_do(
    faults: House, fault: str, status: int, words: str, *, is_perhaps: bool
) -> None:
    """What was not taken leaves nothing behind; what may have been is perhaps sent, and a person decides."""
    house = faults
    house.team.credentials.add(label=fault, client_id=fault, client_secret="made-up-secret")
    perhaps = sum(view.progress.perhaps for view in house.team.batches.newest(50))
    before = batches_of(house)
    house.service.state.faults.switch_on({"fault": fault, "operation": "IdentifyFont"})
    answer = house.ask("POST", "IdentifyFont", json=BODY, headers={"X-OCR-Dashboard-Token": fault})
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert ("Retry-After" in answer.headers) == (status == 429 or fault == "unavailable")
    found = sum(view.progress.perhaps for view in house.team.batches.newest(50))
    assert found == perhaps + is_perhaps
    if not is_perhaps:
        assert batches_of(house) == before
    if fault == "unauthorized":  # everybody learns of it
        again = house.ask("POST", "IdentifyFont", json=BODY, headers={"X-OCR-Dashboard-Token": fault})
        assert (again.status_code, "rests" in again.json()["detail"]) == (503, True)


def test_a_service_that_nobody_can_reach_has_taken_nothing(house: House) -> None:
    """No connection was made, so it can be sent again."""
    nowhere = "http://127.0.0.1:9"
    house.team.credentials.add(label="Nowhere", access_token="a-token-that-is-long-enough", api_url=nowhere)
    before = batches_of(house)
    answer = house.ask("POST", "RecognizeImage", json=BODY, headers={"X-OCR-Dashboard-Token": "Nowhere"})
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert batches_of(house) == before


def test_a_renewed_token_makes_no_second_task(faults: House) -> None:
    """The service rejects one that it minted; the request is sent once more, and counted."""
    house = faults
    house.team.credentials.add(label="Renewed", client_id="renewed", client_secret="made-up-secret")
    headers = {**PLAIN, "X-OCR-Dashboard-Token": "Renewed"}
    house.service.state.faults.switch_on({"fault": "unauthorized", "operation": "RecognizeTable", "times": 1})
    answer = house.ask("POST", "RecognizeTable", json=BODY, headers=headers)
    assert answer.status_code == 200
    view = next(it for it in house.team.credentials.all() if it.label == "Renewed")
    assert view.meter.by_kind[CallKind.SUBMIT] == 2


def test_a_task_id_is_not_lost_while_the_database_refuses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script has it, is told that it is not kept yet, and it is kept as soon as that is possible."""
    refuses = threading.Event()
    refuses.set()
    sent = DatabaseOutbox.sent

    def refusing(*given: object, **more: object) -> None:
        if refuses.is_set():
            raise StoreUnavailable("The database is locked.")
        sent(*given, **more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(DatabaseOutbox, "sent", refusing)
    monkeypatch.setattr(forwarding, "KEPT_WITHIN", 0.0)
    answer = house.ask("POST", "RecognizeImage", json=BODY, headers=PLAIN)
    assert (answer.status_code, answer.headers[KEPT_HEADER][:3]) == (200, "no;")
    refuses.clear()
    wait_until(lambda: on_board(house, answer.text), "the task is kept")


@pytest.mark.parametrize(
    ("error", "status", "perhaps"),
    [
        pytest.param(StoreUnavailable("The database is locked."), 503, 0, id="before anything was sent"),
        pytest.param(RuntimeError("a bug"), 500, 1, id="our own bug: it may have arrived"),
    ],
)
def test_what_goes_wrong_here_leaves_nothing_that_is_being_sent(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, perhaps: int
) -> None:
    """The script is told; nobody believes for minutes that it is under way."""

    def failing(*_: object, **__: object) -> None:
        raise error

    before = sum(view.progress.perhaps for view in house.team.batches.newest(50))
    monkeypatch.setattr(CountedCalls, "make", failing)
    answer = house.ask("POST", "RecognizeImage", json=BODY, headers=PLAIN)
    assert (answer.status_code, "bug" in answer.text) == (status, False)
    batches = house.team.batches.newest(50)
    assert sum(view.progress.perhaps for view in batches) == before + perhaps
    assert sum(view.progress.waiting for view in batches) == 0


def on_board(house: House, task_id: str) -> bool:
    """Whether the team has a task."""
    return bool(house.team.board.look(BoardFilter(query=task_id)).total)


def test_many_scripts_at_once_each_get_their_own_task(house: House) -> None:
    """One task for each request, in one batch of the day."""
    before = sum(batches_of(house).values())

    def send(number: int) -> str:
        body = {"image": base64.b64encode(png(f"many {number}")).decode(), "settings": {}}
        return house.ask("POST", "RecognizeImage", json=body, headers=PLAIN).text

    with ThreadPoolExecutor(24) as pool:
        ids = set(pool.map(send, range(60)))
    assert len(ids) == 60
    assert sum(batches_of(house).values()) == before + 60
    assert all(on_board(house, task_id) for task_id in ids)
    batch = next(it for it in house.team.batches.newest(50) if it.name.startswith("Scanner room"))
    places = [item.submission.position for item in house.team.batches.items(batch.id)]
    assert places == sorted(places)
