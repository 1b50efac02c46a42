"""Sending files by script: what is taken, what is refused, and how far it is."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import Action, Role
from dashboard.sandbox.documents import pdf
from dashboard.sandbox.samples import latin
from dashboard.web.idempotency import HEADER, REPLAYED
from tests.web.serving import V1, member_client_of
from tests.web.test_idempotency import KEY

TRIAL = {"settings": json.dumps({"trial": True, "language": "german", "make_spell_check": True})}


def image(name: str = "scan.png") -> tuple[str, tuple[str, bytes]]:
    """A file of a form."""
    return "file", (name, latin().image)


def test_files_become_a_batch(client_on_either: TestClient) -> None:
    """In their order, with the settings that were given; each waits to be sent."""
    files = [image("b.png"), image("a.png")]
    answer = client_on_either.post(f"{V1}/submissions", files=files, data={**TRIAL, "name": "May"})
    assert answer.status_code == 200, answer.text
    batch = answer.json()["batch"]
    assert (batch["name"], batch["total"], batch["waiting"], answer.json()["refused"]) == ("May", 2, 2, [])
    found = client_on_either.get(f"{V1}/batches/{batch['id']}").json()
    assert [(it["label"], it["state"], it["task"]) for it in found["items"]] == [
        ("b.png", "waiting", None),
        ("a.png", "waiting", None),
    ]
    one = client_on_either.get(f"{V1}/batches/{batch['id']}?page=2&per_page=1").json()["items"]
    assert [it["label"] for it in one] == ["a.png"]
    assert client_on_either.get(f"{V1}/batches/{batch['id']}?page=3").json()["items"] == []


def test_what_cannot_be_sent_is_named_and_the_rest_goes_on(client: TestClient, dashboard: Dashboard) -> None:
    """Also what needs a token where there is none; nothing of it waits anywhere."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in.png", latin().image)
        archive.writestr("setup.exe", b"MZ" + bytes(100))
    files = [
        ("file", ("scans.zip", packed.getvalue())),
        ("file", ("empty.png", b"")),
        ("file", ("letter.pdf", pdf("a"))),
        ("file", ("../../etc/<b>x.png", latin().image)),
    ]
    answer = client.post(f"{V1}/submissions", files=files, data=TRIAL).json()
    assert answer["batch"]["total"] == 2
    refused = {it["name"]: it["reason"] for it in answer["refused"]}
    assert set(refused) == {"setup.exe", "empty.png", "letter.pdf"}
    assert "no evaluation mode" in refused["letter.pdf"]
    labels = [it["label"] for it in client.get(f"{V1}/batches/{answer['batch']['id']}").json()["items"]]
    assert labels == ["in.png", "<b>x.png"]
    assert dashboard.team.dropped.all().files == ()
    assert dashboard.team.dropped.all().not_taken == ()
    assert dashboard.team.members.audit_log()[0].action == Action.IMAGES_SENT


@pytest.mark.parametrize(
    ("files", "data", "words"),
    [
        ([], TRIAL, "Send the files as multipart/form-data"),
        ([("other", ("a.png", b"x"))], TRIAL, "There is no field 'other'"),
        ([image()], {"settings": "{}"}, "There is no token to send it with."),
        ([image()], {"settings": "no JSON"}, "settings must be a JSON object"),
        ([image()], {"settings": "[]"}, "settings must be a JSON object"),
        ([image()], {"settings": '{"trial": true, "language": "Klingon"}'}, "language is one of"),
        ([image()], {"settings": '{"trial": true, "colour": 1}'}, "There is no setting 'colour'"),
        ([("file", ("virus.png", b"MZ" + bytes(99)))], TRIAL, "virus.png: "),
    ],
)
def test_calls_that_bring_nothing(
    client: TestClient, files: list[tuple[str, tuple[str, bytes]]], data: dict[str, str], words: str
) -> None:
    """Are refused with a sentence, and no batch is made."""
    answer = client.post(f"{V1}/submissions", files=files or None, data=data)
    assert (answer.status_code, answer.json()["detail"][: len(words)]) == (422, words)
    assert client.get(f"{V1}/batches/1").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n",
        b"\xff" * 99,
    ],
)
def test_forms_that_are_none(worn_client: TestClient, body: bytes) -> None:
    """Are refused as bad input."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert worn_client.post(f"{V1}/submissions", content=body, headers=headers).status_code == 422
    assert worn_client.post(f"{V1}/submissions", content=body).status_code == 422


def test_too_many_files(worn_client: TestClient) -> None:
    """Are refused before they are looked at."""
    answer = worn_client.post(f"{V1}/submissions", files=[image()] * 201, data=TRIAL)
    assert answer.status_code == 422
    assert "Too many files" in answer.json()["detail"]


def test_sent_once_however_often_it_is_asked(client: TestClient) -> None:
    """The form is written anew each time, with another boundary."""
    answers = [client.post(f"{V1}/submissions", files=[image()], data=TRIAL, headers=KEY) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers[REPLAYED] == "true"
    other = client.post(f"{V1}/submissions", files=[image("b.png")], data=TRIAL, headers=KEY)
    assert other.status_code == 409
    assert HEADER in other.json()["detail"]
    assert client.get(f"{V1}/batches/2").status_code == 404


def test_pause_go_on_and_cancel(client: TestClient) -> None:
    """As on the page."""
    batch = client.post(f"{V1}/submissions", files=[image()], data=TRIAL).json()["batch"]["id"]
    assert client.post(f"{V1}/batches/{batch}/pause").json()["is_paused"] is True
    assert client.post(f"{V1}/batches/{batch}/resume").json()["is_paused"] is False
    assert client.post(f"{V1}/batches/{batch}/cancel").json()["cancelled"] == 1


@pytest.mark.parametrize("verb", ["GET /", "POST /pause", "POST /resume", "POST /cancel"])
@pytest.mark.parametrize(
    ("batch", "status"), [("99", 404), ("0", 404), ("-1", 404), ("9" * 30, 404), ("x", 422)]
)
def test_batches_there_are_not(worn_client: TestClient, verb: str, batch: str, status: int) -> None:
    """Are said not to be there."""
    method, _, below = verb.partition(" /")
    answer = worn_client.request(method, f"{V1}/batches/{batch}{'/' if below else ''}{below}")
    assert answer.status_code == status


def test_viewers_send_nothing(dashboard: Dashboard) -> None:
    """And nobody without a key does."""
    app = replace(dashboard, settings=dashboard.settings.model_copy(update={"access": "team"}))
    key = app.team.members.make_key(label="reader", role=Role.VIEWER)
    with member_client_of(app) as client:
        assert client.post(f"{V1}/submissions", files=[image()], data=TRIAL).status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        answer = client.post(f"{V1}/submissions", files=[image()], data=TRIAL, headers=headers)
    assert answer.status_code == 403
    assert app.team.batches.newest() == []
