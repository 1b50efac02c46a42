"""The restore rehearsal: a server dies in the middle of its work, and its backup goes on elsewhere."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from dashboard.models import Part, Task
from dashboard.store.database import Database, sqlite_url
from tests.chaos.processes import Crew
from tests.chaos.test_kill import register
from tests.chaos.waiting import wait_until
from tests.commands import Run

pytestmark = pytest.mark.chaos

TASKS = 200
Results = dict[str, tuple[tuple[int, bytes, str | None], ...]]
"""Task ID -> place, bytes and text of each part."""


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """The processes of a test; none survives it."""
    hired = Crew(tmp_path, database_url)
    yield hired
    hired.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_holds_every_result_of_its_moment(
    database: Database, database_url: str, crew: Crew, run: Run, tmp_path: Path
) -> None:
    """Taken while 200 tasks are being stored; after ``kill -9`` it is whole in an empty folder."""
    file, data = tmp_path / "it.backup", tmp_path / "data"
    crew.start_service(tasks=TASKS, spread=0.0, latency=0.1)
    register(crew, tmp_path, database_url)
    worker = crew.start("worker")
    wait_until(lambda: stored(database) >= TASKS // 8, "some results are stored", seconds=90)
    before = results(database)
    code, said = run("backup", str(file))
    after = results(database)
    refused = run("restore", str(file), "--force")
    worker.kill()
    assert code == 0, said
    assert (refused[0], "is in use. Stop the server" in refused[1]) == (1, True)
    assert run("verify", str(file))[0] == 0

    # Without the key: results need none.
    code, said = run("restore", str(file), data_dir=str(tmp_path / "without"))
    assert (code, "there is no key here" in said) == (0, True)
    assert run("secrets", "forget-unreadable", "--yes")[0] == 0
    without = opened_results(tmp_path / "without")
    assert before.items() <= without.items() <= after.items()
    assert TASKS // 8 <= len(without) < TASKS

    # With it: tokens too, so that the rest can be fetched.
    there = tmp_path / "with"
    assert run("restore", str(file), data_dir=str(there))[0] == 0
    shutil.copy(data / "secret.key", there)
    code, said = run("secrets", "status")
    assert (code, "Stored secrets: 1, of which 1 use the first key." in said) == (0, True)
    assert opened_results(there) == without
    with opened(there) as restored, restored.reading() as session:
        waiting = select(func.count()).where(col(Task.next_poll_at).is_not(None))
        assert session.exec(waiting).one() == TASKS - len(without)


def stored(database: Database) -> int:
    """How many tasks have their result."""
    with database.reading() as session:
        return session.exec(select(func.count(func.distinct(col(Part.task_ref))))).one()


def results(database: Database) -> Results:
    """Everything that is stored of each result."""
    found: Results = {}
    with database.reading() as session:
        rows = session.exec(
            select(Task.task_id, Part.position, Part.data, Part.text)
            .join(Task, col(Part.task_ref) == col(Task.id))
            .order_by(col(Part.id))
        )
        for task_id, position, data, words in rows:
            found[task_id] = (*found.get(task_id, ()), (position, data, words))
    return found


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """The database in a folder."""
    database = Database(sqlite_url(folder))
    yield database
    database.close()


def opened_results(folder: Path) -> Results:
    """Everything that is stored there."""
    with opened(folder) as database:
        return results(database)
