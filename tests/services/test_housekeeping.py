"""What is deleted by itself, and what never is."""

from datetime import timedelta

from sqlmodel import select

from dashboard.models import AuditEntry, State, Task, Team
from dashboard.services.intake import NewTask
from tests.services.conftest import Desk
from tests.services.steady import housekeeping


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

    assert housekeeping(desk).tidy() == 1
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
    assert housekeeping(desk).tidy() == 0
    assert left(desk) == {kept}


def test_many_are_deleted_in_pieces(desk: Desk) -> None:
    """More than fit into one transaction all go, in one round."""
    done = desk.intake.register([NewTask(task_id=f"piece-{number:05}") for number in range(1_200)])
    with desk.database.writing() as session:
        for task in session.exec(select(Task)):
            task.state, task.next_poll_at = State.COMPLETED.value, None
            task.completed_at = desk.clock() - timedelta(days=2)
    keep_for(desk, 1)
    assert housekeeping(desk).tidy() == len(done.registered)
    assert left(desk) == set()
