"""The board, read once per change and shared by everybody who looks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from dashboard.models import ParkReason, State
from dashboard.services.tasks.board import KEPT
from dashboard.services.tasks.intake import NewTask
from dashboard.store.board_filter import BoardFilter
from tests.services.conftest import Desk


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """The SELECT statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(desk.database.engine, "after_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(desk.database.engine, "after_cursor_execute", note)


@pytest.fixture
def fill(desk: Desk) -> Callable[[int], list[int]]:
    """Registers so many trial tasks."""

    def register(count: int) -> list[int]:
        entries = [NewTask(task_id=f"task-{number:05}", trial=True) for number in range(count)]
        return list(desk.intake.register(entries).registered.values())

    return register


Fill = Callable[[int], list[int]]


def test_an_empty_board(desk: Desk) -> None:
    """There is one page, with nothing on it."""
    view = desk.board.look(BoardFilter())

    assert (view.rows, view.total, view.page, view.pages) == ((), 0, 1, 1)
    assert (view.counts.total, view.trouble, view.revision) == (0, (), 0)
    assert view.read_at == desk.clock()


def test_the_same_revision_is_counted_once(desk: Desk, fill: Fill) -> None:
    """Everybody who looks costs the database one small question."""
    fill(3)
    first = desk.board.look(BoardFilter())
    with statements(desk) as seen:
        again = [desk.board.look(BoardFilter()) for _ in range(10)]

    assert len(seen) == 10
    assert not any("count(" in statement for statement in seen)
    assert {view.rows for view in again} == {first.rows}


def test_a_change_is_seen_at_once(desk: Desk, fill: Fill) -> None:
    """By everybody, with its new revision."""
    refs = fill(3)
    before = desk.board.look(BoardFilter())
    desk.tasks.cancel(refs[:1])
    after = desk.board.look(BoardFilter())

    assert after.revision > before.revision
    assert (before.counts.by_state, after.counts.by_state) == (
        {State.PENDING: 3},
        {State.PENDING: 2, State.CANCELLED: 1},
    )
    assert after.rows[-1].state is State.CANCELLED


def test_another_filter_is_counted_for_itself(desk: Desk, fill: Fill) -> None:
    """The counts of all tasks are not asked for again."""
    refs = fill(3)
    desk.tasks.relabel(refs[0], "Invoice")
    desk.board.look(BoardFilter())
    with statements(desk) as seen:
        view = desk.board.look(BoardFilter(query="invoice"))

    assert [row.id for row in view.rows] == refs[:1]
    assert (view.total, view.counts.total) == (1, 3)
    assert not any("GROUP BY" in statement and "task.state" in statement for statement in seen)


@pytest.mark.parametrize(("asked", "shown"), [(1, 1), (3, 3), (4, 3), (10**9, 3), (0, 1), (-5, 1)])
def test_pages_beyond_the_ends(desk: Desk, fill: Fill, asked: int, shown: int) -> None:
    """The nearest page there is, and its number."""
    refs = fill(5)
    view = desk.board.look(BoardFilter(), page=asked, per_page=2)
    newest_first = refs[::-1]

    assert (view.page, view.pages, view.total) == (shown, 3, 5)
    assert [row.id for row in view.rows] == newest_first[2 * shown - 2 : 2 * shown]


def test_teams_do_not_see_each_others_tasks(other_desk: Desk, fill: Fill) -> None:
    """Nor their counts."""
    fill(2)

    assert other_desk.board.look(BoardFilter()).counts.total == 0


def test_trouble_is_shown_while_something_is_parked(desk: Desk, fill: Fill) -> None:
    """With its reason and since when."""
    refs = fill(2)
    desk.change(
        refs[0],
        parked=ParkReason.UNREACHABLE.value,
        parked_since=desk.clock(),
        parked_detail="connection refused",
        last_polled_at=desk.clock(),
    )
    (trouble,) = desk.board.look(BoardFilter()).trouble

    assert (trouble.reason, trouble.tasks, trouble.words) == (ParkReason.UNREACHABLE, 1, "connection refused")


def test_what_is_at_risk_is_noticed_without_a_change(desk: Desk, fill: Fill) -> None:
    """Time alone brings tasks into risk: what was counted before and the page shown before are forgotten."""
    refs = fill(2)
    desk.change(refs[0], expires_at=desk.clock() + timedelta(hours=4), expiry_exact=True)
    seen = []
    for _ in range(3):
        view = desk.board.look(BoardFilter(at_risk=True))
        assert view.total == view.at_risk.tasks
        seen.append(([row.id for row in view.rows], view.at_risk.over))
        desk.clock.advance(hours=2.5)

    assert seen == [([], 0), (refs[:1], 0), (refs[:1], 1)]


def test_memory_is_bounded(desk: Desk, fill: Fill) -> None:
    """However many filters are tried."""
    fill(1)
    for number in range(KEPT + 20):
        desk.board.look(BoardFilter(query=f"{number}"))

    assert len(desk.board._memory._pages) == KEPT


def test_many_viewers_at_once(desk: Desk, fill: Fill) -> None:
    """Each sees a state that was true, and all agree in the end."""
    refs = fill(30)
    problems: list[str] = []

    def view() -> None:
        last = -1
        for _ in range(15):
            seen = desk.board.look(BoardFilter())
            gone = seen.counts.by_state.get(State.CANCELLED, 0)
            if seen.revision < last:
                problems.append("the revision went back")
            if gone != sum(row.state is State.CANCELLED for row in seen.rows):
                problems.append("counts and rows disagree")
            last = seen.revision

    viewers = [threading.Thread(target=view, daemon=True) for _ in range(4)]
    for viewer in viewers:
        viewer.start()
    for ref in refs[:10]:
        desk.tasks.cancel([ref])
    for viewer in viewers:
        viewer.join()

    assert problems == []
    assert desk.board.look(BoardFilter()).counts.by_state[State.CANCELLED] == 10


def test_all_that_match_in_turn(desk: Desk, fill: Fill) -> None:
    """Some at a time, newest first; what comes meanwhile is above where they began."""
    refs = fill(5)
    assert desk.board.matching(BoardFilter(query="task-"), limit=2) == refs[:2:-1]
    desk.intake.register([NewTask(task_id="later", trial=True)])
    assert desk.board.matching(BoardFilter(), below=refs[3], limit=2) == refs[2:0:-1]
    assert desk.board.matching(BoardFilter(), below=refs[0], limit=2) == []


def test_all_that_match_are_the_teams(other_desk: Desk, fill: Fill) -> None:
    """Of no other team."""
    fill(2)
    assert other_desk.board.matching(BoardFilter(), limit=9) == []
