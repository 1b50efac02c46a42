"""The rows of processes, on both databases: who lives, who holds what, and what becomes of what the dead held."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from dashboard.models import Process, Task
from dashboard.store.claims import claim_due, seconds_until_due
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.store.processes import Processes
from dashboard.testing import no_index

AddTask = Callable[..., int]


@pytest.fixture
def one(database: Database) -> Processes:
    """A process."""
    return Processes(database)


@pytest.fixture
def other(database: Database) -> Processes:
    """Another one."""
    return Processes(database)


def claim(database: Database, holder: str | None, fence: str = "f", *, limit: int = 10) -> list[int]:
    """Claim as the poller of a process does."""
    ledger = DatabaseLedger(database, index=no_index, holder=holder)
    return sorted(it.id for it in ledger.claim(limit=limit, lease_seconds=900, fence=fence, busy={}))


def rows(database: Database) -> dict[str, int]:
    """The processes that are known, with their beats."""
    with database.reading() as session:
        return dict(session.exec(select(Process.id, Process.beats)).all())


def task(database: Database, task_ref: int) -> Task:
    """A task as it is stored."""
    with database.reading() as session:
        return session.get_one(Task, task_ref)


def test_a_claim_beats(database: Database, one: Processes, other: Processes, add_task: AddTask) -> None:
    """Nothing is ever held by who is not known; who claims nothing writes nothing."""
    assert claim(database, one.id) == []
    assert rows(database) == {}
    ref = add_task()
    assert claim(database, one.id) == [ref]
    assert rows(database) == {one.id: 1}
    assert task(database, ref).holder == one.id
    assert (one.beats_of_others(), other.beats_of_others()) == ({}, {one.id: 1})


def test_beats_rise(database: Database, one: Processes, other: Processes, add_task: AddTask) -> None:
    """One by one, with the moment of the last; of those who hold nothing nobody asks."""
    one.beat()
    assert other.beats_of_others() == {}
    add_task()
    claim(database, one.id)
    one.beat()
    other.beat()
    assert other.beats_of_others() == {one.id: 3}
    with database.reading() as session:
        row = session.get_one(Process, one.id)
        assert row.started_at <= row.beat_at <= database_time(session)


def test_what_the_dead_held_is_due(
    database: Database, one: Processes, other: Processes, add_task: AddTask
) -> None:
    """All of it and nothing else; a late outcome of theirs is fenced, as the claims are gone."""
    refs = [add_task() for _ in range(3)]
    assert claim(database, one.id) == refs
    mine = add_task()
    assert claim(database, other.id) == [mine]
    assert other.free(one.id, beats=1) == 3
    for ref in refs:
        assert (task(database, ref).claim, task(database, ref).holder) == (None, None)
    assert task(database, mine).holder == other.id
    with database.writing() as session:
        assert seconds_until_due(session) == 0
        assert sorted(it.id for it in claim_due(session, limit=9, lease_seconds=60, fence="g")) == refs
    assert other.free(one.id, beats=1) == 0


def test_who_beats_meanwhile_keeps_it(
    database: Database, one: Processes, other: Processes, add_task: AddTask
) -> None:
    """What was seen is not what is."""
    ref = add_task()
    claim(database, one.id)
    one.beat()
    assert other.free(one.id, beats=1) == 0
    assert other.free(one.id, beats=None) == 0
    assert task(database, ref).holder == one.id


def test_a_holder_without_a_row(
    database: Database, one: Processes, other: Processes, add_task: AddTask
) -> None:
    """Cannot be, and is treated like one that has died."""
    ref = add_task()
    claim(database, one.id)
    with database.writing() as session:
        session.delete(session.get_one(Process, one.id))
    assert other.beats_of_others() == {one.id: None}
    assert other.free(one.id, beats=None) == 1
    assert task(database, ref).claim is None


def test_a_holder_that_an_earlier_version_left_behind(
    database: Database, one: Processes, other: Processes, add_task: AddTask
) -> None:
    """It has ended the claim and does not know of holders: what is final stays final."""
    ref = add_task()
    claim(database, one.id)
    with database.writing() as session:
        ended = {"state": "completed", "next_poll_at": None, "claim": None}
        session.exec(update(Task).where(col(Task.id) == ref).values(**ended))
    assert other.beats_of_others() == {}
    assert other.free(one.id, beats=1) == 0
    one.leave()
    assert task(database, ref).next_poll_at is None


def test_claims_from_before_there_were_holders(
    database: Database, other: Processes, add_task: AddTask
) -> None:
    """An older replica's end with their lease, as they always did."""
    ref = add_task()
    assert claim(database, None) == [ref]
    assert other.beats_of_others() == {}
    assert rows(database) == {}
    assert task(database, ref).claim == "f"


def test_a_clean_end(database: Database, one: Processes, other: Processes, add_task: AddTask) -> None:
    """What is held is due at once, and the process is known no more."""
    ref = add_task()
    claim(database, one.id)
    other.beat()
    one.leave()
    assert (task(database, ref).claim, task(database, ref).holder) == (None, None)
    assert rows(database) == {other.id: 1}
    assert claim(database, other.id) == [ref]


def test_rows_of_the_killed_go_after_a_day(
    database: Database, one: Processes, other: Processes, add_task: AddTask
) -> None:
    """Unless they hold something, whatever the clock says."""
    killed, held_by = Processes(database), Processes(database)
    add_task()
    claim(database, held_by.id)
    killed.beat()
    other.beat()
    with database.writing() as session:
        old = update(Process).where(col(Process.id).in_([killed.id, held_by.id]))
        session.exec(old.values(beat_at=datetime.now(UTC) - timedelta(days=2)))
    one.leave()
    assert rows(database) == {held_by.id: 1, other.id: 1}
