"""``POST /api/v1/credentials``: tokens go in and never come out."""

import io

import pytest
from starlette.testclient import TestClient

from tests.web.serving import NOBODY, V1, register

SECRET = "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1zZWNyZXQ.c2lnbmF0dXJl"


def test_the_main_path(client_on_either: TestClient) -> None:
    """A token is stored once; the answer says everything but the secret."""
    body = {"label": "Archive", "access_token": SECRET}
    first = client_on_either.post(f"{V1}/credentials", json=body).json()
    again = client_on_either.post(f"{V1}/credentials", json=body).json()
    assert (first["label"], first["api_url"], first["hint"]) == ("Archive", NOBODY, SECRET[-4:])
    assert (first["kind"], first["client_id"], first["health"]) == ("access_token", None, "not used yet")
    assert first["calls"] == {"today": 0, "month": 0, "by_kind": {}}
    assert (first["known"], again["known"]) == (False, True)
    assert again["id"] == first["id"]


def test_a_client(client_on_either: TestClient) -> None:
    """A client ID with its secret is stored once; the ID is answered, the secret is not."""
    body = {"label": "Robot", "client_id": "app-1", "client_secret": SECRET}
    first = client_on_either.post(f"{V1}/credentials", json=body)
    again = client_on_either.post(f"{V1}/credentials", json=body).json()
    assert (first.json()["kind"], first.json()["client_id"]) == ("client_credentials", "app-1")
    assert (first.json()["known"], again["known"]) == (False, True)
    assert SECRET not in first.text


def test_the_list(client_on_either: TestClient) -> None:
    """Every token, newest first, with what it was used for."""
    assert client_on_either.get(f"{V1}/credentials").json() == {"items": [], "total": 0}
    client_on_either.post(f"{V1}/credentials", json={"label": "one", "access_token": SECRET})
    client_on_either.post(
        f"{V1}/credentials", json={"label": "two", "client_id": "app", "client_secret": SECRET}
    )
    register(client_on_either, "open-0001", credential="one")
    answer = client_on_either.get(f"{V1}/credentials")
    two, one = answer.json()["items"]
    assert answer.json()["total"] == 2
    assert (two["label"], one["label"], one["open_tasks"], one["tasks"]) == ("two", "one", 1, 1)
    assert "known" not in one
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Give an access_token, or"),
        ({"label": "x"}, "Give an access_token, or"),
        ({"client_id": "app"}, "together with its client_secret"),
        ({"client_secret": SECRET}, "a client_id together with"),
        ({"access_token": SECRET, "client_id": "app"}, "not both"),
        ({"access_token": SECRET, "client_secret": SECRET}, "not both"),
        ({"access_token": SECRET, "client_id": "app", "client_secret": SECRET}, "not both"),
        ({"access_token": ""}, "Paste the access token"),
        ({"client_id": "", "client_secret": SECRET}, "client ID"),
        ({"client_id": "app", "client_secret": ""}, "client secret"),
        ({"client_id": "app", "client_secret": f"{SECRET} {SECRET}"}, "no blanks"),
        ({"client_id": 7, "client_secret": SECRET}, "client_id: "),
        ({"client_id": "app", "client_secret": [SECRET]}, "client_secret: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value) or "nothing",
)
def test_exactly_one_kind(worn_client: TestClient, body: dict[str, object], words: str) -> None:
    """Anything else is refused with a sentence that says what is missing and repeats no secret."""
    answer = worn_client.post(f"{V1}/credentials", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert SECRET not in answer.text


BODIES: dict[str, object] = {
    "bare": {"access_token": SECRET},
    "a header": {"access_token": f"Authorization: Bearer {SECRET}"},
    "the whole answer": {"access_token": f'{{"access_token": "{SECRET}", "expires_in": 3600}}'},
    "a label of control characters": {"access_token": SECRET, "label": "\0" * 300},
    "an odd service URL": {"access_token": SECRET, "api_url": "javascript:alert(1)"},
    "in the service URL": {"access_token": SECRET, "api_url": f"https://user:{SECRET}@ocr.example"},
    "twice": {"access_token": f"{SECRET} {SECRET}"},
    "with NUL": {"access_token": f"{SECRET}\0"},
    "with an umlaut": {"access_token": f"{SECRET}ü"},
    "too long": {"access_token": SECRET * 400},
    "in a list": {"access_token": [SECRET]},
    "in an object": {"access_token": {"value": SECRET}},
    "an unknown field": {"access_token": SECRET, "secret": SECRET},
    "both kinds": {"access_token": SECRET, "client_id": "app", "client_secret": SECRET},
    "a client secret": {"client_id": "app", "client_secret": SECRET},
    "as a key": {"access_token": SECRET, SECRET: 1},
    "as a label": {"label": [SECRET], "access_token": SECRET},
    "in a list alone": [SECRET],
    "as text alone": SECRET,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_answer_and_no_log_line_repeats_the_secret(
    worn_client: TestClient, log_text: io.StringIO, body: object
) -> None:
    """Whether it is accepted or refused."""
    answer = worn_client.post(f"{V1}/credentials", json=body)
    assert answer.status_code in (200, 422)
    said = answer.text + str(answer.headers) + log_text.getvalue()
    for piece in SECRET.split("."):
        assert piece not in said


@pytest.mark.parametrize(
    "body",
    [
        f'{{"access_token": "{SECRET}\\ud800"}}',
        f'{{"access_token": "{SECRET}", "\\ud800": 1}}',
        f'{{"access_token": "{SECRET}',
        f"access_token={SECRET}",
    ],
    ids=["half a character", "half a character as key", "cut off", "a form"],
)
def test_broken_bodies_do_not_repeat_it_either(
    worn_client: TestClient, log_text: io.StringIO, body: str
) -> None:
    """They are refused with a sentence."""
    headers = {"Content-Type": "application/json"}
    answer = worn_client.post(f"{V1}/credentials", content=body, headers=headers)
    assert answer.status_code == 422
    assert SECRET[:12] not in answer.text + log_text.getvalue()


def test_lists_and_tasks_do_not_tell_it(client: TestClient, log_text: io.StringIO) -> None:
    """What is stored can be used, not read."""
    client.post(f"{V1}/credentials", json={"access_token": SECRET, "label": "Archive"})
    (ref,) = register(client, "open-0001", credential="Archive")
    paths = (f"{V1}/tasks", f"{V1}/tasks/{ref}", f"{V1}/credentials", "/metrics")
    told = [client.get(path) for path in paths]
    said = "".join(answer.text for answer in told) + log_text.getvalue()
    for piece in SECRET.split("."):
        assert piece not in said
