"""Somebody deletes or replaces the database of a dashboard that runs, or was killed."""

import contextlib
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.errors import DatabaseUnfit
from dashboard.sandbox import SandboxServer
from dashboard.settings import load_settings
from dashboard.store.board_filter import BoardFilter
from dashboard.web.health import unready
from tests.chaos.gated import GatedState, submit
from tests.chaos.waiting import wait_until
from tests.chaos.watching import register, register_and_hold, wait_until_completed
from tests.commands import Running, free_port, running
from tests.postgres import PostgresServer


@pytest.fixture
def state() -> GatedState:
    """What the service remembers."""
    return GatedState()


@pytest.fixture
def app(state: GatedState, tmp_path: Path) -> Iterator[Dashboard]:
    """A polling dashboard on SQLite."""
    with SandboxServer(state=state) as service:
        opened = bootstrap.build(load_settings(data_dir=tmp_path / "data", api_url=service.url))
        opened.start()
        yield opened
        state.gate.set()
        opened.stop()


def back_up(path: Path, to: Path) -> Path:
    """A backup as SQLite makes it, of a database in use."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def tasks_in(path: Path) -> int:
    """How many tasks the file alone holds; fails when it is not sound."""
    alone = shutil.copy(path, path.parent.parent / "alone")
    with closing(sqlite3.connect(alone)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT count(*) FROM task").fetchone()[0])


def is_home(path: Path, *, tasks: int) -> bool:
    """Whether the file alone holds so many; before, it holds no tables yet, or is copied while pages are written."""
    with contextlib.suppress(sqlite3.DatabaseError, AssertionError):
        return tasks_in(path) == tasks
    return False


MISCHIEF: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "mv over": (Path.rename, "Another file was put"),
    "cp over": (shutil.copyfile, "Another file was put"),
    "rm -rf": (lambda _backup, path: shutil.rmtree(path.parent), "was deleted or moved away"),
}


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_nothing_is_stored_or_asked_any_more(
    mischief: str, state: GatedState, app: Dashboard, tmp_path: Path
) -> None:
    """Everything says why in the same sentence; a backup that was put there stays as it is."""
    do, sentence = MISCHIEF[mischief]
    path = tmp_path / "data" / "dashboard.db"
    register(app, submit(state, 3))
    backup = back_up(path, tmp_path / "backup")
    wait_until(lambda: len(state.asked) >= 3, "the first are asked about")
    wait_until(lambda: app.poller.pulse.in_flight == 0, "and answered")
    state.asked.clear()
    refs = register_and_hold(app, state, 5)
    app.database.checkpointing.bring_home()
    do(backup, path)
    state.gate.set()
    wait_until(lambda: sentence in (app.poller.pulse.store_trouble or ""), "the poller says it")
    asked = len(state.asked)
    said = set()
    for _ in range(5):
        app.poller.wake()
        said.update(unready(lambda: app))
        with pytest.raises(DatabaseUnfit, match=sentence):
            register(app, submit(state, 1))
        with pytest.raises(DatabaseUnfit, match=sentence):
            app.team.tasks.detail(refs[0])
    assert len(said) == 1
    assert len(state.asked) == asked
    app.stop()
    assert len(state.asked) == asked
    if mischief != "rm -rf":
        assert tasks_in(path) == 3
    assert path.exists() == (mischief != "rm -rf")


def test_a_postgresql_database_is_restored_under_a_running_dashboard(
    state: GatedState, postgres: PostgresServer, tmp_path: Path
) -> None:
    """Its server owns the files: who goes on, goes on in the database that people have, and nothing gets mixed up."""
    url = postgres.create("gone_and_back")
    with SandboxServer(state=state) as service:
        settings = load_settings(data_dir=tmp_path / "data", api_url=service.url, database_url=url)
        first = bootstrap.build(settings)
        (kept,) = register(first, submit(state, 1))
        first.stop()
        again = "CREATE DATABASE {} TEMPLATE {}"
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as operator:
            operator.execute(again.format("backup", "gone_and_back").encode())
            app = bootstrap.build(settings)
            state.gate.clear()
            app.start()
            register(app, submit(state, 3))
            wait_until(lambda: len(state.asked) == 4, "all calls are under way")
            operator.execute(b"DROP DATABASE gone_and_back WITH (FORCE)")
            operator.execute(again.format("gone_and_back", "backup").encode())
            state.gate.set()
            (fresh,) = register(app, submit(state, 1))
            wait_until_completed(app, [kept, fresh])
            assert app.team.board.look(BoardFilter()).total == 2
            app.stop()
            operator.execute(b"DROP DATABASE backup")
    postgres.drop("gone_and_back")


@pytest.mark.chaos
def test_a_server_whose_folder_is_deleted(tmp_path: Path) -> None:
    """It says so with every answer, ends when told, and the next start begins anew instead of half-way."""
    folder = tmp_path / "data"
    with started(tmp_path) as (server, url):
        assert post(url, "task-0001").status_code == 200
        shutil.rmtree(folder)
        answers = [post(url, "task-0002"), *(requests.get(f"{url}/readyz", timeout=10) for _ in range(3))]
        assert {answer.status_code for answer in answers} == {503}
        assert all("was deleted or moved away" in answer.text for answer in answers)
        assert requests.get(f"{url}/healthz", timeout=10).status_code == 200
        server.end(signal.SIGTERM)
        assert "Traceback" not in server.said()
    assert not (folder / "dashboard.db").exists()


@pytest.mark.chaos
def test_a_backup_is_copied_in_after_a_kill(tmp_path: Path) -> None:
    """What the killed server left beside it is kept and not replayed; without the backup it is replayed."""
    folder = tmp_path / "data"
    path = folder / "dashboard.db"
    with started(tmp_path) as (server, url):
        post(url, *(f"task-{number:04}" for number in range(20)))
        backup = back_up(path, tmp_path / "backup")
        post(url, *(f"more-{number:04}" for number in range(20)))
        wait_until(lambda: is_home(path, tasks=40), "it is brought home in a quiet moment")
        post(url, "last-0001")
        server.process.kill()
        server.process.wait()
    assert path.with_name("dashboard.db-wal").stat().st_size > 0
    replayed = bootstrap.build(load_settings(data_dir=shutil.copytree(folder, tmp_path / "copy")))
    assert replayed.database.unfit is None
    replayed.stop()
    assert tasks_in(tmp_path / "copy" / "dashboard.db") == 41
    shutil.copyfile(backup, path)
    with started(tmp_path) as (server, url):
        assert requests.get(f"{url}/api/v1/tasks", timeout=10).json()["total"] == 20
        assert post(url, "anew-0001").status_code == 200
        assert "event=database.set_aside" in server.said()
        server.end(signal.SIGTERM)
    assert tasks_in(path) == 21
    assert len(list(folder.glob("dashboard.db-wal.set-aside-*"))) == 1


@contextmanager
def started(folder: Path) -> Iterator[tuple[Running, str]]:
    """A server in a folder, with its address."""
    port = str(free_port())
    environment = {
        "OCR_DASHBOARD_DATA_DIR": str(folder / "data"),
        "OCR_DASHBOARD_API_URL": "http://127.0.0.1:9",
        "OCR_DASHBOARD_POLLER": "off",
    }
    with running("serve", "--port", port, folder=folder, environment=environment) as server:
        server.wait_for("is ready at")
        yield server, f"http://127.0.0.1:{port}"


def post(url: str, *task_ids: str) -> requests.Response:
    """Register tasks."""
    body = {"tasks": [{"task_id": task_id} for task_id in task_ids]}
    return requests.post(f"{url}/api/v1/tasks", json=body, timeout=20)
