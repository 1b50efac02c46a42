"""The service's answer made of what is stored is the answer that came."""

import base64
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.cloud.envelope import read_answer
from dashboard.models import Origin, Part, State, Task
from dashboard.results.decoding import decode_parts
from dashboard.services.drop_in import stored_answers

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
TEXT = base64.b64encode("All men live enveloped in whale-lines. Ä".encode()).decode()
PDF = base64.b64encode(b"%PDF-1.4 \xff\xfe").decode()
LONG = base64.b64encode(bytes(range(256)) * 3).decode()
WRAPPED = "".join(f"{LONG[start : start + 76]}\n" for start in range(0, len(LONG), 76))


def stored(body: str, **columns: Any) -> tuple[Task, list[Part]]:  # noqa: ANN401 - columns
    """A task and its parts as a poll would leave them that got this body."""
    answer = read_answer(body.encode(), http_status=200, asked_id=ID)
    task = Task(
        id=1,
        team_id=1,
        api_url="",
        task_id=ID,
        operation="RecognizeImage",
        registered_at=NOW,
        expires_at=NOW,
        state=answer.state.value,
        task_status=answer.task_status,
        response_status_code=answer.response_status_code,
        notices=list(answer.notices),
        envelope=answer.envelope,
    )
    for name, value in columns.items():
        setattr(task, name, value)
    parts, position = [], -1
    for part in decode_parts(answer.raw_parts, trial=False):
        position += 1 + part.nulls_before
        fields = {**asdict(part), "remarks": list(part.remarks), "size": len(part.data)}
        parts.append(Part(task_ref=1, position=position, **fields))
    return task, parts


def said(*results: object, **more: object) -> dict[str, Any]:
    """An envelope of a finished task."""
    return {
        "id": ID,
        "responseStatusCode": "Ok",
        "taskStatus": "Completed",
        "results": list(results),
        "error": None,
        **more,
    }


def entry(data: str | None, kind: str | None = "Text") -> dict[str, str | None]:
    """One of ``results``."""
    return {"type": kind, "data": data}


BODIES = {
    "as the sandbox writes": json.dumps(said(entry(TEXT))),
    "as .NET writes": json.dumps(said(entry(TEXT)), separators=(",", ":")),
    "indented": json.dumps(said(entry(TEXT), entry(PDF, "Pdf")), indent=2),
    "other order": json.dumps(
        {"results": [{"data": TEXT, "type": "Text"}], "taskStatus": "Completed", "responseStatusCode": "Ok"}
    ),
    "other case": json.dumps({"TaskStatus": "Completed", "Results": [{"Type": "Text", "Data": TEXT}]}),
    "two parts of the same data": json.dumps(said(entry(TEXT), entry(TEXT))),
    "a part without data": json.dumps(said(entry(TEXT), entry(None, "Pdf"))),
    "a null": json.dumps(said(entry(TEXT), None, entry(PDF, "Pdf"))),
    "empty data": json.dumps(said(entry(""), entry(TEXT))),
    "notices": json.dumps(said(entry(TEXT), error={"messages": ["blass ä"], "warnings": None})),
    "wrapped Base64": json.dumps(said(entry(WRAPPED))).replace("\\n", "\\r\\n"),
    "Base64 for addresses": json.dumps(said(entry(PDF.replace("+", "-").replace("/", "_"), "Pdf"))),
    "unpadded": json.dumps(said(entry(PDF.rstrip("="), "Pdf"))),
    "no Base64": json.dumps(said(entry("not so well-known §", "Text")), ensure_ascii=False),
    "members nobody knows": json.dumps(said(entry(TEXT), queue={"data": 7}, at="2026")),
    "failed": json.dumps(
        {"taskStatus": "Error", "responseStatusCode": "Error", "error": {"messages": ["bad image"]}}
    ),
    "data lost": '{"taskStatus":"Completed","responseStatusCode":"ResultDataLost","results":null}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_came_is_given_again(body: str) -> None:
    """In its own writing, whatever that is."""
    task, parts = stored(body)
    again = stored_answers.as_received(task, parts, asked_id=ID)
    assert json.loads(again) == json.loads(body)
    if "\\r" not in body:  # the only writing that is not kept: escapes within a string
        assert again == body


MANY = [entry(base64.b64encode(str(number).encode()).decode()) for number in range(300)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(said(*MANY), id="more entries than are kept"),
        pytest.param(said(entry(TEXT), chatter="x" * 30_000), id="longer than is kept"),
    ],
)
def test_what_is_not_kept_in_its_writing_is_made_anew(body: dict[str, Any]) -> None:
    """With every part; what else was said is lost where it was too long to be kept."""
    task, parts = stored(json.dumps(body))
    again = json.loads(stored_answers.as_received(task, parts, asked_id=ID))
    assert again["results"] == body["results"]
    assert (again["id"], again["taskStatus"], again["responseStatusCode"]) == (ID, "Completed", "Ok")


PENDING = (
    f'{{"id":"{ID}","taskStatus":"Processing","responseStatusCode":"NotReady","results":null,"error":null}}'
)
NEVER_ASKED = {"envelope": None, "state": "pending", "task_status": None, "response_status_code": None}
UNKNOWN = f'{{"id":"{ID}","taskStatus":"NotExist","responseStatusCode":"TaskNotFound","results":null}}'


@pytest.mark.parametrize(
    ("body", "columns", "words"),
    [
        pytest.param(PENDING, {}, ("Processing", "NotReady"), id="as it was said last"),
        pytest.param(PENDING, NEVER_ASKED, ("Pending", "NotReady"), id="never asked"),
        pytest.param(
            UNKNOWN,
            {"state": "pending", "origin": Origin.SUBMITTED.value},
            ("Pending", "NotReady"),
            id="submitted here and not known yet: a script would give up",
        ),
        pytest.param(UNKNOWN, {"state": "pending"}, ("NotExist", "TaskNotFound"), id="registered, as it is"),
        pytest.param(PENDING, {"state": "cancelled"}, ("NotExist", "TaskNotFound"), id="cancelled here"),
        pytest.param(PENDING, {"state": "expired"}, ("NotExist", "TaskNotFound"), id="expired"),
        pytest.param(UNKNOWN, {"state": "not_found"}, ("NotExist", "TaskNotFound"), id="not found"),
    ],
)
def test_without_a_result_the_words_say_how_it_stands(
    body: str, columns: dict[str, Any], words: tuple[str, str]
) -> None:
    """The last answer where it is still true, else what the service would say."""
    task, _ = stored(body, **columns)
    for text in (
        stored_answers.as_received(task, [], asked_id=ID),
        stored_answers.without_results(task, asked_id=ID),
    ):
        found = json.loads(text)
        assert (found["taskStatus"], found["responseStatusCode"]) == words
        assert found["results"] is None


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words(state: State) -> None:
    """Also where nothing is kept of any answer."""
    task, _ = stored(PENDING, state=state.value, envelope=None, task_status=None, response_status_code=None)
    assert json.loads(stored_answers.as_received(task, [], asked_id=ID))["taskStatus"]
    assert json.loads(stored_answers.without_results(task, asked_id=ID))["taskStatus"]


def test_a_status_brings_no_results() -> None:
    """The same envelope, without what was read."""
    task, _ = stored(BODIES["notices"])
    found = json.loads(stored_answers.without_results(task, asked_id=ID))
    assert (found["results"], found["error"]["messages"]) == (None, ["blass ä"])


def test_a_corrected_text_takes_the_place_of_what_was_read() -> None:
    """Of all readable parts together; what is no text stays."""
    task, parts = stored(json.dumps(said(entry(TEXT), entry(PDF, "Pdf"), entry(TEXT))))
    found = json.loads(stored_answers.corrected(task, parts, "Better.", asked_id=ID))
    assert found["results"] == [entry(base64.b64encode(b"Better.").decode()), entry(PDF, "Pdf")]


def test_a_corrected_text_is_there_where_nothing_was_read() -> None:
    """A person may have typed what the service did not find."""
    task, parts = stored(json.dumps(said(entry(PDF, "Pdf"))))
    found = json.loads(stored_answers.corrected(task, parts, "Typed.", asked_id=ID))
    assert found["results"][-1] == entry(base64.b64encode(b"Typed.").decode())


def test_a_word_of_the_service_is_no_place_for_data() -> None:
    """What looks like our own note within a string of the service stays as it is."""
    body = json.dumps(said(entry(TEXT), error={"messages": ['"data": "<3 characters>"'], "warnings": None}))
    task, parts = stored(body)
    assert stored_answers.as_received(task, parts, asked_id=ID) == body
