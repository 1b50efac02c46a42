"""Hearing of ends: whoever stores them, and when the process is to end."""

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlmodel import delete

from dashboard.errors import StoreUnavailable
from dashboard.models import State, Task
from dashboard.services.tasks.endings import Endings
from dashboard.store import endings as rows
from dashboard.store.database import Database

SOON = 10.0
"""Seconds after which a test gives up."""


@pytest.fixture
def endings(database: Database) -> Iterator[Endings]:
    """What looks; stopped afterwards."""
    made = Endings(database)
    yield made
    made.stop(timeout_seconds=SOON)


def change(database: Database, task_ref: int, state: State) -> None:
    """As a poller of another process does it."""
    with database.writing() as session:
        session.get_one(Task, task_ref).state = state.value


@pytest.mark.parametrize("state", State)
def test_what_is_over(database: Database, add_task: Callable[..., int], state: State) -> None:
    """Everything but open tasks, and what is not there any more."""
    task_ref = add_task(state=state.value)
    with database.reading() as session:
        found = rows.over(session=session, task_refs=[task_ref, task_ref + 1])
    assert found == ({task_ref + 1} if state.is_open else {task_ref, task_ref + 1})


def test_more_than_one_statement_takes(database: Database, add_task: Callable[..., int]) -> None:
    """Thousands wait."""
    task_ref = add_task()
    with database.reading() as session:
        found = rows.over(session=session, task_refs=range(task_ref, task_ref + 2_500))
    assert len(found) == 2_499


def test_the_end_of_a_task_is_heard(
    database: Database, endings: Endings, add_task: Callable[..., int]
) -> None:
    """By all who wait for it and by nobody else."""
    first, second = add_task(), add_task()
    heard, too, other = threading.Event(), threading.Event(), threading.Event()
    with (
        endings.awaiting(first, heard.set),
        endings.awaiting(first, too.set),
        endings.awaiting(second, other.set),
    ):
        change(database, first, State.COMPLETED)
        assert heard.wait(SOON)
        assert too.wait(SOON)
        assert not other.is_set()


def test_a_task_that_is_deleted(database: Database, endings: Endings, add_task: Callable[..., int]) -> None:
    """Is over too."""
    heard = threading.Event()
    with endings.awaiting(add_task(), heard.set):
        with database.writing() as session:
            session.exec(delete(Task))
        assert heard.wait(SOON)


def test_nobody_waits_longer_than_the_process_lives(endings: Endings, add_task: Callable[..., int]) -> None:
    """Neither who waits already, nor who comes then."""
    before, after = threading.Event(), threading.Event()
    with endings.awaiting(add_task(), before.set):
        endings.begin_to_stop()
        assert before.wait(SOON)
    with endings.awaiting(add_task(), after.set):
        assert after.is_set()


def test_nothing_is_looked_at_for_nobody(endings: Endings, add_task: Callable[..., int]) -> None:
    """Who has let go is forgotten."""
    with endings.awaiting(add_task(), lambda: None):
        assert endings._awaited
    assert not endings._awaited


def test_a_database_that_is_away_for_a_while(
    database: Database, endings: Endings, add_task: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits goes on waiting, and hears of the end when it is back."""
    task_ref, heard, refused = add_task(), threading.Event(), threading.Event()
    works = rows.over

    def over(**given: object) -> set[int]:
        if not refused.is_set():
            refused.set()
            raise StoreUnavailable
        return works(**given)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(rows, "over", over)
    with endings.awaiting(task_ref, heard.set):
        assert refused.wait(SOON)
        change(database, task_ref, State.FAILED)
        assert heard.wait(SOON)
