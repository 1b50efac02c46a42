"""What scripts do to tasks and share links, and what each role may do of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Action, ActorKind, Role, State, Task
from dashboard.sandbox import SandboxServer, SandboxState
from dashboard.settings import Settings
from dashboard.web.api_mount import ApiMount
from dashboard.web.base_path import BasePath
from tests.web.serving import NOBODY, V1, client_of, member_client_of, part, register

Finish = Callable[..., int]
GONE = {"detail": "There is no such task here. It may have been deleted."}
VERBS = [
    ("POST", "/check", None),
    ("POST", "/cancel", None),
    ("DELETE", "", None),
    ("PATCH", "", {"label": "b"}),
    ("GET", "/tags", None),
    ("POST", "/tags", {"add": ["b"]}),
]


def latest(dashboard: Dashboard) -> tuple[str, str]:
    """What the audit log says last, of what."""
    entry = dashboard.team.members.audit_log()[0]
    return entry.action, entry.subject


class TestVerbs:
    """Below ``/api/v1/tasks/{id}``."""

    @pytest.mark.parametrize("state", [State.NOT_FOUND, State.EXPIRED, State.FAILED])
    def test_check_opens_lost_ones_again(
        self, client: TestClient, dashboard: Dashboard, finish: Finish, state: State
    ) -> None:
        """As the button does."""
        ref = finish("lost-0001", state=state.value)
        answer = client.post(f"{V1}/tasks/{ref}/check")
        assert (answer.status_code, answer.json()["state"]) == (200, "pending")
        assert latest(dashboard) == (Action.TASKS_CHECKED, "1 task")

    def test_check_leaves_a_result_alone(self, client: TestClient, finish: Finish) -> None:
        """There is nothing to ask."""
        ref = finish("done-0001", part("Text", "x"))
        assert client.post(f"{V1}/tasks/done-0001/check").json()["state"] == "completed"
        assert client.get(f"{V1}/tasks/{ref}/text").text == "x"

    def test_cancel_asks_the_service(self, tmp_path: Path) -> None:
        """Then it is cancelled here; a second time there is nothing to cancel."""
        with SandboxServer(state=SandboxState()) as sandbox:
            app = build(Settings(data_dir=tmp_path / "data", api_url=sandbox.url, poller="off"))
            with client_of(app) as client:
                (ref,) = register(client, "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01", trial=True)
                answer = client.post(f"{V1}/tasks/{ref}/cancel")
                assert (answer.status_code, answer.json()["state"]) == (200, "cancelled"), answer.text
                again = client.post(f"{V1}/tasks/{ref}/cancel")
            assert again.status_code == 409
            assert again.json()["detail"].startswith("This task has ended already (cancelled)")
            assert latest(app)[0] == Action.TASKS_CANCELLED
            app.stop()

    def test_cancel_says_what_the_service_did_not_do(self, client: TestClient) -> None:
        """502, and the task stays open."""
        (ref,) = register(client, "open-0001", trial=True)
        answer = client.post(f"{V1}/tasks/{ref}/cancel")
        assert answer.status_code == 502
        assert answer.json()["detail"].startswith("open-0001: ")
        assert client.get(f"{V1}/tasks/{ref}").json()["state"] == "pending"

    def test_delete(self, client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
        """With everything that is stored for it."""
        ref = finish("done-0001", part("Text", "x"))
        answer = client.delete(f"{V1}/tasks/{ref}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.get(f"{V1}/tasks/{ref}").status_code == 404
        assert client.delete(f"{V1}/tasks/{ref}").status_code == 404
        assert latest(dashboard) == (Action.TASKS_DELETED, "1 task")

    def test_relabel(self, client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
        """As typed on the page: one line, and found by it."""
        ref = finish("done-0001", part("Text", "x"))
        answer = client.patch(f"{V1}/tasks/{ref}", json={"label": "  May \n invoice "})
        assert answer.json()["label"] == "May invoice"
        assert client.get(f"{V1}/tasks", params={"q": "may inv"}).json()["total"] == 1
        assert latest(dashboard) == (Action.TASK_CHANGED, "done-0001")
        assert client.patch(f"{V1}/tasks/{ref}", json={"label": ""}).json()["label"] == ""

    def test_tags(self, client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
        """Put on and taken off in one call."""
        ref = finish("done-0001", part("Text", "x"))
        assert client.post(f"{V1}/tasks/{ref}/tags", json={"add": ["Paid", "may"]}).json() == {
            "tags": ["may", "paid"]
        }
        assert latest(dashboard) == (Action.TASKS_TAGGED, "1 task")
        changed = client.post(f"{V1}/tasks/done-0001/tags", json={"add": ["june"], "remove": ["may"]})
        assert changed.json() == {"tags": ["june", "paid"]}
        assert client.get(f"{V1}/tasks/{ref}/tags").json() == {"tags": ["june", "paid"]}

    @pytest.mark.parametrize(
        ("verb", "below", "body", "words"),
        [
            ("PATCH", "", {}, "label: "),
            ("PATCH", "", {"label": None}, "label: "),
            ("PATCH", "", {"label": "x", "state": "completed"}, "state: "),
            ("PATCH", "", [], "The body must be a JSON object"),
            (
                "PATCH",
                "",
                {"label": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"},
                "That holds a secret",
            ),
            ("POST", "/tags", {"add": "paid"}, "add: "),
            ("POST", "/tags", {"add": ["x" * 41]}, "A tag can have up to 40 characters."),
            ("POST", "/tags", {"add": [f"t{number}" for number in range(21)]}, "Up to 20 tags at once."),
            ("POST", "/tags", {"put": []}, "put: "),
        ],
    )
    def test_bad_bodies(
        self, client: TestClient, finish: Finish, verb: str, below: str, body: object, words: str
    ) -> None:
        """Are refused with a sentence, and change nothing."""
        ref = finish("done-0001", label="before")
        answer = client.request(verb, f"{V1}/tasks/{ref}{below}", json=body)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(words)
        assert client.get(f"{V1}/tasks/{ref}").json()["label"] == "before"

    @pytest.mark.parametrize("reference", ["99", "no-such-task", "0", "9" * 30, "%00"])
    @pytest.mark.parametrize(("verb", "below", "body"), VERBS)
    def test_tasks_there_are_not(
        self, worn_client: TestClient, verb: str, below: str, body: object, reference: str
    ) -> None:
        """404 with the same sentence everywhere."""
        answer = worn_client.request(verb, f"{V1}/tasks/{reference}{below}", json=body)
        assert (answer.status_code, answer.json()) == (404, GONE)


class TestShares:
    """``/api/v1/shares``."""

    def test_make_look_and_end(self, client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
        """The address is told once; what it opens is what was chosen."""
        ref = finish("done-0001", part("Text", "Total 5 EUR"))
        answer = client.post(
            f"{V1}/shares", json={"tasks": [ref, "done-0001"], "label": "For Ann", "hours": 2}
        )
        made = answer.json()
        assert (made["label"], made["tasks"], made["works"]) == ("For Ann", 1, True)
        ends = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
        assert timedelta(minutes=115) < ends <= timedelta(hours=2, minutes=1)
        base, _, secret = made["url"].rpartition("/s/")
        assert base == "http://127.0.0.1:8501"
        assert dashboard.shared_results.open(secret).results[0].text == "Total 5 EUR"
        assert latest(dashboard) == (Action.SHARE_MADE, "For Ann")

        listed = client.get(f"{V1}/shares")
        assert listed.json()["total"] == 1
        assert secret not in listed.text
        assert client.delete(f"{V1}/shares/{made['id']}").status_code == 204
        assert client.delete(f"{V1}/shares/{made['id']}").status_code == 404
        assert client.get(f"{V1}/shares").json()["items"][0]["revoked"] is True

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({"tasks": []}, 422, "tasks: "),
            ({"tasks": [True]}, 422, "tasks.0"),
            ({"tasks": list(range(201))}, 422, "tasks: "),
            ({"tasks": [99]}, 404, "There is no such task here."),
            ({"tasks": ["no-such"]}, 404, "There is no such task here."),
            ({"tasks": ["done-0001"], "hours": 0}, 422, "hours: "),
            ({"tasks": ["done-0001"], "hours": 10_000}, 422, "hours: "),
            ({}, 422, "tasks: "),
        ],
    )
    def test_bad_bodies(
        self, client: TestClient, finish: Finish, body: object, status: int, words: str
    ) -> None:
        """Are refused, and no link is made."""
        finish("done-0001")
        answer = client.post(f"{V1}/shares", json=body)
        assert answer.status_code == status
        assert answer.json()["detail"].startswith(words)
        assert client.get(f"{V1}/shares").json()["total"] == 0

    def test_below_a_path(self, dashboard: Dashboard, finish: Finish) -> None:
        """The address is the one that whoever asks knows the dashboard by."""
        finish("done-0001", part("Text", "x"))
        app = BasePath(Starlette(routes=[ApiMount(lambda: dashboard)]), base_path="/ocr")
        client = TestClient(app, base_url="https://example.org")
        url = client.post("/ocr/api/v1/shares", json={"tasks": ["done-0001"]}).json()["url"]
        assert url.startswith("https://example.org/ocr/s/")

    @pytest.mark.parametrize(("share", "status"), [("1", 404), ("0", 422), ("x", 422), ("9" * 30, 422)])
    def test_links_there_are_not(self, worn_client: TestClient, share: str, status: int) -> None:
        """Are said not to be there."""
        assert worn_client.delete(f"{V1}/shares/{share}").status_code == status


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with access control and a few tasks; nothing is polled."""
    folder = tmp_path_factory.mktemp("verbs")
    app = build(Settings(data_dir=folder, access="team", poller="off", api_url=NOBODY))
    yield app
    app.stop()


CALLS: list[tuple[str, str, object, Role]] = [
    ("POST", "/tasks/{ref}/check", None, Role.EDITOR),
    ("POST", "/tasks/{ref}/cancel", None, Role.EDITOR),
    ("PATCH", "/tasks/{ref}", {"label": "b"}, Role.EDITOR),
    ("GET", "/tasks/{ref}/tags", None, Role.VIEWER),
    ("POST", "/tasks/{ref}/tags", {"add": ["b"]}, Role.EDITOR),
    ("POST", "/shares", {"tasks": ["{ref}"]}, Role.EDITOR),
    ("GET", "/shares", None, Role.EDITOR),
    ("GET", "/tasks/{ref}?wait=0.01", None, Role.VIEWER),
    ("DELETE", "/tasks/{ref}", None, Role.EDITOR),
]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
@pytest.mark.parametrize(("verb", "path", "body", "needed"), CALLS)
def test_what_a_key_may_do(
    members: Dashboard, verb: str, path: str, body: object, needed: Role, role: Role
) -> None:
    """What its role may; else 403 with a sentence, and nothing has happened."""
    now = members.clock()
    with members.database.writing() as session:
        task = Task(
            team_id=members.team.team_id,
            api_url=NOBODY,
            task_id=f"{role}-{CALLS.index((verb, path, body, needed))}-0001",
            operation="RecognizeImage",
            state=State.FAILED.value,
            registered_at=now,
            expires_at=now,
        )
        session.add(task)
        session.flush()
        ref = task.id
    key = members.team.members.make_key(label="script", role=role)
    before = len(members.team.members.audit_log())
    if body == {"tasks": ["{ref}"]}:
        body = {"tasks": [ref]}
    with member_client_of(members) as client:
        called = f"{V1}{path.format(ref=ref)}"
        anonymous = client.request(verb, called, json=body)
        assert anonymous.status_code == 401
        answer = client.request(verb, called, json=body, headers={"Authorization": f"Bearer {key}"})
    log = members.team.members.audit_log()
    if role.covers(needed):
        assert answer.status_code in {200, 204, 409}, answer.text
        if verb != "GET":
            assert (log[0].actor_kind, log[0].actor) == (ActorKind.KEY, "script")
        return
    assert answer.status_code == 403
    assert "editors and owners" in answer.json()["detail"]
    assert len(log) == before
