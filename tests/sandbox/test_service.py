"""The wire format, over real HTTP."""

import base64
from collections.abc import Callable

import pytest
import requests

from dashboard.sandbox import SandboxServer
from dashboard.sandbox.samples import latin
from dashboard.wire.endpoints import BODY_LIMIT, ENDPOINTS

Submit = Callable[..., str]
Advance = Callable[[float], None]
NOBODY = "00000000-0000-0000-0000-000000000000"
IMAGE = base64.b64encode(latin().image).decode()


@pytest.fixture
def ocr(sandbox: SandboxServer) -> str:
    """Where the operations are."""
    return f"{sandbox.url}/v5.0/ocr"


def test_the_front_door_says_what_this_is(sandbox: SandboxServer) -> None:
    """GET / is one plain sentence."""
    answer = requests.get(sandbox.url, timeout=5)
    assert "sandbox" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_task_lives_through_its_phases(
    ocr: str, http: requests.Session, submit: Submit, advance: Advance
) -> None:
    """Pending, Processing and Completed with the documented envelope, and NotExist after 24 hours."""
    task_id = submit()
    seen = []
    for seconds in (0, 2, 2, 24 * 3600):
        advance(seconds)
        seen.append(http.get(f"{ocr}/RecognizeImage", params={"id": task_id}, timeout=5).json())
    assert [answer["taskStatus"] for answer in seen] == ["Pending", "Processing", "Completed", "NotExist"]
    assert [answer["responseStatusCode"] for answer in seen] == ["NotReady", "NotReady", "Ok", "TaskNotFound"]
    assert [answer["id"] for answer in seen] == [task_id] * 4
    assert seen[0]["results"] is None
    assert seen[2] == {
        "id": task_id,
        "responseStatusCode": "Ok",
        "taskStatus": "Completed",
        "results": [{"type": "Text", "data": base64.b64encode(latin().text.encode()).decode()}],
        "error": None,
    }


def test_the_status_call_brings_no_data(
    ocr: str, http: requests.Session, submit: Submit, advance: Advance
) -> None:
    """GetTaskStatus is the same envelope without results; it knows the tasks of every endpoint."""
    task_id = submit("RecognizeTable", resultTypeTable="Csv")
    advance(10)
    answer = http.get(f"{ocr}/Utilities/GetTaskStatus", params={"id": task_id}, timeout=5).json()
    assert (answer["taskStatus"], answer["responseStatusCode"], answer["results"]) == (
        "Completed",
        "Ok",
        None,
    )
    assert http.post(f"{ocr}/Utilities/GetTaskStatus", timeout=5).status_code == 405


@pytest.mark.parametrize("path", ["RecognizeImageTrial", "RecognizePdf"])
def test_only_the_endpoint_that_took_the_image_knows_the_task(
    path: str, ocr: str, http: requests.Session, submit: Submit
) -> None:
    """Elsewhere the ID looks like one that never was."""
    asked = http.get(f"{ocr}/{path}", params={"id": submit()}, timeout=5).json()
    never = http.get(f"{ocr}/{path}", params={"id": NOBODY}, timeout=5).json()
    assert asked | {"id": ""} == never | {"id": ""}
    assert never["taskStatus"] == "NotExist"


@pytest.mark.parametrize("path", sorted(endpoint.path for endpoint in ENDPOINTS.values()))
def test_every_endpoint_answers_and_asks_for_a_token_unless_trial(path: str, ocr: str) -> None:
    """Regular paths refuse without a token; trial paths need none."""
    answer = requests.get(f"{ocr}/{path}", params={"id": NOBODY}, timeout=5)
    if path.endswith("Trial"):
        assert answer.json()["taskStatus"] == "NotExist"
    else:
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.json()["title"] == "Unauthorized"


def test_paths_are_understood_in_lower_case(ocr: str, http: requests.Session) -> None:
    """As the documentation writes some of them (fact sheet D4)."""
    answer = http.get(f"{ocr}/binarizeimage", params={"id": NOBODY}, timeout=5)
    assert answer.json()["taskStatus"] == "NotExist"


def test_an_unknown_path_is_404(ocr: str, http: requests.Session) -> None:
    """The calls that tutorials invent do not exist (fact sheet D13)."""
    assert http.post(f"{ocr}/recognize", timeout=5).status_code == 404


def test_a_cancelled_task_is_gone_and_a_finished_one_stays(
    ocr: str, http: requests.Session, submit: Submit, advance: Advance
) -> None:
    """DELETE is 200 and empty; it takes a task out of the queue and leaves results alone."""
    waiting, done = submit(), ""
    gone = http.delete(f"{ocr}/RecognizeImage", params={"id": waiting}, timeout=5)
    assert (gone.status_code, gone.content) == (200, b"")
    done = submit()
    advance(10)
    http.delete(f"{ocr}/RecognizeImage", params={"id": done}, timeout=5)
    statuses = [
        http.get(f"{ocr}/RecognizeImage", params={"id": task}, timeout=5).json()["taskStatus"]
        for task in (waiting, done)
    ]
    assert statuses == ["NotExist", "Completed"]


@pytest.mark.parametrize(
    ("accept", "body_type", "quote"),
    [
        pytest.param("text/plain", "text/plain", "", id="as the SDK asks"),
        pytest.param("*/*", "text/plain", "", id="anything"),
        pytest.param("application/json", "application/json", '"', id="JSON is a quoted string"),
    ],
)
def test_the_task_id_is_labelled_as_asked(
    accept: str, body_type: str, quote: str, ocr: str, http: requests.Session
) -> None:
    """Text is the bare ID."""
    body = {"image": IMAGE, "settings": {}}
    answer = http.post(f"{ocr}/RecognizeImage", json=body, headers={"Accept": accept}, timeout=5)
    assert answer.headers["content-type"].startswith(body_type)
    assert answer.text == f"{quote}{answer.text.strip(quote or None)}{quote}"
    assert len(answer.text) == 36 + 2 * len(quote)


def test_speech_ids_are_no_guids(ocr: str) -> None:
    """They begin with TTS, as in the documentation."""
    body = {"text": "Hello there", "settings": {"language": "English", "resultType": "Wav"}}
    answer = requests.post(f"{ocr}/ConvertTextToSpeechTrial", json=body, timeout=5)
    assert answer.text.startswith("TTS")


def test_an_unreadable_image_is_accepted_and_fails_later(
    ocr: str, http: requests.Session, submit: Submit, advance: Advance
) -> None:
    """The submission gets an ID; the answer says Error with a message."""
    task_id = submit(image=b"no picture at all")
    advance(10)
    answer = http.get(f"{ocr}/RecognizeImage", params={"id": task_id}, timeout=5).json()
    assert (answer["taskStatus"], answer["responseStatusCode"]) == ("Error", "Error")
    assert "could not be read" in answer["error"]["messages"][0]


def test_another_picture_is_answered_with_what_it_is(
    ocr: str, http: requests.Session, submit: Submit, advance: Advance
) -> None:
    """No invented text: format, size and digest, and that nothing was read."""
    task_id = submit(image=b"GIF89a\x03\x00\x02\x00rest")
    advance(10)
    answer = http.get(f"{ocr}/RecognizeImage", params={"id": task_id}, timeout=5).json()
    text = base64.b64decode(answer["results"][0]["data"]).decode()
    assert "no recognition took place" in text
    assert "GIF format, 3 x 2 pixels, 14 bytes" in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Content-Type": "text/plain"}, 415, id="not labelled JSON"),
        pytest.param({"Content-Type": "application/json", "Accept": "image/png"}, 406, id="unacceptable"),
        pytest.param({"Content-Type": "application/json", "Authorization": "Bearer x"}, 401, id="bad token"),
        pytest.param({"Content-Type": "application/json", "Authorization": "Basic x"}, 401, id="no bearer"),
    ],
)
def test_a_wrong_header_is_refused(
    headers: dict[str, str], status: int, ocr: str, http: requests.Session
) -> None:
    """Each has its status."""
    answer = http.post(f"{ocr}/RecognizeImage", data="{}", headers=headers, timeout=5)
    assert answer.status_code == status


def test_a_bad_body_is_told_field_by_field(ocr: str, http: requests.Session) -> None:
    """400 is a ProblemDetails with errors."""
    body = {"image": "!", "settings": {"language": "Elvish"}}
    answer = http.post(f"{ocr}/RecognizeImage", json=body, timeout=5)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()["errors"]) == {"image", "settings.language"}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_missing_id_is_refused(method: str, ocr: str, http: requests.Session) -> None:
    """400 names the field."""
    answer = http.request(method, f"{ocr}/RecognizeImage", timeout=5)
    assert answer.status_code == 400
    assert "id" in answer.json()["errors"]


def test_a_body_beyond_the_limit_is_refused_with_a_page(ocr: str, http: requests.Session) -> None:
    """413 as HTML, from what would be the gateway."""
    answer = http.post(f"{ocr}/RecognizeImage", data=b"x" * (BODY_LIMIT + 1), timeout=10)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (413, "text/html")


@pytest.mark.parametrize("form", ["data", "files"], ids=["urlencoded", "multipart"])
def test_a_minted_token_opens_the_regular_endpoints(form: str, sandbox: SandboxServer, ocr: str) -> None:
    """The token endpoint takes both forms."""
    fields = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "right"}
    url = f"{sandbox.url}/connect/token"
    if form == "data":
        answer = requests.post(url, data=fields, timeout=5)
    else:
        answer = requests.post(url, files={key: (None, value) for key, value in fields.items()}, timeout=5)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    asked = requests.get(f"{ocr}/RecognizeImage", params={"id": NOBODY}, headers=headers, timeout=5)
    assert asked.status_code == 200


def test_six_wrong_logins_lock_the_pair(sandbox: SandboxServer) -> None:
    """The seventh is a 429 that says when to come back."""
    form = {"grant_type": "client_credentials", "client_id": "locked", "client_secret": "wrong"}
    answers = [requests.post(f"{sandbox.url}/connect/token", data=form, timeout=5) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [400] * 6 + [429]
    assert answers[0].json() == {"error": "invalid_client"}
    assert answers[6].headers["Retry-After"] == "600"
