"""The client for scripts: against a real server, and against ones that are none or have trouble."""

import http.server
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.client import MOST_IDS, Client
from dashboard.client_calls import TRIES, Calls
from dashboard.client_values import _OPEN, _WITH_RESULT
from dashboard.errors import (
    DashboardError,
    InputRefused,
    NotFound,
    NotPermitted,
    ServerAway,
    StillOpen,
)
from dashboard.models import RawPart, Role, State, Task
from dashboard.settings import Settings
from tests.commands import free_port
from tests.served import served
from tests.storing import put_result
from tests.web.serving import NOBODY, part

HEAVY = {
    "streamlit",
    "sqlalchemy",
    "sqlmodel",
    "pydantic",
    "fastapi",
    "starlette",
    "typer",
    "dashboard.bootstrap",
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard with access control; nothing is polled."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data", access="team", api_url=NOBODY, poller="off"))
    yield built
    built.stop()


@pytest.fixture
def url(app: Dashboard) -> Iterator[str]:
    """Where it is."""
    with served(app) as address:
        yield address


@pytest.fixture
def client(app: Dashboard, url: str) -> Iterator[Client]:
    """A script with the key of an editor."""
    with Client(url, app.team.members.make_key(label="script", role=Role.EDITOR)) as made:
        yield made


def finished(app: Dashboard, task_id: str, *parts: RawPart) -> int:
    """Store a task that is done."""
    now = datetime.now(UTC)
    with app.database.writing() as session:
        task = Task(
            team_id=app.team.team_id,
            api_url=NOBODY,
            task_id=task_id,
            operation="RecognizeImage",
            state=State.COMPLETED.value,
            registered_at=now,
            expires_at=now,
            completed_at=now,
        )
        return put_result(session, task, parts)


def end(app: Dashboard, task_ref: int) -> None:
    """As a poller does it."""
    with app.database.writing() as session:
        session.get_one(Task, task_ref).state = State.FAILED.value


def test_little_is_imported() -> None:
    """Nothing of the server, so that a script is ready at once."""
    code = "import sys; import dashboard.client; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own
    modules = set(loaded.split())
    assert "requests" in modules
    assert modules & HEAVY == set()
    ours = {name.removeprefix("dashboard.") for name in modules if name.startswith("dashboard.")}
    assert ours == {
        "client",
        "client_calls",
        "client_form",
        "client_values",
        "errors",
        "private_files",
        "retrying",
    }


def test_it_knows_the_states() -> None:
    """As the server does, whose list it does not load."""
    assert frozenset(state.value for state in State if state.is_open) == _OPEN
    assert frozenset(state.value for state in State if state.has_result) == _WITH_RESULT


class TestTasks:
    """What it does with them."""

    def test_add(self, client: Client, app: Dashboard) -> None:
        """Every ID is accounted for."""
        first = client.add(["task-0001", "no id!"], label="May", trial=True)
        assert [(task.task_id, task.label, task.trial, task.is_open) for task in first.tasks] == [
            ("task-0001", "May", True, True)
        ]
        assert list(first.rejected) == ["no id!"]
        again = client.add(iter(["task-0001", "task-0002"]), submitted_at=datetime.now(UTC))
        assert again.known == {"task-0001": first.tasks[0].id}
        assert again.ids == [again.tasks[0].id, first.tasks[0].id]
        assert app.team.members.audit_log()[0].actor == "script"

    def test_more_than_one_call_takes(self, client: Client) -> None:
        """Thousands in several calls."""
        added = client.add(f"many-{number:06}" for number in range(MOST_IDS + 10))
        assert len(added.tasks) == MOST_IDS + 10
        assert sum(1 for _ in client.list()) == MOST_IDS + 10

    def test_list_and_get(self, client: Client, app: Dashboard) -> None:
        """Filtered as on the board."""
        finished(app, "done-0001")
        client.add(["open-0001"], label="June")
        assert [task.task_id for task in client.list()] == ["open-0001", "done-0001"]
        assert [task.task_id for task in client.list(state="completed")] == ["done-0001"]
        assert [task.task_id for task in client.list(query="june")] == ["open-0001"]
        assert list(client.list(at_risk=True)) == []
        assert client.get("done-0001").has_result
        assert client.get(client.get("open-0001")).label == "June"

    def test_wait(self, client: Client, app: Dashboard) -> None:
        """Until the end."""
        (task,) = client.add(["open-0001"]).tasks

        def end_it() -> None:
            while task.id not in app.teams.endings._awaited:
                threading.Event().wait(0.01)
            end(app, task.id)

        threading.Thread(target=end_it, daemon=True).start()
        assert client.wait(task).state == "failed"
        assert client.wait(task.id, seconds=0).state == "failed"

    def test_wait_no_longer_than_asked(self, client: Client) -> None:
        """Then it is said what the task is doing."""
        (task,) = client.add(["open-0001"]).tasks
        with pytest.raises(TimeoutError, match="is still pending"):
            client.wait(task, seconds=0.05)

    def test_texts_and_files(self, client: Client, app: Dashboard, tmp_path: Path) -> None:
        """As they are downloaded from pages."""
        ref = finished(app, "done-0001", part("Text", "Größe 5"))
        finished(app, "done-0002", part("Text", "x"))
        assert client.text("done-0001") == "Größe 5"
        assert json.loads(client.export(ref, form="json"))["text"] == "Größe 5"
        archive = client.download([ref, "done-0002"], tmp_path / "all.zip")
        assert any("done-0002" in name for name in zipfile.ZipFile(archive).namelist())
        both = client.download([ref, client.get("done-0002")], tmp_path / "all.txt", form="txt")
        assert "Größe 5" in both.read_text("utf-8")
        with pytest.raises(InputRefused):
            client.download([], tmp_path / "none.zip")
        assert not (tmp_path / "none.zip").exists()


class TestRefusals:
    """Errors of ours, with the server's sentence."""

    @pytest.mark.parametrize(
        "reference", ["none-0001", 99, "", ".", "..", "../credentials", "a/b", "a?b", "a\nb"]
    )
    def test_tasks_there_are_not(self, client: Client, reference: str | int) -> None:
        """Nothing else is asked for by a reference, whatever it holds."""
        with pytest.raises(NotFound, match="There is no such task here"):
            client.get(reference)

    def test_no_result_yet(self, client: Client) -> None:
        """StillOpen."""
        (task,) = client.add(["open-0001"]).tasks
        with pytest.raises(StillOpen):
            client.text(task)

    def test_keys(self, client: Client, app: Dashboard, url: str) -> None:
        """Wrong ones and small ones."""
        viewer = app.team.members.make_key(label="reader", role=Role.VIEWER)
        with Client(url, "odk_wrong") as wrong, pytest.raises(NotPermitted, match="API key of a team"):
            wrong.get(1)
        with Client(url, viewer) as small, pytest.raises(NotPermitted, match="editors and owners"):
            small.add(["open-0001"])
        with pytest.raises(InputRefused, match="q: "):
            next(client.list(query="x" * 300))

    @pytest.mark.parametrize("address", ["ocr.example.org", "ftp://ocr.example.org", "file:///etc/passwd"])
    def test_addresses_that_are_none(self, address: str) -> None:
        """Are refused at once."""
        with pytest.raises(InputRefused, match="begins with http"):
            Client(address)


@dataclass
class Stub:
    """A server that answers what it is told to, one after the other, and remembers what was asked."""

    answers: list[tuple[int, dict[str, str], bytes]]
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


@contextmanager
def stub(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[Stub]:
    """Run one; the last answer repeats."""
    told = Stub(list(answers))

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.seen.append((self.path, dict(self.headers)))
            status, headers, body = told.answers[0] if len(told.answers) == 1 else told.answers.pop(0)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's signature
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


Told = tuple[int, dict[str, str], bytes]
REGISTERED: Told = (200, {}, b'{"registered": [], "known": [{"task_id": "a-0001", "id": 7}], "rejected": []}')
BUSY: Told = (503, {}, b'{"detail": "The database is locked."}')


class TestTrouble:
    """Servers that are away, busy, or none."""

    def test_a_server_that_is_busy(self) -> None:
        """Is asked again, and told that it is the same call."""
        pauses: list[float] = []
        under_way = (409, {"Retry-After": "1"}, b'{"detail": "under way"}')
        with stub(BUSY, under_way, REGISTERED) as server:
            calls = Calls(server.url, "", sleep=pauses.append)
            assert calls.json("POST", "/tasks", json={}, once=True)["rejected"] == []
            calls.close()
        keys = {headers["Idempotency-Key"] for _, headers in server.seen}
        assert (len(server.seen), len(keys)) == (3, 1)
        assert pauses == [0.5, 1.0]

    def test_one_that_stays_busy(self) -> None:
        """It is said what it said."""
        with (
            stub(BUSY) as server,
            Client(server.url, sleep=lambda _: None) as client,
            pytest.raises(ServerAway, match="database is locked"),
        ):
            client.get(1)
        assert len(server.seen) == TRIES

    def test_nobody_there(self) -> None:
        """In a sentence, after some tries."""
        pauses: list[float] = []
        with (
            Client(f"http://127.0.0.1:{free_port()}", sleep=pauses.append) as client,
            pytest.raises(ServerAway, match="No dashboard answers at http"),
        ):
            client.get(1)
        assert len(pauses) == TRIES - 1

    @pytest.mark.parametrize(
        ("answer", "error", "words"),
        [
            ((200, {}, b"<html>"), ServerAway, "is not a dashboard"),
            ((404, {}, b"<html>nginx"), NotFound, "answers with status 404"),
            ((500, {}, b'{"detail": "Something went wrong here."}'), ServerAway, "Something went wrong"),
            ((301, {"Location": "https://elsewhere.example/"}, b""), ServerAway, "leads elsewhere"),
            ((418, {}, b"[]"), ServerAway, "answers with status 418"),
        ],
    )
    def test_what_is_no_dashboard(
        self, answer: tuple[int, dict[str, str], bytes], error: type[DashboardError], words: str
    ) -> None:
        """Is said to be none; nothing of a strange page is repeated, and no redirect followed with the key."""
        with (
            stub(answer) as server,
            Client(server.url, "odk_planted", sleep=lambda _: None) as client,
            pytest.raises(error, match=words) as raised,
        ):
            client.get(1)
        assert "odk_planted" not in str(raised.value)
        assert len(server.seen) == 1

    def test_a_download_that_breaks_off(self, tmp_path: Path) -> None:
        """Leaves no file behind."""
        short = (200, {"Content-Length": "100"}, b"half")
        with (
            stub(short) as server,
            Client(server.url, sleep=lambda _: None) as client,
            pytest.raises(ServerAway, match="Nothing was written"),
        ):
            client.download([1], tmp_path / "all.zip")
        assert list(tmp_path.iterdir()) == []


def test_the_key_alone_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From the environment, and nothing that a .netrc says of the host."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password planted\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with stub(REGISTERED) as server:
        monkeypatch.setenv("OCR_DASHBOARD_URL", f"{server.url}/")
        for key, sent in (("odk_1", "Bearer odk_1"), ("", None)):
            monkeypatch.setenv("OCR_DASHBOARD_KEY", key)
            with Client() as client:
                client.add(["a-0001"])
                assert key not in repr(client) or not key
            path, headers = server.seen[-1]
            assert (path, headers.get("Authorization")) == ("/api/v1/tasks", sent)
