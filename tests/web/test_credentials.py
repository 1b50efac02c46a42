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
    assert set(first) == {*("id", "label", "api_url", "hint", "health", "expires_at", "created_at", "known")}
    assert (first["label"], first["api_url"], first["hint"]) == ("Archive", NOBODY, SECRET[-4:])
    assert (first["known"], again["known"]) == (False, True)
    assert again["id"] == first["id"]


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
    "an unknown field": {"access_token": SECRET, "client_secret": SECRET},
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
    told = [client.get(f"{V1}/tasks"), client.get(f"{V1}/tasks/{ref}"), client.get("/metrics")]
    said = "".join(answer.text for answer in told) + log_text.getvalue()
    for piece in SECRET.split("."):
        assert piece not in said
