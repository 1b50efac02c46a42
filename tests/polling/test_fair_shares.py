from collections import Counter

import pytest

from dashboard.models import Lane
from dashboard.polling.fair_shares import GUARANTEED, in_turn, share_out

A, B, C = (Lane("https://ocr.example", number) for number in (1, 2, None))


@pytest.mark.parametrize(
    ("limit", "due", "busy", "shares"),
    [
        (16, {A: 100}, {}, {A: 16}),
        (2, {A: 100}, {}, {A: 2}),
        (0, {A: 100}, {A: 16}, {}),
        (0, {A: 100}, {A: 2}, {}),
        (16, {A: 3, B: 100}, {}, {A: 3, B: 13}),
        (16, {A: 100, B: 100}, {}, {A: 8, B: 8}),
        (12, {A: 100, B: 100}, {A: 10, B: 2}, {A: 2, B: 10}),
        (0, {B: 100}, {A: 16}, {B: GUARANTEED}),
        (0, {B: 100}, {A: 16, B: 3}, {B: 1}),
        (0, {B: 2}, {A: 16}, {B: 2}),
        (0, {B: 100}, {A: 16, B: 4}, {}),
        (3, {A: 9, B: 9, C: 9}, {}, {A: 4, B: 4, C: 4}),
        (16, {A: 0, B: 9}, {}, {B: 9}),
        (16, {}, {A: 3}, {}),
    ],
    ids=[
        "alone, every slot",
        "alone, no more than there are",
        "alone, all taken",
        "alone, nothing guaranteed",
        "few leave the rest",
        "half each",
        "whoever has least comes next",
        "guaranteed beside one who holds all",
        "what is missing of it",
        "no more than are due",
        "it has what is guaranteed",
        "all are guaranteed theirs",
        "nothing due",
        "no lane",
    ],
)
def test_shares(limit: int, due: dict[Lane, int], busy: dict[Lane, int], shares: dict[Lane, int]) -> None:
    """Equally many for all, by what each has under way; four for each, whatever the others do."""
    assert share_out(limit, due=due, busy=busy) == shares


def test_equals_take_turns() -> None:
    """Where there is one slot and everybody has what is guaranteed, each turn is another lane's."""
    lanes = {A: 9, B: 9, C: 9}
    busy = dict.fromkeys(lanes, GUARANTEED)
    winners = Counter(lane for turn in range(9) for lane in share_out(1, due=lanes, busy=busy, turn=turn))
    assert winners == {A: 3, B: 3, C: 3}


@pytest.mark.parametrize(
    ("at_risk", "fresh", "longest_due", "chosen"),
    [
        ([], [], [1, 2, 3, 4, 5], [1, 2, 3, 4]),
        ([], [9, 8, 7], [1, 2, 3, 4], [1, 9, 2, 8]),
        ([5, 6, 7, 8], [9], [1, 2, 3, 4], [5, 9, 6, 7]),
        ([5], [9], [5, 9, 1, 2], [5, 9, 1, 2]),
        ([5], [], [1, 5], [5, 1]),
    ],
    ids=[
        "longest due",
        "every other one is fresh",
        "three in four at risk",
        "no task twice",
        "all there are",
    ],
)
def test_turns_within_a_lane(
    at_risk: list[int], fresh: list[int], longest_due: list[int], chosen: list[int]
) -> None:
    """Deadlines first; neither they nor thousands that are overdue keep fresh ones from their turns."""
    assert in_turn(4, at_risk=at_risk, fresh=fresh, longest_due=longest_due) == chosen


def test_one_slot_at_a_time_goes_on_in_turn() -> None:
    """A share of one is given to each kind in turn, whenever there is one."""
    chosen = [in_turn(1, at_risk=[1], fresh=[2], longest_due=[3], turn=turn)[0] for turn in range(4)]
    assert Counter(chosen) == {1: 3, 2: 1}
