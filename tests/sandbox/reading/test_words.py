"""Places of words, from groups of signs that a model found or did not."""

import pytest

pytest.importorskip("rapidocr", reason="the extra 'local' is not installed")

from dashboard.sandbox.reading.engine import words_of


def corners(left: int, right: int) -> list[list[int]]:
    """A rectangle as the model gives it."""
    return [[left, 0], [right, 0], [right, 20], [left, 20]]


@pytest.mark.parametrize(
    ("text", "groups", "words"),
    [
        pytest.param(
            "one two",
            [("one", 0.9, corners(0, 30)), ("two", 0.8, corners(40, 70))],
            [("one", (0, 0, 30, 20), 0.9), ("two", (40, 0, 70, 20), 0.8)],
            id="a group a word",
        ),
        pytest.param(
            "漢字 x",
            [("漢", 0.9, corners(0, 20)), ("字", 0.7, corners(20, 40)), ("x", 0.8, corners(50, 60))],
            [("漢字", (0, 0, 40, 20), 0.7), ("x", (50, 0, 60, 20), 0.8)],
            id="several groups a word: the least sure counts",
        ),
        pytest.param(
            "one two",
            [("onetwo", 0.9, corners(0, 70))],
            [("one", (0, 0, 30, 20), 0.6), ("two", (40, 0, 70, 20), 0.6)],
            id="they do not fit: evenly",
        ),
        pytest.param("one", [], [("one", (0, 0, 70, 20), 0.6)], id="none"),
    ],
)
def test_words_have_places(
    text: str, groups: list[tuple[str, float, object]], words: list[tuple[str, tuple[int, ...], float]]
) -> None:
    """Each one, whatever the model says."""
    found = words_of(text, 0.6, (0, 0, 70, 20), groups)
    assert [(word.text, word.box, word.confidence) for word in found] == words
