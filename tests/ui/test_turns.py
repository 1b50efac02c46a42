"""What in a browser's message is a choice, and what is only older than our last answer."""

from collections.abc import Mapping

import pytest

from dashboard.ui.turns import Known

NOTHING = {"state": "", "q": "", "page": ""}
SEARCHED = {**NOTHING, "q": "line"}
TURNED = {**SEARCHED, "page": "2"}


def said(**values: str) -> dict[str, str]:
    """What the widgets show."""
    return {**NOTHING, **values}


def place(*turns: Mapping[str, str]) -> Known:
    """A place that has shown these one after the other, as the turns 1, 2 and so on."""
    known = Known("board")
    for number, values in enumerate(turns, start=1):
        known.settle(values, values, next_turn=number)
    return known


@pytest.mark.parametrize(
    ("turn", "sent", "chosen"),
    [
        (3, NOTHING, set()),
        (3, said(state="open"), {"state"}),
        (2, TURNED, set()),  # a refresh that was on its way when Back took the page away
        (1, SEARCHED, set()),
        (2, said(q="line", page="2", state="open"), {"state"}),  # a click that was
        (2, said(q="line", page="3"), {"page"}),
        (2, said(q="other"), {"q"}),
        (2, NOTHING, set()),  # has chosen what we show by now
        (0, said(q="line"), {"q"}),  # nobody's turn: as if it had seen the last one
        (99, said(q="line"), {"q"}),
    ],
)
def test_only_what_differs_from_what_was_seen_is_chosen(
    turn: int, sent: Mapping[str, str], chosen: set[str]
) -> None:
    """A browser two answers behind shows what it was sent then."""
    known = place(SEARCHED, TURNED, NOTHING)
    assert known.turn == 3
    assert known.chosen(turn, sent) == chosen


def test_choosing_and_taking_back_before_an_answer() -> None:
    """Two quick clicks on the same pill: the second one counts, although the widget is as it was drawn."""
    known = place(NOTHING)
    known.settle(said(state="open"), NOTHING, next_turn=2, turn=1, sent=said(state="open"))
    assert known.turn == 2
    assert known.chosen(1, NOTHING) == {"state"}
    assert not known.chosen(1, said(state="open"))


def test_what_a_button_has_set_is_not_taken_back_by_what_was_on_its_way() -> None:
    """*All* lets go of a pill; a refresh sent before the answer still has it pressed."""
    known = place(said(state="open"))
    assert known.chosen(1, NOTHING, {"state"}) == {"state"}
    known.settle(NOTHING, said(state="open"), next_turn=2, turn=1, sent=NOTHING, ours={"state"})
    assert not known.chosen(1, said(state="open"))
    assert known.chosen(2, said(state="open")) == {"state"}


def test_what_we_correct_is_no_choice() -> None:
    """A page beyond the last one is shown as the last one; who has not seen that yet does not ask again for it."""
    known = place(said(page="3"))
    known.settle(said(page="3"), NOTHING, next_turn=2, turn=1, sent=said(page="9"))
    assert known.turn == 2
    assert not known.chosen(1, said(page="9"))


def test_an_answer_that_sets_nothing_is_no_turn() -> None:
    """Refreshes do not count."""
    known = place(SEARCHED)
    for number in range(2, 50):
        known.settle(SEARCHED, SEARCHED, next_turn=number, turn=1, sent=SEARCHED)
    assert known.turn == 1


@pytest.mark.parametrize(
    ("turn", "address", "expected"),
    [
        (3, NOTHING, True),
        (3, TURNED, False),  # somebody has gone there
        (2, TURNED, True),  # it had that address before our last answer
        (2, SEARCHED, False),
        (1, SEARCHED, True),
        (1, TURNED, True),  # on its way to it
        (1, said(q="elsewhere"), False),
    ],
)
def test_which_addresses_are_no_news(turn: int, address: Mapping[str, str], expected: bool) -> None:  # noqa: FBT001
    """A browser has the address of the turn that it has seen, or of a later one."""
    assert place(SEARCHED, TURNED, NOTHING).expects(turn, address) is expected


def test_old_turns_are_forgotten() -> None:
    """A tab that is open for a year keeps a few."""
    known = place(*({**NOTHING, "q": str(number)} for number in range(1, 1000)))
    assert known.turn == 999
    assert known.chosen(990, said(q="990")) == set()
    assert known.chosen(3, said(q="3")) == {"q"}
