"""Words of a text at their places on the page."""

import pytest

from dashboard.results.hocr import Page, Word
from dashboard.results.word_places import in_permille, placed


def page(*words: str, confidence: int | None = 90) -> Page:
    """Words beside each other, each 10 wide and 5 high, on a page of 100 by 50."""
    made = [Word(text, 10 * at, 0, 10 * at + 10, 5, confidence) for at, text in enumerate(words)]
    return Page(100, 50, made)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("to be or not to be", ["to", "be", "or", "not", "to", "be"], [0, 3, 6, 9, 13, 16]),
        ("to\n\nbe", ["to", "be"], [0, 4]),
        ("a b c", ["a", "x", "c"], [0, 4]),  # written differently
        ("a c", ["a", "b", "c"], [0, 2]),  # left out
        ("", ["a"], []),
        ("a", [], []),
        ("start" + " " * 500 + "end", ["start", "end"], [0]),  # so far away it is another one
    ],
)
def test_in_order(text: str, words: list[str], expected: list[int]) -> None:
    """Each word is looked for behind the one before."""
    found = placed(text, [page(*words)], 1)
    assert [one.start for one in found] == expected
    assert all(text[one.start : one.end] == one.word.text for one in found)


def test_later_pages_begin_behind_earlier_ones() -> None:
    """The same words on two pages are told apart."""
    pages = [page("one", "two"), page("two", "one")]
    text = "one two\n\ntwo one"
    assert [one.start for one in placed(text, pages, 1)] == [0, 4]
    assert [one.start for one in placed(text, pages, 2)] == [9, 13]
    assert placed(text, pages, 3) == []


def test_a_piece_of_a_long_text() -> None:
    """Counted from its beginning, in thousandths of the page; what reaches beyond it is left out."""
    pages = [page("aaaa", "bbbb", "cccc")]
    places = placed("aaaa bbbb cccc", pages, 1)
    assert in_permille(places, pages[0], start=5, end=12) == [[0, 4, 100, 0, 100, 100, 90]]
    unsure = [page("a", confidence=None)]
    assert in_permille(placed("a", unsure, 1), unsure[0], start=0, end=1) == [[0, 1, 0, 0, 100, 100, None]]
