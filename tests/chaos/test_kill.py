"""Processes die, sleep too long and get in each other's way; every task still ends exactly once."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import func, text, update
from sqlmodel import col, select

from dashboard import bootstrap
from dashboard.errors import StoreUnavailable
from dashboard.models import Attempt, Part, State, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings
from dashboard.store.database import Database
from tests.chaos.processes import Crew, Running
from tests.chaos.waiting import wait_until

pytestmark = pytest.mark.chaos


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """The processes of a test; none survives it."""
    hired = Crew(tmp_path, database_url)
    yield hired
    hired.close()


def test_killed_servers_and_workers_lose_and_double_nothing(database: Database, crew: Crew) -> None:
    """Whatever was acknowledged before ``kill -9`` in mid-poll ends once, with its own text."""
    crew.start_service(tasks=80, spread=8.0, latency=0.15)
    ids = list(crew.tasks)
    cut_off = 0
    for command, fresh in (("serve", ids[:40]), ("worker", []), ("serve", ids[40:]), ("worker", [])):
        victim = crew.start(command)
        if fresh:
            victim.post("credentials", {"label": "Demo", "access_token": DEMO_ACCESS_TOKEN})
            done = victim.post("tasks", {"tasks": [{"task_id": task_id} for task_id in fresh]})
            assert len(done["registered"]) == len(fresh)
        cut_off += kill_in_mid_poll(victim, database)
    assert cut_off > 0  # the kills did strike polls
    crew.start("serve")
    wait_until_all_ended(database, 80)
    check_each_ended_once(database, crew.tasks)


def test_two_workers_share_the_tasks_without_doubling(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """Two workers on one database divide the tasks, also when one of them is killed and replaced."""
    crew.start_service(tasks=60, spread=15.0, latency=0.15)
    ids = list(crew.tasks)
    register(crew, tmp_path, database_url, ids[:30])
    first, killed = crew.start("worker"), crew.start("worker")
    kill_in_mid_poll(killed, database)
    second = crew.start("worker")
    wait_until(lambda: completed_by(first), "the survivor completes something")
    freeze_outside_a_transaction(
        first, database
    )  # so that the replacement has its share, however slow its start
    register(crew, tmp_path, database_url, ids[30:])
    wait_until(lambda: completed_by(second), "the replacement completes something")
    first.thaw()
    wait_until_all_ended(database, 60)
    assert not completed_by(first) & completed_by(second)
    check_each_ended_once(database, crew.tasks)


def test_a_process_that_was_frozen_writes_nothing(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """A server frozen in mid-poll comes back with answers that others have stored; the fence refuses them."""
    sleeper, held = freeze_in_mid_poll(database, database_url, crew, tmp_path)
    wait_until(lambda: sleeper.metric("ocr_dashboard_fenced_total") >= held, "all its writes are refused")
    check_each_ended_once(database, crew.tasks)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_the_fence_outcomes_would_double(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """The control: the same story with the fence taken away doubles outcomes, so these tests can fail."""
    freeze_in_mid_poll(database, database_url, crew, tmp_path, without="fence")
    wait_until(lambda: any(n > 1 for n in completions(database).values()), "an outcome is doubled")
    with pytest.raises(AssertionError):
        check_each_ended_once(database, crew.tasks)


def register(crew: Crew, folder: Path, database_url: str, task_ids: Sequence[str] | None = None) -> None:
    """Register tasks of the service (all of them by default) with a token, from a process that does not poll."""
    settings = load_settings(data_dir=folder / "data", database_url=database_url, api_url=crew.service_url)
    app = bootstrap.build(settings)
    try:
        app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
        app.team.intake.register([NewTask(task_id=task_id) for task_id in task_ids or crew.tasks])
    finally:
        app.stop()


def kill_in_mid_poll(victim: Running, database: Database) -> int:
    """Kill while calls are under way; gives back how many polls never came to their end."""
    wait_until(lambda: claimed(database), "something is being polled")
    victim.kill()
    return claimed(database)


def freeze_in_mid_poll(
    database: Database,
    database_url: str,
    crew: Crew,
    folder: Path,
    *,
    without: Literal["nothing", "fence"] = "nothing",
) -> tuple[Running, int]:
    """Freeze a server while it polls, let a worker finish everything, and thaw it.

    Returns:
        The server, and how many claims it held when it froze.
    """
    crew.start_service(tasks=40, spread=0.0, latency=0.8)
    register(crew, folder, database_url)
    sleeper = crew.start("serve", without=without)
    held = 0
    while not held:
        wait_until(lambda: claimed(database), "something is being polled")
        freeze_outside_a_transaction(sleeper, database)
        held = claimed(database)
        if not held:
            sleeper.thaw()
    crew.start("worker")
    wait_until_all_ended(database, 40)
    sleeper.thaw()
    return sleeper, held


def freeze_outside_a_transaction(victim: Running, database: Database) -> None:
    """Frozen inside one it would hold up everybody: another story, told in test_trouble."""
    victim.freeze()
    while not is_free(database):
        victim.thaw()
        wait_until(lambda: is_free(database), "the transaction ends")
        victim.freeze()


def is_free(database: Database) -> bool:
    """Whether nobody holds a lock on a task."""
    try:
        with database.writing() as session:
            session.exec(update(Task).values(errors=col(Task.errors)))
    except StoreUnavailable:
        return False
    return True


def claimed(database: Database) -> int:
    """How many tasks somebody holds a claim on."""
    with database.reading() as session:
        return session.exec(select(func.count()).where(col(Task.claim).is_not(None))).one()


def wait_until_all_ended(database: Database, number: int) -> None:
    """Wait until so many tasks are final."""

    def ended() -> int:
        with database.reading() as session:
            return session.exec(select(func.count()).where(Task.state == State.COMPLETED.value)).one()

    wait_until(lambda: ended() == number, f"{number} tasks are completed", seconds=60)


def completions(database: Database) -> dict[int, int]:
    """How often each task was written as completed."""
    with database.reading() as session:
        won = select(Attempt.task_ref, func.count()).where(Attempt.result == State.COMPLETED.value)
        return dict(session.exec(won.group_by(col(Attempt.task_ref))).all())


def completed_by(running: Running) -> set[str]:
    """The tasks whose completion this process has logged; it logs what it has committed."""
    return {
        event["task_id"] for event in running.events("task.polled") if event["state"] == State.COMPLETED.value
    }


def check_each_ended_once(database: Database, expected: dict[str, str]) -> None:
    """No task is lost, none was written twice, each has its own text, and the file is sound."""
    with database.reading() as session:
        tasks = session.exec(select(Task)).all()
        parts = session.exec(select(Part.task_ref, Part.text)).all()
        if database.is_sqlite:
            assert session.connection().execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert {task.task_id for task in tasks} == set(expected)
    assert {(task.state, task.next_poll_at, task.claim) for task in tasks} == {("completed", None, None)}
    assert completions(database) == {task.id: 1 for task in tasks}
    texts = dict(parts)
    assert len(parts) == len(tasks)
    assert [task.task_id for task in tasks if expected[task.task_id] not in (texts[task.id or 0] or "")] == []
