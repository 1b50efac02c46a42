from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from dashboard.models import Attempt, CallKind, Part, Task
from dashboard.store import attempts, new_tasks, parts, tasks
from dashboard.store.database import Database
from tests.storing import columns

API_URL = "https://ocr.example"
SOON = datetime(2900, 1, 1, tzinfo=UTC)

AddTask = Callable[..., int]
MakeTask = Callable[..., Task]


def stored(database: Database, task_ref: int) -> Task:
    """The row as it is stored."""
    with database.reading() as session:
        return session.get_one(Task, task_ref)


def test_ten_thousand_at_once(database: Database, team_id: int, make_task: MakeTask) -> None:
    """Ten thousand tasks are added in one go; adding some of them again adds none."""
    with database.writing() as session:
        rows = [make_task(label=f"page {number}") for number in range(10_000)]
        added, known = new_tasks.add_many(session=session, team_id=team_id, tasks=columns(*rows))
        assert (len(added), known) == (10_000, {})
        assert new_tasks.add_many(session=session, team_id=team_id, tasks=columns(*rows[:500]))[0] == {}
    with database.reading() as session:
        found = tasks.find_known(session=session, team_id=team_id, api_url=API_URL, task_ids=added)
    assert found == added
    last = stored(database, added[rows[-1].task_id])
    assert (last.label, last.notices, last.state, last.submitted_at) == ("page 9999", [], "pending", None)


def test_repeats_and_services(database: Database, team_id: int, make_task: MakeTask) -> None:
    """A repeated ID is added once, the same ID at another service is another task."""
    twice = [make_task(task_id="one"), make_task(task_id="one"), make_task(task_id="two")]
    with database.writing() as session:
        first, _ = new_tasks.add_many(session=session, team_id=team_id, tasks=columns(*twice))
        elsewhere = [make_task(task_id="one", api_url="https://other.example")]
        second, known = new_tasks.add_many(session=session, team_id=team_id, tasks=columns(*elsewhere))
        assert new_tasks.add_many(session=session, team_id=team_id, tasks=[]) == ({}, {})
    assert set(first) == {"one", "two"}
    assert (set(second), known) == ({"one"}, {})
    with database.reading() as session:
        both = tasks.by_task_id(session=session, team_id=team_id, task_id="one")
        assert [task.id for task in both] == [first["one"], second["one"]]


TWO_AS_ONE = ("COMPOUND QUERY", "LEFT-MOST SUBQUERY", "UNION ALL")
"""What SQLite says of two questions in one statement, beside what each of them reads."""


def test_ids_are_looked_up(database: Database, team_id: int, add_task: AddTask) -> None:
    """However many tasks a team has: every question about IDs names all columns that its index begins with."""
    task_ids = [f"0000000{number}-1B2D-4c3e-8f4a-5b6c7d8e9f01" for number in range(3)]
    add_task(task_id=task_ids[0])
    asked: list[tuple[str, Any]] = []
    with database.reading() as session:
        connection = session.connection()
        event.listen(
            connection, "before_cursor_execute", lambda _c, _cur, sql, given, *_: asked.append((sql, given))
        )
        known = tasks.find_known(session=session, team_id=team_id, api_url=API_URL, task_ids=task_ids)
        found = tasks.by_task_id(session=session, team_id=team_id, task_id=task_ids[0].lower())
        assert [task.id for task in found] == list(known.values())
        if not database.is_sqlite:  # plans for a handful of rows say nothing there; how they are made does
            assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar() == "force_custom_plan"
            return
        plans = [
            step
            for sql, given in list(asked)
            for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
            if step not in TWO_AS_ONE
        ]
    assert plans
    for plan in plans:
        assert plan.startswith("SEARCH task USING")
        assert any(column in plan for column in ("task_id=?", "lower_id=?", "api_url>?", "rowid=?")), plan


@pytest.mark.parametrize("task_ref", [0, -1, 2**31, 2**63, 10**30], ids=str)
def test_impossible_ids(database: Database, team_id: int, task_ref: int) -> None:
    """Any number from a URL is answered, not an error of the database."""
    with database.writing() as session:
        assert tasks.get(session=session, team_id=team_id, task_ref=task_ref) is None
        assert tasks.delete_many(session=session, team_id=team_id, task_refs=[task_ref]) == 0


def test_other_teams_see_nothing(database: Database, team_id: int, add_task: AddTask, now: datetime) -> None:
    """No function reaches a task of another team."""
    task = add_task(task_id="one", label="ours")
    other = team_id + 1
    with database.writing() as session:
        assert tasks.get(session=session, team_id=other, task_ref=task) is None
        assert tasks.by_task_id(session=session, team_id=other, task_id="one") == []
        assert tasks.make_due(session=session, team_id=other, task_refs=[task], now=now) == 0
        assert tasks.set_cancelled(session=session, team_id=other, task_refs=[task], now=now) == 0
        assert tasks.delete_many(session=session, team_id=other, task_refs=[task]) == 0
        tasks.relabel(session=session, team_id=other, task_ref=task, label="theirs")
        assert parts.list_of(session=session, team_id=other, task_ref=task) == []
        assert attempts.list_of(session=session, team_id=other, task_ref=task) == []
    assert stored(database, task).label == "ours"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"next_poll_at": SOON}, {"next_poll_at": "now"}),
        ({"next_poll_at": SOON, "claim": "x"}, {"next_poll_at": SOON, "claim": "x"}),
        ({"next_poll_at": None}, {"next_poll_at": "now"}),
        (
            {"state": "not_found", "next_poll_at": None, "doubts": 3, "errors": 2, "completed_at": SOON},
            {"state": "pending", "next_poll_at": "now", "doubts": 0, "errors": 0, "completed_at": None},
        ),
        ({"state": "expired", "next_poll_at": None}, {"state": "pending", "next_poll_at": "now"}),
        ({"state": "failed", "next_poll_at": None}, {"state": "pending", "next_poll_at": "now"}),
    ],
    ids=["open", "being polled", "just readdressed", "not found", "expired", "failed"],
)
def test_check_now(
    database: Database,
    team_id: int,
    add_task: AddTask,
    now: datetime,
    row: dict[str, object],
    expected: dict[str, object],
) -> None:
    """Open tasks are due at once without disturbing a poll; lost and failed ones start over."""
    task = add_task(**row)
    with database.writing() as session:
        assert tasks.make_due(session=session, team_id=team_id, task_refs=[task, task], now=now) == 1
    after = stored(database, task)
    values = {name: now if value == "now" else value for name, value in expected.items()}
    assert {name: getattr(after, name) for name in values} == values


@pytest.mark.parametrize("state", ["completed", "partial", "cancelled", "data_lost"])
def test_check_now_keeps_results(
    database: Database, team_id: int, add_task: AddTask, now: datetime, state: str
) -> None:
    """What ended for good is not asked about again."""
    task = add_task(state=state, next_poll_at=None)
    with database.writing() as session:
        assert tasks.make_due(session=session, team_id=team_id, task_refs=[task], now=now) == 0
    assert stored(database, task).next_poll_at is None


def test_a_waiting_task_keeps_its_place(
    database: Database, team_id: int, add_task: AddTask, now: datetime
) -> None:
    """A task that is due already is not put behind others."""
    earlier = now - timedelta(minutes=5)
    task = add_task(next_poll_at=earlier)
    with database.writing() as session:
        tasks.make_due(session=session, team_id=team_id, task_refs=[task], now=now)
    assert stored(database, task).next_poll_at == earlier


def test_cancelling(database: Database, team_id: int, add_task: AddTask, now: datetime) -> None:
    """An open task ends as cancelled and is never polled again; an ended one stays as it ended."""
    task, done = add_task(claim="somebody", parked="unreachable"), add_task(state="completed")
    with database.writing() as session:
        assert tasks.set_cancelled(session=session, team_id=team_id, task_refs=[task, done], now=now) == 1
    row = stored(database, task)
    assert (row.state, row.completed_at, row.next_poll_at, row.claim, row.parked) == (
        "cancelled",
        now,
        None,
        None,
        None,
    )
    assert stored(database, done).state == "completed"


def test_readdressing(database: Database, team_id: int, add_task: AddTask) -> None:
    """A task registered as the wrong thing starts over; a poll for the wrong thing is fenced off."""
    task = add_task(state="not_found", claim="somebody", seen_at=SOON, next_poll_at=SOON)
    with database.writing() as session:
        tasks.readdress(
            session=session,
            team_id=team_id,
            task_ref=task,
            operation="RecognizePdf",
            trial=True,
            credential_id=None,
        )
    row = stored(database, task)
    assert (row.operation, row.trial, row.state) == ("RecognizePdf", True, "pending")
    assert (row.claim, row.seen_at, row.next_poll_at) == (None, None, None)


def test_changes_show_in_the_same_block(database: Database, team_id: int, add_task: AddTask) -> None:
    """An object read before a change shows the change afterwards."""
    task = add_task(label="old")
    with database.writing() as session:
        row = tasks.get(session=session, team_id=team_id, task_ref=task)
        assert row is not None
        tasks.relabel(session=session, team_id=team_id, task_ref=task, label="new")
        assert row.label == "new"


def add_part(database: Database, task_ref: int, position: int, text: str | None) -> None:
    """Store a part in the plainest way."""
    with database.writing() as session:
        session.add(
            Part(
                task_ref=task_ref,
                position=position,
                media_type="text/plain",
                extension=".txt",
                data=b"raw",
                size=3,
                sha256="",
                text=text,
            )
        )


def test_deleting_takes_everything(database: Database, team_id: int, add_task: AddTask) -> None:
    """A deleted task takes its parts and attempts along, and its ID is never used again."""
    task = add_task()
    add_part(database, task, 0, "text")
    with database.writing() as session:
        session.add(Attempt(task_ref=task, kind="result", started_at=SOON, duration_ms=1, result="failed"))
    with database.writing() as session:
        assert tasks.delete_many(session=session, team_id=team_id, task_refs=[task]) == 1
        assert session.get(Part, 1) is None
        assert session.get(Attempt, 1) is None
    assert add_task() > task


def test_parts(database: Database, team_id: int, add_task: AddTask) -> None:
    """Parts come in their order, listed without bytes, one by one with them."""
    task = add_task()
    for position, text in ((1, None), (0, "first"), (2, "third")):
        add_part(database, task, position, text)
    with database.reading() as session:
        listed = parts.list_of(session=session, team_id=team_id, task_ref=task)
    with database.reading() as session:
        one = parts.get(session=session, team_id=team_id, task_ref=task, position=2)
        none = parts.get(session=session, team_id=team_id, task_ref=task, position=3)
    assert [(p.position, p.text, "data" in vars(p)) for p in listed] == [
        (0, "first", False),
        (1, None, False),
        (2, "third", False),
    ]
    assert one is not None
    assert (one.data, none) == (b"raw", None)


def test_attempts(database: Database, team_id: int, add_task: AddTask) -> None:
    """The latest attempts come oldest first; nothing is noted for a task of somebody else."""
    task = add_task()
    with database.writing() as session:
        for number in range(5):
            record = Attempt(
                task_ref=task,
                kind=CallKind.CANCEL,
                started_at=SOON,
                duration_ms=number,
                http_status=None,
                task_status=None,
                response_status_code=None,
                result="no answer",
                detail="",
            )
            session.add(record)
    with database.reading() as session:
        latest = attempts.list_of(session=session, team_id=team_id, task_ref=task, limit=3)
        assert not attempts.list_of(session=session, team_id=team_id + 1, task_ref=task)
    assert [(a.duration_ms, a.kind) for a in latest] == [(2, "cancel"), (3, "cancel"), (4, "cancel")]


def test_present_tells_what_is_still_there(database: Database, team_id: int, add_task: AddTask) -> None:
    """Of many IDs, those of the team that were not deleted; put away or not, as asked for."""
    kept, away = add_task(), add_task(archived=True)
    asked = [kept, away, *range(10_000, 12_500)]
    with database.reading() as session:
        for archived, found in ((None, {kept, away}), (False, {kept}), (True, {away})):
            assert (
                tasks.present(session=session, team_id=team_id, task_refs=asked, archived=archived) == found
            )
        assert tasks.present(session=session, team_id=team_id + 1, task_refs=asked, archived=None) == set()
