"""Open tasks whose results are deleted soon: counted, and when the count changes by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from dashboard.store.at_risk import AtRisk, at_risk
from dashboard.store.board import page
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database

AddTask = Callable[..., int]
HOUR = timedelta(hours=1)


@pytest.fixture
def look(database: Database, team_id: int, now: datetime) -> Callable[..., AtRisk]:
    """How the default team stands, after so much time."""

    def read(later: timedelta = timedelta(0), *, other_team: bool = False) -> AtRisk:
        with database.reading() as session:
            return at_risk(session=session, team_id=team_id + other_team, now=now + later)

    return read


Look = Callable[..., AtRisk]


def test_a_team_without_tasks(look: Look) -> None:
    """Nothing is at risk, and time changes nothing about that."""
    assert look() == AtRisk(tasks=0, over=0, inexact=0, first_at=None, turns_at=None)


def test_only_what_is_open_and_ends_soon_counts(look: Look, add_task: AddTask, now: datetime) -> None:
    """With the moment of the first one; ended tasks have nothing to lose."""
    add_task(expires_at=now + 1.5 * HOUR, expiry_exact=True)
    add_task(expires_at=now + HOUR, expiry_exact=True, state="processing")
    add_task(expires_at=now + 5 * HOUR, expiry_exact=True)
    for state in ("completed", "failed", "cancelled"):
        add_task(expires_at=now + HOUR, state=state, next_poll_at=None, archived=state == "failed")

    assert look() == AtRisk(tasks=2, over=0, inexact=0, first_at=now + HOUR, turns_at=now + HOUR)
    assert look(other_team=True).tasks == 0


def test_what_is_over_is_told_apart(look: Look, add_task: AddTask, now: datetime) -> None:
    """Open all the same, it counts; the first is the next one whose time comes."""
    add_task(expires_at=now - HOUR, expiry_exact=True)
    add_task(expires_at=now, expiry_exact=True)
    assert look() == AtRisk(tasks=2, over=2, inexact=0, first_at=None, turns_at=None)
    add_task(expires_at=now + HOUR, expiry_exact=True)
    found = look()
    assert (found.tasks, found.over, found.first_at) == (3, 2, now + HOUR)


def test_what_nobody_knows_exactly_is_counted(look: Look, add_task: AddTask, now: datetime) -> None:
    """Among those at risk only."""
    add_task(expires_at=now + HOUR, expiry_exact=False)
    add_task(expires_at=now + HOUR, expiry_exact=True)
    add_task(expires_at=now + 9 * HOUR, expiry_exact=False)
    assert (look().tasks, look().inexact) == (2, 1)


def test_when_it_turns(look: Look, add_task: AddTask, now: datetime) -> None:
    """When the next one gets into risk, or its time is over: until then every look is the same, then another."""
    add_task(expires_at=now + 3 * HOUR)
    add_task(expires_at=now + 1.5 * HOUR)
    seen = [look()]
    while (turn := seen[-1].turns_at) is not None:
        moment = timedelta(microseconds=1)
        assert look(turn - now - moment) == seen[-1]
        seen.append(look(turn - now + moment))
        assert seen[-1] != seen[-2]
    assert [(one.tasks, one.over) for one in seen] == [(1, 0), (2, 0), (2, 1), (2, 2)]


def test_the_count_is_that_of_the_filter(
    look: Look, database: Database, team_id: int, add_task: AddTask, now: datetime
) -> None:
    """The number of rows that the filter shows."""
    for hours in range(-3, 6):
        add_task(expires_at=now + hours * HOUR)
    with database.reading() as session:
        _, total = page(
            session=session,
            team_id=team_id,
            wanted=BoardFilter(at_risk=True),
            page=1,
            per_page=1,
            now=now,
        )
    assert (look().tasks, total) == (5, 5)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ended_tasks_are_not_read(database: Database, team_id: int, now: datetime) -> None:
    """However many results are kept, open tasks alone are looked at, by an index."""
    said: list[str] = []

    def note(_connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            said.extend(row[3] for row in cursor.fetchall())  # type: ignore[attr-defined]

    event.listen(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        at_risk(session=session, team_id=team_id, now=now)
    event.remove(database.engine, "before_cursor_execute", note)
    assert said == ["SEARCH task USING INDEX ix_task_team_state (team_id=? AND archived=? AND state=?)"]
