"""The dashboard is told to end: it does within seconds, whatever clients do, and gives back what it has claimed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlmodel import select

from dashboard import bootstrap
from dashboard.ending import SAME_SECONDS
from dashboard.models import State, Task
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import PREFIX, load_settings
from dashboard.store.database import Database, sqlite_url
from tests.chaos import clients
from tests.chaos.waiting import wait_until
from tests.commands import Running, free_port, running
from tests.starting import STARTS

pytestmark = pytest.mark.chaos

WORKER = ("dashboard", "worker")
OPEN_TASKS = 20
CALLS = 16
"""What the poller has under way at once."""


@contextmanager
def started(folder: Path, service: str, *arguments: str) -> Iterator[tuple[Running, int]]:
    """A server or worker with open tasks, many results and a scan; gives it and its port."""
    app = bootstrap.build(load_settings(data_dir=folder / "data", api_url=service))
    clients.keep_many_results(app, megabytes=3)
    clients.keep_costly_source(app)
    app.team.intake.register([NewTask(task_id=f"open-{number}", trial=True) for number in range(OPEN_TASKS)])
    app.stop()
    port = free_port()
    environment = {f"{PREFIX}DATA_DIR": str(folder / "data"), f"{PREFIX}API_URL": service}
    command = [part.format(port=port) for part in arguments]
    with running(*command, folder=folder, environment=environment, program=(sys.executable, "-m")) as process:
        if arguments == WORKER:
            process.wait_for("Polling.")
        else:
            wait_until(lambda: _answers(port), "it answers")
        yield process, port


def _answers(port: int) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=30).ok
    return False


def leases(folder: Path) -> list[Task]:
    """Open tasks that a restart would not ask about at once."""
    database = Database(sqlite_url(folder / "data"))
    with database.reading() as session:
        found = session.exec(select(Task).where(Task.state == State.PENDING.value)).all()
    database.close()
    assert len(found) >= OPEN_TASKS
    now = datetime.now(UTC)
    return [it for it in found if it.claim is not None or it.next_poll_at is None or it.next_poll_at > now]


@pytest.mark.parametrize("how", ["serve", "uvicorn"])
def test_stopping_takes_seconds_whatever_clients_do(how: str, tmp_path: Path) -> None:
    """Readers that read and that do not, pages, uploads, documents and a service that hang: all at once."""
    with clients.silent_service() as (service, calls), started(tmp_path, service, *STARTS[how]) as it:
        process, port = it
        with ExitStack() as others:
            others.enter_context(clients.export(port, reads=False))
            others.enter_context(clients.export(port, reads=True))
            others.enter_context(clients.open_page(port))
            others.enter_context(clients.slow_upload(port))
            others.enter_context(clients.look_at_scan(port, process.process.pid))
            wait_until(lambda: len(calls) >= CALLS, "the service is being asked")
            assert process.end(signal.SIGTERM) in (0, -signal.SIGTERM)
        assert "Traceback" not in process.said()
        assert "poller.stopped clean=true" in process.said()
    assert leases(tmp_path) == []


def test_a_worker_stops_while_the_service_hangs(tmp_path: Path) -> None:
    """And what it has asked about is asked about at once by the next one."""
    with clients.silent_service() as (service, calls), started(tmp_path, service, *WORKER) as (process, _):
        wait_until(lambda: len(calls) >= CALLS, "the service is being asked")
        assert process.end(signal.SIGINT) == 0
        assert "Traceback" not in process.said()
    assert leases(tmp_path) == []


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    """Whatever the first one waits for."""
    with clients.silent_service() as (service, _), started(tmp_path, service, *STARTS["serve"]) as it:
        process, port = it
        with clients.look_at_scan(port, process.process.pid):
            process.process.send_signal(signal.SIGINT)
            wait_until(lambda: not _answers(port), "it takes the first one")
            time.sleep(SAME_SECONDS)
            assert process.process.poll() is None
            began = time.monotonic()
            process.process.send_signal(signal.SIGINT)
            assert process.process.wait(clients.PATIENCE) == 128 + signal.SIGINT
            assert time.monotonic() - began < 1.5  # the first one would take longer
        assert "Traceback" not in process.said()


def test_ctrl_c_while_starting(tmp_path: Path) -> None:
    """At no moment is there a traceback, from the first line of ours on; imports take most of the time."""
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell may have had it ignored, by all
    code = "from dashboard.__main__ import main; print('x', flush=True); main()"
    environment = {**os.environ, f"{PREFIX}POLLER": "off"}
    for number in range(1, 8):
        folder = tmp_path / str(number)
        environment |= {f"{PREFIX}DATA_DIR": str(folder), f"{PREFIX}PORT": str(free_port())}
        with subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.read(1) == b"x"
            time.sleep(0.04 * number * number)
            os.killpg(process.pid, signal.SIGINT)
            said, _ = process.communicate(timeout=clients.PATIENCE)
        assert b"Traceback" not in said, said.decode()
        assert process.returncode in (0, -signal.SIGINT, 128 + signal.SIGINT), said.decode()
    signal.signal(signal.SIGINT, before)
