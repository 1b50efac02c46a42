"""Two sequences of words are laid beside each other, within bounds."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.alignment import DIFFLIB_PAIRS, Run, matching_runs


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param("", "", [], id="empty"),
        pytest.param("a b c", "a b c", [Run(0, 0, 3)], id="the same"),
        pytest.param("a b c", "x y z", [], id="nothing in common"),
        pytest.param("a b c", "a x c", [Run(0, 0, 1), Run(2, 2, 1)], id="replaced"),
        pytest.param("a b c", "a c", [Run(0, 0, 1), Run(2, 1, 1)], id="removed"),
        pytest.param("a c", "a b c", [Run(0, 0, 1), Run(1, 2, 1)], id="added"),
        pytest.param("q a b r", "s a b t", [Run(1, 1, 2)], id="by words that are there once"),
        pytest.param("q a a r", "s a a t", [Run(1, 1, 2)], id="by difflib, where no word is there once"),
        pytest.param("q u a n", "n a u q", [Run(3, 0, 1)], id="the other way round"),
        pytest.param(
            "p a b a b a b q", "r b a b a a b s", [Run(2, 1, 4), Run(6, 6, 1)], id="by words in a row"
        ),
        pytest.param("p a o a z", "q a o a z y", [Run(1, 1, 4)], id="grown from an anchor"),
        pytest.param("p o o k o o q", "r o o k o o s", [Run(1, 1, 5)], id="grown to both sides"),
    ],
)
def test_sequences_are_aligned(first: str, second: str, expected: list[Run]) -> None:
    """Equal stretches are found in order."""
    assert matching_runs(first.split(), second.split()) == expected


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "one", "two", "three"]), max_size=40)


@given(WORDS, WORDS)
def test_runs_are_equal_in_order_and_as_long_as_can_be(first: list[str], second: list[str]) -> None:
    """Whatever the words: what is said to be equal is, no run touches the next, both ends are found."""
    runs = matching_runs(first, second)

    done_first = done_second = 0
    for run in runs:
        assert run.length > 0
        assert first[run.first : run.first + run.length] == second[run.second : run.second + run.length]
        assert done_first <= run.first
        assert done_second <= run.second
        assert (run.first, run.second) != (done_first, done_second) or done_first == 0
        done_first, done_second = run.first + run.length, run.second + run.length
    matched = sum(run.length for run in runs)
    assert matched <= min(len(first), len(second))
    if first and second and first[0] == second[0]:
        assert (runs[0].first, runs[0].second) == (0, 0)
    if first == second:
        assert runs == ([Run(0, 0, len(first))] if first else [])


@pytest.mark.parametrize(("beyond", "found"), [(0, True), (1, False)])
def test_stretches_without_anchors_are_aligned_up_to_the_limit(beyond: int, found: bool) -> None:  # noqa: FBT001 - a table
    """The documented bound: difflib weighs so many pairs and no more; longer stretches count as replaced."""
    side = math.isqrt(DIFFLIB_PAIRS) + beyond
    first, second = ["p", *["a"] * (side - 2), "q"], ["r", *["a"] * (side - 2), "s"]

    assert matching_runs(first, second) == ([Run(1, 1, side - 2)] if found else [])


def test_anchors_are_searched_again_between_anchors() -> None:
    """A word that is there twice in the whole is an anchor where it is there once."""
    first = ["x", *["a"] * 150, "seldom", *["b"] * 150, "y"]
    second = ["z", *["b"] * 150, "seldom", *["a"] * 150, "w"]

    runs = matching_runs([*first, "middle", *first], [*second, "middle", *second])

    assert runs == [Run(place, place, 1) for place in (151, 303, 455)]


@pytest.mark.parametrize("vocabulary", [1, 2, 50, 5000, 10**9])
def test_a_hundred_thousand_words_are_no_trouble(vocabulary: int) -> None:
    """Whether words repeat always, often or never; unbounded work would run into the time limit of the tests."""
    chance = random.Random(3)  # noqa: S311 - words, not secrets
    first = [str(chance.randrange(vocabulary)) for _ in range(100_000)]
    second = [word if chance.random() > 0.05 else "?" for word in first]

    matched = sum(run.length for run in matching_runs(first, second))

    same = sum(word != "?" for word in second)
    if vocabulary > 1:
        assert matched >= 0.9 * same
    assert matched <= same
