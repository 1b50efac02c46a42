"""A process that has died loses what it held within seconds; one that lives keeps it, however long a call may take."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from dashboard import bootstrap
from dashboard.models import Process, State, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings
from dashboard.store.database import Database
from tests.chaos.obstacles import locked
from tests.chaos.processes import Crew
from tests.chaos.waiting import wait_until
from tests.quick_service import quick_service

pytestmark = pytest.mark.chaos

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

UNDER_WAY = 200
DURATION = 5.0
KEPT_WITHIN = 15.0
"""Seconds of the restart, beyond the duration of a call."""


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """The processes of a test; none survives it."""
    hired = Crew(tmp_path, database_url)
    yield hired
    hired.close()


def register(crew: Crew, folder: Path, database_url: str, number: int) -> None:
    """Register so many tasks, from a process that does not poll."""
    settings = load_settings(data_dir=folder / "data", database_url=database_url, api_url=crew.service_url)
    app = bootstrap.build(settings)
    try:
        app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
        ids = [f"{it:08x}-0000-4000-8000-000000000000" for it in range(number)]
        assert len(app.team.intake.register([NewTask(task_id=it) for it in ids]).registered) == number
    finally:
        app.stop()


def count(database: Database, *, state: State | None = None) -> int:
    """How many tasks are claimed, or stand there."""
    which = col(Task.claim).is_not(None) if state is None else col(Task.state) == state.value
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Task).where(which)).one()


def most_polls(database: Database) -> int:
    """How often the task was claimed that was claimed most often."""
    with database.reading() as session:
        return session.exec(select(func.max(Task.polls))).one() or 0


def seconds_until_kept(
    database: Database,
    crew: Crew,
    folder: Path,
    database_url: str,
    *,
    without: Literal["nothing", "heartbeat"] = "nothing",
) -> float | None:
    """Kill a server with 200 calls under way and start it again; how long until all is kept, None for too long.

    Counted from when the new one is ready.
    """
    register(crew, folder, database_url, UNDER_WAY)
    victim = crew.start("serve", workers=UNDER_WAY, without=without)
    wait_until(lambda: count(database) == UNDER_WAY, "all are under way")
    victim.kill()
    assert count(database) == UNDER_WAY
    crew.start("serve", workers=UNDER_WAY, without=without)
    began = time.monotonic()
    while (taken := time.monotonic() - began) < DURATION + KEPT_WITHIN:
        if count(database, state=State.COMPLETED) == UNDER_WAY:
            return taken
        time.sleep(0.1)
    return None


def test_a_kill_costs_seconds(database: Database, database_url: str, crew: Crew, tmp_path: Path) -> None:
    """All that was under way is kept soon after the restart of the only process."""
    with quick_service(latency=DURATION) as url:
        crew.ask(url, {})
        taken = seconds_until_kept(database, crew, tmp_path, database_url)
    assert taken is not None
    assert most_polls(database) == 2


@SQLITE
def test_without_a_heartbeat_it_would_cost_the_lease(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """The control: nobody notices, and all that was under way waits for a quarter of an hour."""
    with quick_service(latency=DURATION) as url:
        crew.ask(url, {})
        assert seconds_until_kept(database, crew, tmp_path, database_url, without="heartbeat") is None
    assert count(database) == UNDER_WAY


def test_a_living_process_keeps_what_it_holds(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """While a call takes long, and while nobody can write; another one looks on and takes nothing."""
    with quick_service(latency=20.0) as url:
        crew.ask(url, {})
        register(crew, tmp_path, database_url, 12)
        first = crew.start("worker")
        wait_until(lambda: count(database) == 12, "all are under way")
        second = crew.start("worker")
        with locked(database):
            time.sleep(9.0)
        wait_until(lambda: count(database, state=State.COMPLETED) == 12, "all are kept", seconds=60)
    assert most_polls(database) == 1
    assert [*first.events("poller.freed"), *second.events("poller.freed")] == []


def test_a_clean_end_gives_everything_back(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """And whoever ends so is known no more."""
    with quick_service(latency=20.0) as url:
        crew.ask(url, {})
        register(crew, tmp_path, database_url, 5)
        ending = crew.start("worker")
        wait_until(lambda: count(database) == 5, "all are under way")
        ending.process.terminate()
        ending.process.wait(20)
    assert count(database) == 0
    with database.reading() as session:
        assert session.exec(select(Process.id)).all() == []
