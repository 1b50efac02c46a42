"""``Idempotency-Key``: the same call is carried out once, and nothing else changes."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, update
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.errors import StoreUnavailable
from dashboard.models import ApiCall, Role
from dashboard.services.team.api_calls import ApiCalls
from dashboard.web.idempotency import HEADER, REPLAYED, UNDER_WAY, _Asked
from tests.web.serving import V1, member_client_of, part

Finish = Callable[..., int]
KEY = {HEADER: "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"}
BODY = {"tasks": [{"task_id": "open-0001"}]}


def age(dashboard: Dashboard, by: timedelta) -> None:
    """Let time have passed since the calls began."""
    with dashboard.database.writing() as session:
        begun = dashboard.clock() - by
        session.exec(update(ApiCall).where(col(ApiCall.begun_at) > begun).values(begun_at=begun))


class TestRepeating:
    """The same call, and others, under a key."""

    def test_the_same_call(self, client_on_either: TestClient) -> None:
        """Gets the same answer, although now the task is known."""
        first = client_on_either.post(f"{V1}/tasks", json=BODY, headers=KEY)
        again = client_on_either.post(f"{V1}/tasks", json=BODY, headers=KEY)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["content-type"] == first.headers["content-type"]
        assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")
        assert client_on_either.post(f"{V1}/tasks", json=BODY).json()["registered"] == []

    def test_a_share_link_is_made_once(
        self, client: TestClient, dashboard: Dashboard, finish: Finish
    ) -> None:
        """And told as often as asked."""
        ref = finish("done-0001", part("Text", "x"))
        urls = {
            client.post(f"{V1}/shares", json={"tasks": [ref]}, headers=KEY).json()["url"] for _ in range(3)
        }
        assert len(urls) == 1
        assert len(dashboard.team.sharing.all()) == 1

    def test_an_empty_answer(self, client: TestClient, finish: Finish) -> None:
        """What is deleted was deleted by this call."""
        ref = finish("done-0001")
        for _ in range(2):
            assert client.delete(f"{V1}/tasks/{ref}", headers=KEY).status_code == 204
        assert client.delete(f"{V1}/tasks/{ref}").status_code == 404

    @pytest.mark.parametrize(
        ("verb", "path", "body"),
        [
            ("POST", "/tasks", {"tasks": [{"task_id": "open-0002"}]}),
            ("POST", "/tasks?x=1", BODY),
            ("POST", "/tasks/1/check", BODY),
            ("PATCH", "/tasks/1", {"label": "x"}),
            ("POST", "/tasks", None),
        ],
    )
    def test_another_call(self, client: TestClient, verb: str, path: str, body: object) -> None:
        """Is refused, whatever is different, and not carried out."""
        assert client.post(f"{V1}/tasks", json=BODY, headers=KEY).status_code == 200
        answer = client.request(verb, f"{V1}{path}", json=body, headers=KEY)
        assert answer.status_code == 409
        assert answer.json()["detail"].startswith("This Idempotency-Key was used for another call.")
        assert client.get(f"{V1}/tasks").json()["total"] == 1

    def test_what_changed_nothing_may_be_repeated(self, client: TestClient, finish: Finish) -> None:
        """Mended, under the same key."""
        assert client.patch(f"{V1}/tasks/1", json={"label": "x"}, headers=KEY).status_code == 404
        ref = finish("done-0001")
        assert client.patch(f"{V1}/tasks/{ref}", json={}, headers=KEY).status_code == 422
        assert client.patch(f"{V1}/tasks/{ref}", json={"label": "x"}, headers=KEY).status_code == 200

    def test_looking_needs_no_key(self, client: TestClient) -> None:
        """And takes none."""
        assert client.get(f"{V1}/tasks", headers=KEY).status_code == 200
        assert client.post(f"{V1}/tasks", json=BODY, headers=KEY).status_code == 200

    @pytest.mark.parametrize("key", ["", "a b", "x" * 201, "a\xdf", "a\tb"])
    def test_odd_keys(self, worn_client: TestClient, key: str) -> None:
        """Are refused, and nothing is done."""
        answer = worn_client.post(
            f"{V1}/tasks", json=BODY, headers=[(HEADER.encode(), key.encode("latin-1"))]
        )
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("Idempotency-Key: ")


class TestBrokenOff:
    """Calls that have not come to their end."""

    def test_the_first_is_under_way(
        self, client: TestClient, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second is told to come again, and is answered then."""
        begun, go = threading.Event(), threading.Event()
        register = dashboard.team.intake.register

        def slow(*given: object) -> object:
            begun.set()
            go.wait(20)
            return register(*given)  # type: ignore[arg-type] # as it came

        monkeypatch.setattr(dashboard.team.intake, "register", slow)
        answers: list[int] = []

        def call() -> None:
            answers.append(client.post(f"{V1}/tasks", json=BODY, headers=KEY).status_code)

        first = threading.Thread(target=call)
        first.start()
        assert begun.wait(20)
        second = client.post(f"{V1}/tasks", json=BODY, headers=KEY)
        assert (second.status_code, second.headers["retry-after"]) == (409, "1")
        go.set()
        first.join(20)
        assert answers == [200]
        assert client.post(f"{V1}/tasks", json=BODY, headers=KEY).headers[REPLAYED] == "true"

    def test_nobody_knows_whether_it_was_carried_out(
        self, client: TestClient, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a fault of ours, or when a process was killed: that is what is said."""
        monkeypatch.setattr("dashboard.web.api.registering.register", None)
        assert client.post(f"{V1}/tasks", json=BODY, headers=KEY).status_code == 500
        age(dashboard, UNDER_WAY)
        answer = client.post(f"{V1}/tasks", json=BODY, headers=KEY)
        assert (answer.status_code, "retry-after" in answer.headers) == (409, False)
        assert "may have been carried out" in answer.json()["detail"]

    def test_the_database_refuses_to_remember(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was done is answered all the same."""

        def refuse(*_: object, **__: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr(ApiCalls, "keep", refuse)
        assert client.post(f"{V1}/tasks", json=BODY, headers=KEY).status_code == 200

    def test_the_database_is_away(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        """503, before anything is done."""

        def refuse(*_: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr(ApiCalls, "begin", refuse)
        assert client.post(f"{V1}/tasks", json=BODY, headers=KEY).status_code == 503
        assert client.get(f"{V1}/tasks").json()["total"] == 0


def test_each_key_of_the_api_has_its_own(dashboard: Dashboard) -> None:
    """What one script was answered, another one does not get."""
    app = replace(dashboard, settings=dashboard.settings.model_copy(update={"access": "team"}))
    keys = [app.team.members.make_key(label=name, role=Role.EDITOR) for name in ("one", "two")]
    with member_client_of(app) as client:
        answers = [
            client.post(f"{V1}/tasks", json=BODY, headers={**KEY, "Authorization": f"Bearer {key}"})
            for key in keys
        ]
    assert [REPLAYED in answer.headers for answer in answers] == [False, False]
    assert len(answers[1].json()["known"]) == 1


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_forms_are_told_apart_by_what_they_hold(size: int) -> None:
    """Not by the boundary between their fields, which is made up anew each time."""

    async def fingerprint(boundary: str, content: str) -> str:
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n{content}\r\n--{boundary}--'.encode()
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        messages = iter([{"type": "http.request", "body": it, "more_body": True} for it in pieces])

        async def receive() -> dict[str, object]:
            return next(messages, {"type": "http.request", "body": b"", "more_body": False})

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/x",
            "headers": [(b"content-type", f"multipart/form-data; boundary={boundary}".encode())],
        }
        asked = _Asked(scope, receive)
        await asked.rest()
        return asked.fingerprint()

    first = asyncio.run(fingerprint("aaaabbbbcccc", "hello"))
    assert first == asyncio.run(fingerprint("ddddeeeeffff", "hello"))
    assert first != asyncio.run(fingerprint("ddddeeeeffff", "hullo"))
