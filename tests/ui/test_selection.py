"""What a browser says of a selection is heard when it makes sense, and only while it is about this one."""

import pytest

from dashboard.store.tasks import MAX_ID
from dashboard.ui.selection import MOST_SELECTED, Selection, said


@pytest.fixture
def selection(request: pytest.FixtureRequest) -> Selection:
    """An empty one."""
    return Selection(request.node.name)


@pytest.mark.parametrize(
    ("ids", "heard"),
    [
        ([3, 1, 2], [3, 1, 2]),
        ([1, 1, True, 0, -5, 2.0, "3", None, [4], MAX_ID, MAX_ID + 1, 10**30], [1, MAX_ID]),
        (5, []),
        (None, []),
        ({"1": 2}, []),
    ],
    ids=["numbers", "odd ones", "number", "nothing", "object"],
)
def test_only_ids_are_heard(selection: Selection, ids: object, heard: list[int]) -> None:
    """Whatever else a browser sends is left out."""
    selection.hear({"turn": selection.turn, "ids": ids})
    assert selection.ids == heard


@pytest.mark.parametrize("reported", [None, 5, [1], {}, {"turn": "an older one", "ids": [7]}, {"ids": [7]}])
def test_another_turn_is_not_heard(selection: Selection, reported: object) -> None:
    """A late word of a selection that was cleared meanwhile selects nothing."""
    selection.hear({"turn": selection.turn, "ids": [1]})
    selection.hear(reported)
    assert selection.ids == [1]


def test_clearing_begins_a_new_turn(selection: Selection) -> None:
    """What was on its way then counts no more."""
    before = selection.turn
    selection.hear({"turn": before, "ids": [1, 2]})
    selection.clear()
    selection.hear({"turn": before, "ids": [1, 2, 3]})
    assert selection.ids == []


def test_a_tick_before_the_tab_has_given_back_is_kept(
    selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody comes back from a task and selects another one at once: both are selected, until a new turn."""
    monkeypatch.setattr("dashboard.ui.selection.reported", lambda *_: [1, 2])
    born = selection.turn
    selection._recall()
    assert selection.ids == [1, 2]
    selection.hear({"turn": born, "ids": [7]})
    assert selection.ids == [1, 2, 7]
    selection.hear({"turn": born, "ids": [8]})
    assert selection.ids == [1, 2, 7]
    selection.hear({"turn": selection.turn, "ids": [7]})
    assert selection.ids == [7]


def test_there_is_a_most(selection: Selection) -> None:
    """More than the services take is cut, and the list is told so by a new turn."""
    before = selection.turn
    selection.hear({"turn": before, "ids": list(range(1, MOST_SELECTED + 100))})
    assert len(selection.ids) == MOST_SELECTED
    assert selection.turn != before


def test_what_is_gone_is_let_go_of(selection: Selection) -> None:
    """Tasks that are shown need no look; of the others only those stay that are still there."""
    asked: list[list[int]] = []

    def present(others: list[int]) -> set[int]:
        asked.append(others)
        return {4}

    selection.hear({"turn": selection.turn, "ids": [1, 2]})
    assert selection.keep_only({1, 2, 3}, present) == 0
    selection.hear({"turn": selection.turn, "ids": [1, 2, 4, 9]})
    assert selection.keep_only({1, 2, 3}, present) == 1
    assert selection.ids == [1, 2, 4]
    assert asked == [[4, 9]]


def test_it_says_what_is_elsewhere() -> None:
    """Only where there is something elsewhere."""
    assert said(3, 0) == "**3 selected**"
    assert said(1_300, 1) == "**1,300 selected**, 1 not on this page"
