"""Who has stopped beating, given what was seen: a table of cases, without a clock."""

from collections.abc import Mapping, Sequence

import pytest

from dashboard.polling.watch import Silent, Watch

Look = tuple[float, Mapping[str, int | None]] | None
"""When, and what was seen; None for one that failed."""

DEAD = [Silent("a", 7)]

CASES: dict[str, tuple[Sequence[Look], Sequence[Silent]]] = {
    "nobody holds anything": ([(t, {}) for t in (0, 2, 4, 6, 8)], []),
    "it beats": ([(t, {"a": t}) for t in (0, 2, 4, 6, 8, 10)], []),
    "it beats slowly": ([(t, {"a": t // 4}) for t in (0, 2, 4, 6, 8, 10, 12)], []),
    "it is silent": ([(t, {"a": 7}) for t in (0, 2, 4, 6)], DEAD),
    "not for long enough": ([(t, {"a": 7}) for t in (0, 2, 4, 5.9)], []),
    "it was silent before": ([*((t, {"a": 7}) for t in (0, 2, 4)), (5, {"a": 8}), (7, {"a": 8})], []),
    "it came back with fewer beats": ([(0, {"a": 7}), (2, {"a": 7}), (4, {"a": 1}), (6, {"a": 1})], []),
    "it is not known at all": ([(t, {"a": None}) for t in (0, 2, 4, 6)], [Silent("a", None)]),
    "its row went and came": ([(0, {"a": 7}), (2, {"a": None}), (4, {"a": None}), (6, {"a": 1})], []),
    "it held nothing in between": ([(0, {"a": 7}), (2, {}), (4, {"a": 7}), (6, {"a": 7})], []),
    "one of two": ([(t, {"a": 7, "b": t}) for t in (0, 2, 4, 6)], DEAD),
    "both": ([(t, {"a": 7, "b": 1}) for t in (0, 2, 4, 6)], [*DEAD, Silent("b", 1)]),
    "we were frozen": ([(0, {"a": 7}), (2, {"a": 7}), (60, {"a": 7})], []),
    "we were frozen, and looked on": ([(0, {"a": 7}), *((t, {"a": 7}) for t in (60, 62, 64, 66))], DEAD),
    "we were frozen, and looked on for too short a time": (
        [(0, {"a": 7}), *((t, {"a": 7}) for t in (60, 62, 64))],
        [],
    ),
    "our looks came late": ([(t, {"a": 7}) for t in (0, 4.1, 8.2, 12.3)], []),
    "our looks came a little late": ([(t, {"a": 7}) for t in (0, 3.5, 7)], DEAD),
    "a look of ours failed": ([(0, {"a": 7}), (2, {"a": 7}), None, (6, {"a": 7}), (8, {"a": 7})], []),
    "looks failed, and later did not": ([(0, {"a": 7}), None, *((t, {"a": 7}) for t in (4, 6, 8, 10))], DEAD),
}


@pytest.mark.parametrize(("looks", "expected"), CASES.values(), ids=CASES.keys())
def test_whose_tasks_are_freed(looks: Sequence[Look], expected: Sequence[Silent]) -> None:
    """What the last look brings; none before brings anything."""
    watch = Watch()
    found: list[list[Silent]] = []
    for look in looks:
        if look is None:
            watch.begin_anew()
        else:
            found.append(watch.look(look[1], at=look[0]))
    assert found[-1] == list(expected)
    assert not any(found[:-1])


def test_a_suspect_is_one_that_two_looks_have_seen_alike() -> None:
    """Then the observer writes too, so that it knows that one can."""
    watch = Watch()
    assert not watch.suspects
    watch.look({"a": 7}, at=0)
    assert not watch.suspects
    watch.look({"a": 7}, at=2)
    assert watch.suspects
    watch.look({"a": 8}, at=4)
    assert not watch.suspects
    watch.look({"a": 8}, at=6)
    watch.begin_anew()
    assert not watch.suspects
