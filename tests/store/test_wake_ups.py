"""New work is heard of at once, by every process on the database."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from dashboard.models import State
from dashboard.store import credentials, outlived, tasks
from dashboard.store.database import Database
from dashboard.store.wake_ups import WakeUps
from tests.postgres import PostgresServer

AddTask = Callable[..., int]

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ONLY_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Ear:
    """Counts what is heard, over connections of its own, like another process."""

    def __init__(self, database_url: str) -> None:
        self.database = Database(database_url)
        self.heard = 0
        self._bell = threading.Event()
        self.wake_ups = WakeUps(self.database, self._hear)

    def hears(self, seconds: float = 5.0) -> bool:
        """Whether something is heard within this time."""
        found = self._bell.wait(seconds)
        self._bell.clear()
        return found

    def settle(self) -> None:
        """Until nothing is heard of what was before."""
        assert self.hears(10)
        while self.hears(1.2):
            pass

    def close(self) -> None:
        """Listen no more."""
        self.wake_ups.stop()
        self.database.close()

    def _hear(self) -> None:
        self.heard += 1
        self._bell.set()


@pytest.fixture
def ear(database_url: str) -> Iterator[Ear]:
    """Listening, after all that was before."""
    made = Ear(database_url)
    made.wake_ups.start()
    made.settle()
    yield made
    made.close()


Deed = Callable[[Session, int, int, int], object]

DEEDS: dict[str, Deed] = {
    "tasks are made due": lambda session, team, ref, _: tasks.make_due(
        session=session, team_id=team, task_refs=[ref], now=NOW
    ),
    "a pause ends": lambda session, team, _, token: credentials.resume(
        session=session, team_id=team, credential_id=token, now=NOW
    ),
    "a secret is replaced": lambda session, team, _, token: credentials.replace_secret(
        session=session, team_id=team, credential_id=token, fresh={"secret": "another"}, now=NOW
    ),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_it_is_heard(
    deed: Deed,
    ear: Ear,
    database: Database,
    add_task: AddTask,
    add_credential: Callable[..., int],
    team_id: int,
) -> None:
    """Within a second, and no sooner than it is committed."""
    token = add_credential()
    ref = add_task(credential_id=token, state=State.PENDING.value, next_poll_at=NOW.replace(year=2998))
    while ear.hears(1.2):
        pass
    with database.writing() as session:
        deed(session, team_id, ref, token)
        assert not ear.hears(0.7)
    began = time.monotonic()
    assert ear.hears()
    assert time.monotonic() - began < 1.0


def test_nothing_is_heard_when_nothing_happens(ear: Ear, database: Database) -> None:
    """Reading is nothing, and neither is what is rolled back."""
    with database.reading() as session:
        outlived.some(session=session, team_id=1, before=NOW, limit=5)
    with database.writing() as session:
        tasks.make_due(session=session, team_id=1, task_refs=[1], now=NOW)
        session.rollback()
    assert not ear.hears(1.2)


@ONLY_POSTGRESQL
def test_the_connection_is_lost(
    ear: Ear, database: Database, postgres: PostgresServer, add_task: AddTask, team_id: int
) -> None:
    """It is made anew, and what was announced meanwhile is not missed: whoever hears again looks at once."""
    postgres.kick_everybody("dashboard")
    assert ear.hears(10)
    ref = add_task()
    with database.writing() as session:
        tasks.make_due(session=session, team_id=team_id, task_refs=[ref], now=NOW)
    assert ear.hears()


def test_it_stops_soon(ear: Ear) -> None:
    """Whatever it waits for."""
    began = time.monotonic()
    ear.wake_ups.stop(timeout_seconds=5)
    assert time.monotonic() - began < 2.0
