"""What people have seen needs them no more, until it changes."""

import pytest

from dashboard.models import State
from dashboard.services.tasks.intake import NewTask
from dashboard.store.board_filter import BoardFilter
from tests.services.conftest import Desk


@pytest.fixture
def refs(desk: Desk) -> list[int]:
    """Four tasks: failed, lost, done and open."""
    entries = [NewTask(task_id=f"task-{number}", trial=True) for number in range(4)]
    added = list(desk.intake.register(entries).registered.values())
    ends = {"next_poll_at": None, "completed_at": desk.clock()}
    for ref, state in zip(added, (State.FAILED, State.NOT_FOUND, State.COMPLETED), strict=False):
        desk.change(ref, state=state.value, **ends)
    desk.tasks.relabel(added[3], "changed")  # the board looks again
    return added


def test_only_what_needs_somebody(desk: Desk, refs: list[int]) -> None:
    """Of those that ended without a whole result, each counts no more; the others are left alone."""
    assert desk.board.look(BoardFilter()).counts.attention == 2
    assert sorted(desk.tasks.mark_seen(refs)) == refs[:2]
    assert desk.tasks.mark_seen(refs) == []  # already
    view = desk.board.look(BoardFilter(attention=True))
    assert (view.counts.attention, view.rows) == (0, ())
    assert desk.board.look(BoardFilter()).total == 4
    assert desk.tasks.chosen(refs).unseen == 0


def test_it_can_be_taken_back(desk: Desk, refs: list[int]) -> None:
    """As if nobody had seen them."""
    seen = desk.tasks.mark_seen(refs)
    assert desk.tasks.mark_seen(seen, seen=False) == seen
    assert [row.id for row in desk.board.look(BoardFilter(attention=True)).rows] == refs[1::-1]
    assert desk.tasks.chosen(refs).unseen == 2


def test_a_new_end_needs_somebody_again(desk: Desk, refs: list[int]) -> None:
    """Asked about again, a task may end badly another time: that is news."""
    desk.tasks.mark_seen(refs)
    desk.tasks.check_now([refs[0]])
    assert desk.task(refs[0]).attended_at is None
    desk.change(refs[0], state=State.FAILED.value, next_poll_at=None)
    desk.tasks.relabel(refs[0], "changed")
    assert [row.id for row in desk.board.look(BoardFilter(attention=True)).rows] == [refs[0]]


def test_another_team_sees_its_own(desk: Desk, other_desk: Desk, refs: list[int]) -> None:
    """Nobody marks what belongs to others."""
    assert other_desk.tasks.mark_seen(refs) == []
    assert desk.board.look(BoardFilter()).counts.attention == 2
