"""``POST /api/v1/tasks``: whatever comes in, every entry is saved whole or rejected with a reason."""

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, update
from sqlmodel import col
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import Task, Team

TASKS = "/api/v1/tasks"
AS_JSON = {"Content-Type": "application/json"}
ID = "7ac9b7f0-0001-4000-8000-000000000000"


def post(client: TestClient, *entries: object) -> dict[str, Any]:
    """Register entries; gives back the answer."""
    answer = client.post(TASKS, json={"tasks": list(entries)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def total(client: TestClient) -> int:
    """How many tasks are stored."""
    return int(client.get(TASKS).json()["total"])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(
            '{"tasks": [{"task_id": "ä"}]}'.encode("latin-1"), "The body is not UTF-8.", id="Latin-1"
        ),
        pytest.param(b'\xff\xfe\xff{"tasks": []}', "The body is not JSON", id="cut UTF-16"),
        pytest.param(b'{"tasks": "' + b"\x80" * 9 + b'"}', "The body is not UTF-8.", id="half a character"),
        pytest.param(b"\xff\xd8\xff\xe0planted", "The body is not UTF-8.", id="a picture"),
        pytest.param(b"[" * 100_000, "The body is nested too deeply.", id="nested"),
        pytest.param(b"{", "The body is not JSON", id="cut"),
    ],
)
@pytest.mark.parametrize("path", [TASKS, "/api/v1/credentials"])
def test_a_body_that_cannot_be_read(worn_client: TestClient, path: str, body: bytes, sentence: str) -> None:
    """Is answered with one sentence, as every other mistake is; nothing of it is repeated."""
    answer = worn_client.post(path, content=body, headers=AS_JSON)
    assert answer.status_code == 422
    assert list(answer.json()) == ["detail"]
    assert answer.json()["detail"].startswith(sentence)
    assert "planted" not in answer.text


def test_utf_16_with_its_mark_is_json_too(client: TestClient) -> None:
    """As PowerShell sends it."""
    body = json.dumps({"tasks": [{"task_id": ID}]}).encode("utf-16")
    answer = client.post(TASKS, content=body, headers=AS_JSON)
    assert [entry["task_id"] for entry in answer.json()["registered"]] == [ID]


def test_the_main_path(client_on_either: TestClient) -> None:
    """New entries are registered with all their fields, and the second time they are known."""
    entries = [
        {"task_id": ID},
        {
            "task_id": "7ac9b7f0-0002-4000-8000-000000000000",
            "operation": "RecognizePdf",
            "trial": False,
            "credential": None,
            "label": "Lieferschein Größe 5",
            "submitted_at": "2026-05-01T14:00:00+02:00",
        },
        {"task_id": "no task id"},
    ]
    first = post(client_on_either, *entries)
    plain, full = first["registered"]
    assert (plain["task_id"], plain["operation"], plain["state"]) == (ID, "RecognizeImage", "pending")
    assert plain["expiry_exact"] is False
    assert set(plain) == {
        *("id", "task_id", "operation", "trial", "state", "label", "submitted_at", "expires_at"),
        *("expiry_exact", "completed_at", "polls", "parked"),
    }
    assert (full["operation"], full["label"]) == ("RecognizePdf", "Lieferschein Größe 5")
    assert (full["submitted_at"], full["expires_at"]) == ("2026-05-01T12:00:00Z", "2026-05-02T12:00:00Z")
    assert full["expiry_exact"] is True
    assert [entry["task_id"] for entry in first["rejected"]] == ["no task id"]
    assert first["known"] == []
    second = post(client_on_either, *entries)
    assert second["registered"] == []
    assert second["known"] == [{"task_id": it["task_id"], "id": it["id"]} for it in first["registered"]]
    assert total(client_on_either) == 2


def test_an_id_that_comes_twice_in_one_request_is_known_the_second_time(client: TestClient) -> None:
    """As if the entries had come one by one; the first one decides."""
    answer = post(
        client, {"task_id": ID, "label": "a"}, {"task_id": f" {ID} ", "label": "b"}, {"task_id": ID}
    )
    (saved,) = answer["registered"]
    assert saved["label"] == "a"
    assert answer["known"] == [{"task_id": ID, "id": saved["id"]}] * 2
    assert answer["rejected"] == []
    assert len(post(client, {"task_id": ID}, {"task_id": ID})["known"]) == 2


BAD_ENTRIES: dict[str, tuple[str, str]] = {
    "null": ("null", "must be a JSON object"),
    "a number": ("5", "must be a JSON object"),
    "text": (f'"{ID}"', "must be a JSON object"),
    "a list": (f'["{ID}"]', "must be a JSON object"),
    "nested lists": ("[[[[1]]]]", "must be a JSON object"),
    "deeply nested lists": ("[" * 900 + "]" * 900, "must be a JSON object"),
    "half a character": ('"\\ud800"', "must be a JSON object"),
    "an empty object": ("{}", "task_id: Field required"),
    "no task_id": ('{"label": "x"}', "task_id: Field required"),
    "null as task_id": ('{"task_id": null}', "task_id: Input should be a valid string"),
    "a number as task_id": ('{"task_id": 12345678}', "task_id: Input should be a valid string"),
    "4000 digits as task_id": (f'{{"task_id": {"9" * 4000}}}', "task_id: Input should be a valid string"),
    "NaN as task_id": ('{"task_id": NaN}', "task_id: Input should be a valid string"),
    "true as task_id": ('{"task_id": true}', "task_id: Input should be a valid string"),
    "a list as task_id": (f'{{"task_id": ["{ID}"]}}', "task_id: Input should be a valid string"),
    "an object as task_id": ('{"task_id": {"a": 1}}', "task_id: Input should be a valid string"),
    "an empty task_id": ('{"task_id": ""}', "there is no task ID"),
    "a blank task_id": ('{"task_id": "  \\t "}', "there is no task ID"),
    "a blank in the task_id": ('{"task_id": "7ac9b7f0 0001"}', "not a task ID"),
    "NUL in the task_id": ('{"task_id": "7ac9b7f0\\u0000"}', "not a task ID"),
    "half a character in the task_id": ('{"task_id": "7ac9b7f0\\ud800"}', "not a task ID"),
    "umlauts in the task_id": ('{"task_id": "größe-7ac9b7f0"}', "not a task ID"),
    "an endless task_id": (f'{{"task_id": "{"a1" * 5000}"}}', "longer than 128"),
    "an unknown key": (f'{{"task_id": "{ID}", "priority": 1}}', "priority: Extra inputs"),
    "half a character as key": (f'{{"task_id": "{ID}", "\\udfff": 1}}', ""),
    "an unknown operation": (
        f'{{"task_id": "{ID}", "operation": "Read"}}',
        "unknown operation; use one of Rec",
    ),
    "an operation in small letters": (
        f'{{"task_id": "{ID}", "operation": "recognizeimage"}}',
        "unknown oper",
    ),
    "half a character as operation": (f'{{"task_id": "{ID}", "operation": "\\ud800"}}', "unknown operation"),
    "null as operation": (
        f'{{"task_id": "{ID}", "operation": null}}',
        "operation: Input should be a valid s",
    ),
    "no evaluation mode": (
        f'{{"task_id": "{ID}", "operation": "RecognizePdf", "trial": true}}',
        "RecognizePdf has no evaluation mode",
    ),
    "trial is no truth": (
        f'{{"task_id": "{ID}", "trial": "perhaps"}}',
        "trial: Input should be a valid bool",
    ),
    "null as trial": (f'{{"task_id": "{ID}", "trial": null}}', "trial: Input should be a valid boolean"),
    "an unknown token label": (f'{{"task_id": "{ID}", "credential": "Nobody"}}', "no token with that label"),
    "half a character as token": (
        f'{{"task_id": "{ID}", "credential": "\\ud800"}}',
        "no token with that label",
    ),
    "an unknown token ID": (f'{{"task_id": "{ID}", "credential": 4711}}', "there is no such token"),
    "an endless token ID": (f'{{"task_id": "{ID}", "credential": {"9" * 400}}}', "there is no such token"),
    "truth as token": (f'{{"task_id": "{ID}", "credential": true}}', "credential"),
    "a fraction as token": (f'{{"task_id": "{ID}", "credential": 1.5}}', "credential"),
    "too large a number as token": (f'{{"task_id": "{ID}", "credential": 1e400}}', "credential"),
    "a number as label": (f'{{"task_id": "{ID}", "label": 7}}', "label: Input should be a valid string"),
    "a list as label": (f'{{"task_id": "{ID}", "label": ["x"]}}', "label: Input should be a valid string"),
    "yesterday": (f'{{"task_id": "{ID}", "submitted_at": "yesterday"}}', "submitted_at: Input should be"),
    "an impossible day": (f'{{"task_id": "{ID}", "submitted_at": "2026-02-30T12:00:00Z"}}', "submitted_at"),
    "no time zone": (f'{{"task_id": "{ID}", "submitted_at": "2026-05-01T12:00:00"}}', "needs a time zone"),
    "a day": (f'{{"task_id": "{ID}", "submitted_at": "2026-05-01"}}', "needs a time zone"),
    "the year 1": (f'{{"task_id": "{ID}", "submitted_at": "0001-01-01T00:00:00+14:00"}}', "before the year"),
    "the year 9999": (f'{{"task_id": "{ID}", "submitted_at": "9999-12-31T23:59:59-14:00"}}', "in the future"),
    "the end of time": (f'{{"task_id": "{ID}", "submitted_at": 1e18}}', "submitted_at"),
    "endless time": (f'{{"task_id": "{ID}", "submitted_at": 1e999}}', "submitted_at"),
    "not a time": (f'{{"task_id": "{ID}", "submitted_at": NaN}}', "submitted_at"),
    "an object as time": (f'{{"task_id": "{ID}", "submitted_at": {{}}}}', "submitted_at"),
}


@pytest.mark.parametrize(("entry", "reason"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_bad_entry_is_rejected_and_spoils_no_other(
    worn_client: TestClient, entry: str, reason: str
) -> None:
    """It is given back with a reason, and nothing of it is stored."""
    before = total(worn_client)
    good = json.dumps({"task_id": str(uuid4())})
    answer = worn_client.post(TASKS, content=f'{{"tasks": [{entry}, {good}]}}', headers=AS_JSON)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["registered"]) == 1
    (rejected,) = answer.json()["rejected"]
    assert set(rejected) == {"task_id", "reason"}
    assert reason in rejected["reason"]
    assert len(rejected["task_id"]) <= 200
    assert total(worn_client) == before + 1


ODD_ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "null as label": ('"label": null', {"label": ""}),
    "NUL in the label": ('"label": "a\\u0000b"', {"label": "a b"}),
    "half a character in the label": ('"label": "a\\ud800b"', {"label": "a b"}),
    "line breaks in the label": ('"label": "a\\r\\nb\\u2028c"', {"label": "a b c"}),
    "an endless label": (f'"label": "{"x" * 5000}"', {"label": "x" * 200}),
    "a script as label": ('"label": "<script>1</script>"', {"label": "<script>1</script>"}),
    "null as token": ('"credential": null', {}),
    "null as time": ('"submitted_at": null', {"submitted_at": None}),
    "seconds as time": ('"submitted_at": 1777636800', {"submitted_at": "2026-05-01T12:00:00Z"}),
    "evaluation mode": ('"trial": true', {"trial": True}),
}


@pytest.mark.parametrize(("field", "expected"), ODD_ENTRIES.values(), ids=ODD_ENTRIES)
def test_an_odd_entry_is_saved(client_on_either: TestClient, field: str, expected: dict[str, Any]) -> None:
    """What can be stored after tidying up is stored."""
    body = f'{{"tasks": [{{"task_id": "{ID}", {field}}}]}}'
    answer = client_on_either.post(TASKS, content=body, headers=AS_JSON)
    assert answer.status_code == 200, answer.text
    (saved,) = answer.json()["registered"]
    assert {name: saved[name] for name in expected} == expected


BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"tasks=1",
    "cut off": b'{"tasks": [{"task_id": "7ac9b7f0',
    "a list": b"[]",
    "text": b'"tasks"',
    "null": b"null",
    "an empty object": b"{}",
    "tasks is null": b'{"tasks": null}',
    "tasks is an object": b'{"tasks": {"task_id": "7ac9b7f0-0001"}}',
    "tasks is text": b'{"tasks": "7ac9b7f0-0001"}',
    "half a character as key": b'{"\\ud800": 1}',
    "not UTF-8": b'{"tasks": [{"task_id": "\xff\xfe7ac9b7f0"}]}',
    "a number too long to read": b'{"tasks": [' + b"9" * 5000 + b"]}",
    "far too deep": b'{"tasks": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "10,001 entries": b'{"tasks": [' + b",".join([b"0"] * 10_001) + b"]}",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused_with_a_sentence(client: TestClient, body: bytes) -> None:
    """The server neither falls over nor stores anything."""
    answer = client.post(TASKS, content=body, headers=AS_JSON)
    assert answer.status_code in (400, 422), answer.text
    assert len(answer.json()["detail"]) > 10
    assert total(client) == 0


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_only_json_is_accepted(client: TestClient, kind: str | None) -> None:
    """Forms and plain text are what a foreign page can send without asking; the sentence names the header."""
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post(TASKS, content=json.dumps({"tasks": []}), headers=headers)
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_a_body_of_many_megabytes_is_refused(client: TestClient) -> None:
    """It is not read to its end, and says so."""
    answer = client.post(TASKS, content=b" " * (21 * 1024 * 1024), headers=AS_JSON)
    assert answer.status_code == 413
    assert total(client) == 0


def test_tokens_are_named_by_label_or_id(client: TestClient, dashboard: Dashboard) -> None:
    """Of two tokens with the same label the newer one is used, as it is where none is named."""
    older, newer = (
        client.post("/api/v1/credentials", json={"label": "Archive", "access_token": secret}).json()["id"]
        for secret in ("first-token-0001", "second-token-0002")
    )
    by_label = post(client, {"task_id": ID, "credential": "Archive"})["registered"][0]["id"]
    by_id = post(client, {"task_id": "7ac9b7f0-0002", "credential": older})["registered"][0]["id"]
    assert dashboard.team.tasks.detail(by_label).task.credential_id == newer
    assert dashboard.team.tasks.detail(by_id).task.credential_id == older


def test_thousands_of_tasks_in_one_request(client: TestClient, dashboard: Dashboard) -> None:
    """They cost a hundred statements, and all are told in the order they came in."""
    statements: list[str] = []
    event.listen(
        dashboard.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    entries = [
        {"task_id": f"7ac9b7f0-{number:04}-bulk", "label": f"Page {number}"} for number in range(3_000)
    ]
    answer = post(client, *entries)
    assert [item["label"] for item in answer["registered"]] == [entry["label"] for entry in entries]
    assert len(statements) < 120


def test_rows_by_id(client: TestClient, dashboard: Dashboard) -> None:
    """Come in the order asked for; those that are gone and those of another team are left out."""
    first, second, foreign = (
        item["id"] for item in post(client, *({"task_id": f"rows-000{n}"} for n in range(3)))["registered"]
    )
    with dashboard.database.writing() as session:
        other = Team(slug="other", name="Other", created_at=dashboard.clock())
        session.add(other)
        session.flush()
        session.connection().execute(update(Task).where(col(Task.id) == foreign).values(team_id=other.id))
    rows = dashboard.team.board.rows_of([second, 4711, foreign, first])
    assert [row.id for row in rows] == [second, first]
