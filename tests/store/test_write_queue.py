"""Who may write next: in the order in which they came, work in the background last."""

import sqlite3
import threading
import time
from collections.abc import Callable

import pytest

from dashboard.errors import StoreUnavailable
from dashboard.store import engines
from dashboard.store.database import Database, sqlite_url
from dashboard.store.write_queue import WriteQueue, aside, is_aside
from tests.chaos.obstacles import locked
from tests.chaos.waiting import wait_until


def queue_up(turns: WriteQueue, name: str, done: list[str], *, behind: bool) -> threading.Thread:
    """Somebody who waits for the turn in a thread of its own, and is in the queue when this returns."""

    def work() -> None:
        if behind:
            with aside(), turns.taken(seconds=30) as has_turn:
                assert has_turn
                done.append(name)
        else:
            with turns.taken(seconds=30) as has_turn:
                assert has_turn
                done.append(name)

    before = len(turns._first) + len(turns._behind)
    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: len(turns._first) + len(turns._behind) == before + 1, "it waits")
    return thread


def test_everybody_before_work_in_the_background() -> None:
    """Whenever they came; among themselves as they came."""
    turns, done = WriteQueue(one_at_a_time=True), list[str]()
    with turns.taken(seconds=0) as has_turn:
        assert has_turn
        threads = [
            queue_up(turns, name, done, behind=name.startswith("index"))
            for name in ("index 1", "index 2", "person 1", "poll", "person 2")
        ]
    for thread in threads:
        thread.join(30)
    assert done == ["person 1", "poll", "person 2", "index 1", "index 2"]
    with turns.taken(seconds=0) as has_turn:
        assert has_turn


def test_who_has_waited_long_enough_gives_up() -> None:
    """And is in nobody's way from then on."""
    turns = WriteQueue(one_at_a_time=True)
    refused: list[bool] = []

    def wait() -> None:
        with turns.taken(seconds=0.01) as has_turn:
            refused.append(not has_turn)

    with turns.taken(seconds=0):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(30)
    assert refused == [True]
    with turns.taken(seconds=0) as has_turn:
        assert has_turn


def test_where_many_may_write_nobody_waits() -> None:
    """As on PostgreSQL."""
    turns = WriteQueue(one_at_a_time=False)
    with turns.taken(seconds=0) as first, turns.taken(seconds=0) as second:
        assert first
        assert second


def test_who_is_busy() -> None:
    """People and polls, and for a moment afterwards; not what is done aside, whose mark ends with its block."""
    now = [100.0]
    turns = WriteQueue(one_at_a_time=True, monotonic=lambda: now[0])
    assert not turns.others_busy(within=1.0)
    with aside():
        with aside():
            pass
        assert is_aside()
        with turns.counted():
            assert not turns.others_busy()
    assert not is_aside()
    with turns.counted():
        assert turns.others_busy()
    assert not turns.others_busy()
    now[0] += 0.9
    assert turns.others_busy(within=1.0)
    now[0] += 0.2
    assert not turns.others_busy(within=1.0)


def test_units_of_work_are_counted(database: Database) -> None:
    """Reading and writing ones, on both databases; also those that fail."""
    with database.reading():
        assert database.write_queue.others_busy()
    with database.writing():
        assert database.write_queue.others_busy()
    with pytest.raises(ZeroDivisionError), database.writing():
        raise ZeroDivisionError
    assert not database.write_queue.others_busy()
    with database.writing():
        pass


def test_a_turn_that_never_comes_is_said(database: Database) -> None:
    """In the words for a lock, because it is one."""
    if not database.is_sqlite:
        pytest.skip("many may write at once")
    impatient = Database(database.url.render_as_string(), busy_seconds=0.01)
    refusals: list[str] = []

    def write() -> None:
        try:
            with impatient.writing():
                pass
        except StoreUnavailable as error:
            refusals.append(str(error))

    with impatient.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(30)
    impatient.close()
    assert [refusal.startswith("The database is locked") for refusal in refusals] == [True]


def test_another_process_is_caught_between_two_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However short it rests: who waits looks a hundred times a second, where SQLite itself looks ten times."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has no such lock")
    other = sqlite3.connect(database.url.database or "", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 30:
            other.execute("ROLLBACK")

    monkeypatch.setattr(engines, "sleep", pause)
    with database.writing() as session:
        session.connection()
        assert len(pauses) == 30
    other.close()
    assert max(pauses) == engines.MOST_LOOK_SECONDS
    with database.reading() as session:  # what else may wait has its patience back
        assert session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar() == 2000


def test_a_lock_that_never_ends_is_said(database_url: str) -> None:
    """After the time one waits, not before."""
    impatient = Database(database_url, busy_seconds=0.2)
    began = time.monotonic()
    with locked(impatient), pytest.raises(StoreUnavailable), impatient.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM task")
    assert time.monotonic() - began >= 0.2
    impatient.close()


def test_many_writers_all_have_their_turn(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nobody starves, nothing is lost."""
    database = Database(sqlite_url(tmp_path_factory.mktemp("many")))
    with database.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE counted (number INTEGER)")
        session.connection().exec_driver_sql("INSERT INTO counted VALUES (0)")

    def write() -> None:
        for _ in range(20):
            with database.writing() as session:
                session.connection().exec_driver_sql("UPDATE counted SET number = number + 1")

    threads = [threading.Thread(target=_sometimes_aside(write, number)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT number FROM counted").scalar() == 120
    database.close()


def _sometimes_aside(work: Callable[[], None], number: int) -> Callable[[], None]:
    def marked() -> None:
        with aside():
            work()

    return marked if number % 2 else work
