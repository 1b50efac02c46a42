"""A real server whose clock is set while it runs, or is not its database's; the service's is right all the time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sqlmodel import col, select

from dashboard.models import State, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.store.database import Database
from tests.chaos.faked_time import FakedTime
from tests.chaos.processes import Crew, Running
from tests.chaos.waiting import wait_until

pytestmark = pytest.mark.chaos


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """The processes of a test; none survives it."""
    hired = Crew(tmp_path, database_url)
    yield hired
    hired.close()


def is_heard(server: Running) -> bool:
    """Whether a server answers: faking the time of a process that starts can set its timers off, and it hangs up.

    On a busy machine the first answer may take a while as well.
    """
    try:
        return requests.get(f"{server.url}/healthz", timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def register(server: Running, crew: Crew) -> None:
    """Register all tasks of the service."""
    wait_until(lambda: is_heard(server), "it answers")
    server.post("credentials", {"label": "Demo", "access_token": DEMO_ACCESS_TOKEN})
    done = server.post("tasks", {"tasks": [{"task_id": task_id} for task_id in crew.tasks]})
    assert len(done["registered"]) == len(crew.tasks)


def rows(database: Database) -> list[Task]:
    """The tasks as they are stored."""
    with database.reading() as session:
        return list(session.exec(select(Task).order_by(col(Task.id))))


def states(database: Database) -> set[str]:
    """The states there are."""
    return {row.state for row in rows(database)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_ahead_and_set_right(database: Database, crew: Crew, tmp_path: Path) -> None:
    """No task the service works on is expired meanwhile, and none is late by a day afterwards."""
    time = FakedTime(tmp_path)
    environment = time.environment
    crew.start_service(tasks=4, spread=600.0, latency=0.0)
    first, *waiting = crew.tasks  # done at once, and over minutes
    server = crew.start("serve", environment=environment)
    register(server, crew)
    wait_until(lambda: State.COMPLETED.value in states(database), "the first one is completed")
    polls = sum(row.polls for row in rows(database))
    time.set("+25h")
    wait_until(
        lambda: sum(row.polls for row in rows(database)) >= polls + len(waiting), "they are asked about"
    )
    ahead = datetime.now(UTC) + timedelta(hours=24)
    wait_until(
        lambda: all(
            row.claim is None and (row.next_poll_at or ahead) > ahead
            for row in rows(database)
            if row.task_id != first
        ),
        "each is to be asked about again, a day too late",
    )
    assert {row.state for row in rows(database) if row.task_id != first} <= {"pending", "processing"}
    polls = sum(row.polls for row in rows(database))
    time.set("+0")
    wait_until(
        lambda: sum(row.polls for row in rows(database)) >= polls + len(waiting),
        "they are not late",
        seconds=60,
    )
    wait_until(lambda: server.events("clock.set_back"), "it is said")
    assert State.EXPIRED.value not in states(database)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("offset", ["+1h", "-2d"])
def test_a_machine_that_is_apart_from_its_database(
    database: Database, crew: Crew, tmp_path: Path, offset: str
) -> None:
    """All moments of tasks are the database's: none is late by the difference, and none is over at once."""
    environment = FakedTime(tmp_path, offset).environment
    crew.start_service(tasks=3, spread=1.0, latency=0.0)
    server = crew.start("serve", environment=environment)
    register(server, crew)
    wait_until(lambda: states(database) == {State.COMPLETED.value}, "all are completed", seconds=60)
    now = datetime.now(UTC)
    for row in rows(database):
        assert abs(row.registered_at - now) < timedelta(minutes=2)
        assert abs(row.expires_at - now - timedelta(hours=24)) < timedelta(minutes=2)
    wait_until(
        lambda: (
            is_heard(server) and abs(server.metric_of("ocr_dashboard_clock_ahead_seconds", "database")) > 3500
        ),
        "it is said",
    )
