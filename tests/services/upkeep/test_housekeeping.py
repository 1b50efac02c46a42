"""What is deleted by itself, and what never is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select, update
from structlog.testing import capture_logs

from dashboard.counts import count_of
from dashboard.models import AuditEntry, Base, ClockSeen, Share, SignIn, State, Task, Team
from dashboard.services.tasks.intake import NewTask
from dashboard.services.upkeep import housekeeping as module
from dashboard.services.upkeep.conditions import retention_held
from dashboard.services.upkeep.housekeeping import MOST_AN_HOUR, Housekeeping, most_at_once
from dashboard.services.upkeep.timekeeping import STEADY_SECONDS, Timekeeper
from dashboard.store import compacting, outlived, teams
from tests.conftest import LONG_AGO
from tests.services.conftest import Desk
from tests.services.steady import housekeeping, looks


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


def outlived_lines(desk: Desk) -> list[str]:
    """What the audit log tells of tasks that were deleted by themselves."""
    with desk.database.reading() as session:
        return [
            entry.subject
            for entry in session.exec(select(AuditEntry).where(AuditEntry.action == "old tasks deleted"))
        ]


def test_one_line_tells_of_a_round(desk: Desk) -> None:
    """However many pieces it took; while it goes on, it tells of what is gone by then, and so does the outlook."""
    finish(desk, 60, days=2)
    keep_for(desk, 1)
    said: list[tuple[int, int, list[str]]] = []
    made = Housekeeping(database=desk.database, look=looks(desk.clock), rest=lambda _: look())

    def look() -> None:
        said.append((len(left(desk)), made.going(desk.team_id), outlived_lines(desk)))

    assert made.tidy() == 60
    told = {
        (stored, count_of(60 - stored, "task")) for stored, going, lines in said for _ in lines if going > 0
    }
    assert len(told) > 1
    assert all([line] == lines for stored, line in told for there, _, lines in said if there == stored)
    assert outlived_lines(desk) == ["60 tasks"]
    assert made.going() == 0


def test_a_round_that_is_cut_off_goes_on(desk: Desk) -> None:
    """What is gone is gone and told, the rest goes with the next start."""
    finish(desk, 60, days=2)
    keep_for(desk, 1)
    made = Housekeeping(database=desk.database, look=looks(desk.clock))

    def stop(_: float) -> None:
        if len(left(desk)) < 60:
            made.begin_to_stop()

    made._tasks._rest = stop
    gone = made.tidy()
    assert 0 < gone < 60
    assert len(left(desk)) == 60 - gone
    assert housekeeping(desk).tidy() == 60 - gone
    assert outlived_lines(desk) == [count_of(gone, "task"), count_of(60 - gone, "task")]


def test_a_task_that_was_opened_again_stays(desk: Desk) -> None:
    """Between being found and being deleted."""
    finish(desk, 3, days=2)
    keep_for(desk, 1)
    refs = sorted(left(desk))
    with desk.database.reading() as session:
        found = outlived.some(session=session, team_id=desk.team_id, before=desk.clock(), limit=10)
    assert found == refs
    desk.change(refs[1], state="expired")
    desk.tasks.check_now([refs[1]])
    with desk.database.writing() as session:
        count = outlived.forget(session=session, team_id=desk.team_id, before=desk.clock(), task_refs=found)
    assert count == 2
    assert left(desk) == {refs[1]}


def finish(desk: Desk, number: int, *, days: float) -> None:
    """So many tasks that ended so many days ago."""
    desk.intake.register([NewTask(task_id=f"piece-{count:05}") for count in range(number)])
    with desk.database.writing() as session:
        ended = {"completed_at": desk.clock() - timedelta(days=days), "next_poll_at": None}
        session.exec(update(Task).values(state=State.COMPLETED.value, **ended))


def test_sixty_days_ahead_delete_nothing(desk: Desk, other_desk: Desk) -> None:
    """Neither results nor sign-ins nor share links: first a day of running, and it is said before how many would go."""
    keep_for(desk, 30)
    for number in range(20):
        aged(desk, f"new-{number}", days=0)
    aged(other_desk, "theirs", days=0)
    ran = [0.0]
    clock = desk.clock
    timekeeper = Timekeeper(database=desk.database, moment=lambda _: clock(), monotonic=lambda: ran[0])
    made = Housekeeping(database=desk.database, look=timekeeper.look)
    with desk.database.writing() as session:
        session.add(ClockSeen(seen_at=clock(), steady_seconds=STEADY_SECONDS))
        sign_in: dict[str, Any] = {
            "secret_hash": "x",
            "name": "Ada",
            "created_at": clock(),
            "last_seen_at": clock(),
        }
        session.add(SignIn(**sign_in, expires_at=clock() + timedelta(days=30), browser=""))
        share: dict[str, Any] = {
            "team_id": desk.team_id,
            "label": "",
            "secret_hash": "y",
            "hint": "y",
            "created_by": "Ada",
        }
        session.add(Share(**share, created_at=clock(), expires_at=clock() - timedelta(days=60)))
    assert made.tidy() == 0

    clock.advance(seconds=60 * 86_400)
    before = revision(desk)
    assert made.tidy() == 0
    assert len(left(desk)) == 21
    assert (made.held(desk.team_id), made.held(other_desk.team_id), made.held()) == (20, 0, 20)
    assert revision(desk) == before + 1  # screens say it
    said = retention_held(20, timekeeper.latest, now=clock())
    assert said is not None
    assert "20 finished tasks are older than the team keeps them" in said.headline
    assert "went on by 60 days" in said.advice
    assert "another 24 hours of running" in said.advice
    for _ in range(23):  # hours
        clock.advance(seconds=3600)
        ran[0] += 3600
        assert made.tidy() == 0
    assert revision(desk) == before + 1
    assert count_of_rows(desk, SignIn) == count_of_rows(desk, Share) == 1
    clock.advance(seconds=3600)
    ran[0] += 3600
    assert made.tidy() == 20
    assert made.held() == 0
    assert count_of_rows(desk, SignIn) == count_of_rows(desk, Share) == 0


def test_a_clock_that_is_set_right_again_has_cost_nothing(desk: Desk) -> None:
    """Sixty days ahead for an hour, and back."""
    keep_for(desk, 30)
    kept = aged(desk, "new", days=1)
    clock = desk.clock
    timekeeper = Timekeeper(database=desk.database, moment=lambda _: clock())
    made = Housekeeping(database=desk.database, look=timekeeper.look)
    for days in (0, 60, -60):
        clock.advance(seconds=days * 86_400)
        assert made.tidy() == 0
    assert left(desk) == {kept}
    assert made.held() == 0


@pytest.mark.parametrize(
    ("old", "most"), [(0, MOST_AN_HOUR), (2_000, 2_000), (48_000, 2_000), (48_001, 2_001), (480_000, 20_000)]
)
def test_never_everything_at_once(old: int, most: int) -> None:
    """A part of them in each round, so that somebody can still stop it; however many there are, it is over one day."""
    assert most_at_once(old) == most


def test_a_round_ends_at_its_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one goes on."""
    monkeypatch.setattr("dashboard.services.upkeep.housekeeping.MOST_AN_HOUR", 700)
    finish(desk, 1_500, days=2)
    keep_for(desk, 1)
    made = housekeeping(desk)
    assert [made.tidy() for _ in range(4)] == [700, 700, 100, 0]


def revision(desk: Desk) -> int:
    """How often something visible has changed."""
    with desk.database.reading() as session:
        return teams.revision(session=session, team_id=desk.team_id)


def count_of_rows(desk: Desk, table: type[Base]) -> int:
    """How many rows a table has."""
    with desk.database.reading() as session:
        return len(session.exec(select(table)).all())


def test_the_file_becomes_smaller(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a round SQLite has nothing but a little to spare; on PostgreSQL there is nothing to do."""
    monkeypatch.setattr(compacting, "KEPT", 2)
    monkeypatch.setattr(module, "_FIRST_PAGES", 8)
    monkeypatch.setattr(module, "_MOST_PAGES", 8)
    for number in range(5):
        aged(desk, f"old{number}", days=31)
    desk.intake.register([NewTask(task_id=f"more-{number:05}", label="x" * 200) for number in range(300)])
    with desk.database.writing() as session:
        session.exec(update(Task).values(state="completed", next_poll_at=None, completed_at=LONG_AGO))
    keep_for(desk, 30)
    housekeeping(desk).tidy()
    if desk.database.is_sqlite:
        with desk.database.reading() as session:
            assert compacting.slack(session).free_bytes <= 2 * 4096


def test_an_old_file_is_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot become smaller by itself; the log says what can be done."""
    if not desk.database.is_sqlite:
        pytest.skip("PostgreSQL does it by itself")
    slack = compacting.Slack(free_bytes=100_000_000, shrinks=False)
    monkeypatch.setattr(compacting, "slack", lambda _: slack)
    made = housekeeping(desk)
    with capture_logs() as logged:
        made.tidy()
        made.tidy()
    (line,) = [line for line in logged if line["event"] == "housekeeping.does_not_shrink"]
    assert line["advice"] == "ocr-dashboard compact"
