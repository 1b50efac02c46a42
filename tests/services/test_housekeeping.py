"""What is deleted by itself, and what never is."""

from datetime import timedelta

import pytest
from sqlmodel import select, update
from structlog.testing import capture_logs

from dashboard.models import AuditEntry, State, Task, Team
from dashboard.services import housekeeping
from dashboard.services.housekeeping import Housekeeping
from dashboard.services.intake import NewTask
from dashboard.store import compacting
from tests.conftest import LONG_AGO
from tests.services.conftest import Desk


def aged(desk: Desk, name: str, *, days: float, state: State = State.COMPLETED) -> int:
    """A task that ended so many days ago."""
    task_ref = desk.intake.register([NewTask(task_id=f"{name}-0001")]).registered[f"{name}-0001"]
    ended = desk.clock() - timedelta(days=days)
    over = {"completed_at": ended, "next_poll_at": None} if not state.is_open else {}
    desk.change(task_ref, state=state.value, **over)
    return task_ref


def keep_for(desk: Desk, days: int | None) -> None:
    """Set how long a team keeps finished tasks."""
    with desk.database.writing() as session:
        session.get_one(Team, desk.team_id).keep_days = days


def left(desk: Desk) -> set[int]:
    """The tasks that are still stored, of every team."""
    with desk.database.reading() as session:
        return {task_ref for task_ref in session.exec(select(Task.id)) if task_ref is not None}


def test_old_results_go_and_young_ones_stay(desk: Desk, other_desk: Desk) -> None:
    """Only finished tasks beyond the team's own limit are deleted, and the audit log says how many."""
    old, young = aged(desk, "old", days=31), aged(desk, "young", days=29)
    opened = aged(desk, "open", days=99, state=State.PROCESSING)
    theirs = aged(other_desk, "theirs", days=99)
    keep_for(desk, 30)

    assert Housekeeping(database=desk.database, clock=desk.clock).tidy() == 1
    assert left(desk) == {young, opened, theirs}
    assert old not in left(desk)
    with desk.database.reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "old tasks deleted")).all()
    assert [(entry.team_id, entry.actor, entry.subject) for entry in entries] == [
        (desk.team_id, "this machine", "1 task")
    ]


def test_without_a_limit_everything_stays(desk: Desk) -> None:
    """The default keeps results for ever."""
    kept = aged(desk, "ancient", days=9_999)
    assert Housekeeping(database=desk.database, clock=desk.clock).tidy() == 0
    assert left(desk) == {kept}


def test_many_are_deleted_in_pieces(desk: Desk) -> None:
    """More than fit into one transaction all go, in one round."""
    done = desk.intake.register([NewTask(task_id=f"piece-{number:05}") for number in range(1_200)])
    with desk.database.writing() as session:
        for task in session.exec(select(Task)):
            task.state, task.next_poll_at = State.COMPLETED.value, None
            task.completed_at = desk.clock() - timedelta(days=2)
    keep_for(desk, 1)
    assert Housekeeping(database=desk.database, clock=desk.clock).tidy() == len(done.registered)
    assert left(desk) == set()


def test_the_file_becomes_smaller(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a round SQLite has nothing but a little to spare; on PostgreSQL there is nothing to do."""
    monkeypatch.setattr(compacting, "KEPT", 2)
    monkeypatch.setattr(compacting, "PIECE", 8)
    monkeypatch.setattr(housekeeping, "_BETWEEN_PIECES", 0.0)
    for number in range(5):
        aged(desk, f"old{number}", days=31)
    desk.intake.register([NewTask(task_id=f"more-{number:05}", label="x" * 200) for number in range(300)])
    with desk.database.writing() as session:
        session.exec(update(Task).values(state="completed", next_poll_at=None, completed_at=LONG_AGO))
    keep_for(desk, 30)
    Housekeeping(database=desk.database, clock=desk.clock).tidy()
    if desk.database.is_sqlite:
        with desk.database.reading() as session:
            assert compacting.slack(session).free_bytes <= 2 * 4096


def test_an_old_file_is_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot become smaller by itself; the log says what can be done."""
    if not desk.database.is_sqlite:
        pytest.skip("PostgreSQL does it by itself")
    slack = compacting.Slack(free_bytes=100_000_000, shrinks=False)
    monkeypatch.setattr(compacting, "slack", lambda _: slack)
    made = Housekeeping(database=desk.database, clock=desk.clock)
    with capture_logs() as logged:
        made.tidy()
        made.tidy()
    (line,) = [line for line in logged if line["event"] == "housekeeping.does_not_shrink"]
    assert line["advice"] == "ocr-dashboard compact"
