"""Where the masked words of a text are, with what stands around them."""

import re
from functools import partial
from pathlib import Path
from typing import Self, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.gaps import CONTEXT, Gap, find_gaps, strip
from dashboard.results.masks import Mask, find_masks, report_of

TRIAL = (Path(__file__).parent / "samples" / "latin.trial.txt").read_bytes().decode()


def test_the_published_trial_has_twelve_gaps() -> None:
    """Each is found by its number, its line and column, and read with its neighbours on one line."""
    gaps = find_gaps(TRIAL, find_masks(TRIAL))

    assert [gap.number for gap in gaps] == list(range(1, 13))
    assert [gap.line for gap in gaps] == [1, 1, 2, 3, 4, 6, 6, 8, 9, 9, 11, 14]
    assert gaps[0] == Gap(
        number=1,
        start=TRIAL.index("***"),
        end=TRIAL.index("***") + 3,
        line=1,
        before="Lorem ipsum dolor ",
        after=" amet, ** affert malorum necessitatibus",
    )
    assert (gaps[2].before, gaps[2].after) == (
        "affert malorum necessitatibus ius, id ",
        " eros impetus detracto, quot vitae",
    )
    assert (gaps[11].before, gaps[11].after) == ("putant eos. Cum eros error appetere ", ".")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a *** b", [1], id="first line"),
        pytest.param("*** b", [1], id="first word"),
        pytest.param("\n\n*** b", [3], id="line feeds"),
        pytest.param("a\r\nto *** b", [2], id="Windows"),
        pytest.param("a\rto *** b", [2], id="old Mac"),
        pytest.param("a *** b *** c\nd *** e", [1, 1, 2], id="several"),
        pytest.param("a\u2028b *** c", [1], id="other separators end no line, as for masks"),
    ],
)
def test_lines_are_counted_from_one(text: str, lines: list[int]) -> None:
    """As editors count them, for all three ends of lines."""
    assert [gap.line for gap in find_gaps(text, find_masks(text))] == lines


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        pytest.param("***,", "", ",", id="nothing around"),
        pytest.param("one two ***, three", "one two ", ", three", id="short"),
        pytest.param("one\r\n\r\n two\t***\u2028three", "one two ", " three", id="line breaks become spaces"),
        pytest.param(
            "seventeen letters *** seventeen letters", "letters ", " seventeen", id="cut between words"
        ),
        pytest.param(
            "今天天气很好我们去公园散步吧、***、东京",
            "天气很好我们去公园散步吧、"[-12:],
            "、东京",
            id="no spaces to cut at",
        ),
        pytest.param(
            "e\u0301" * 10 + " *** " + "e\u0301" * 10, "e\u0301" * 5 + " ", " " + "e\u0301" * 5, id="accents"
        ),
    ],
)
def test_the_context_is_one_short_line(text: str, before: str, after: str) -> None:
    """Cut between words where there are any, never between a letter and its accent."""
    gap = find_gaps(text, find_masks(text), context=12)[0]

    assert (gap.before, gap.after) == (before, after)


@pytest.mark.parametrize(
    ("starts", "length", "cells", "expected"),
    [
        pytest.param([], 100, 4, (0, 0, 0, 0), id="no gaps"),
        pytest.param([0, 24, 25, 99], 100, 4, (2, 1, 0, 1), id="edges"),
        pytest.param([0], 1, 3, (1, 0, 0), id="more cells than characters"),
        pytest.param([], 0, 2, (0, 0), id="empty text"),
        pytest.param([5, 6, 7], 10, 1, (3,), id="one cell"),
    ],
)
def test_the_strip_says_where_in_the_text_the_gaps_are(
    starts: list[int], length: int, cells: int, expected: tuple[int, ...]
) -> None:
    """Cells are equal stretches of the text; a gap counts where it begins."""
    masks = [Mask(start=start, end=start + 1, line=1, word_index=0) for start in starts]

    assert strip("x" * length, masks, cells=cells) == expected


def test_a_strip_needs_a_cell() -> None:
    """A bar without cells is a mistake of the caller."""
    with pytest.raises(ValueError, match="A strip needs at least one cell"):
        strip("x", (), cells=0)


@pytest.mark.parametrize(
    ("text", "words", "masked", "documented", "beyond"),
    [
        pytest.param(TRIAL, 123, 12, 12, 0, id="published"),
        pytest.param("to *** at", 3, 1, 0, 1, id="under ten words"),
        pytest.param("", 0, 0, 0, 0, id="empty"),
        pytest.param("x " * 25, 25, 0, 2, 0, id="none masked"),
        pytest.param("***,Sit,*** " + "x " * 9, 10, 1, 1, 0, id="two stretches, one word"),
    ],
)
def test_the_share_is_held_against_the_documented_tenth(
    text: str, words: int, masked: int, documented: int, beyond: int
) -> None:
    """More than the tenth means that some asterisks are the text's own."""
    found = report_of(text, find_masks(text))

    assert (found.words, found.masks, found.documented, found.beyond) == (words, masked, documented, beyond)
    assert found.share == (masked / words if words else 0.0)


@pytest.mark.parametrize(
    "masks",
    [
        pytest.param([(4, 9)], id="beyond the end"),
        pytest.param([(4, 5), (0, 1)], id="out of order"),
        pytest.param([(0, 3), (2, 4)], id="overlapping"),
        pytest.param([(-3, -1)], id="before the beginning"),
    ],
)
def test_masks_of_another_text_are_refused(masks: list[tuple[int, int]]) -> None:
    """Wrong places would show wrong words."""
    wrong = [Mask(start, end, 1, 0) for start, end in masks]
    for use in (find_gaps, partial(strip, cells=3)):
        with pytest.raises(ValueError, match="The masks are not of this text, or not in reading order"):
            use("some tex", wrong)


ANY_TEXT = st.text(alphabet=st.sampled_from("**** ab5,.'\r\n\u2028\x85今\u0301\u200f"), max_size=120)


@given(ANY_TEXT, st.integers(1, 50), st.integers(0, 20))
def test_gaps_are_in_order_and_within_the_text(text: str, cells: int, context: int) -> None:
    """Whatever the text: numbers, places and contexts hold, and the strip counts each gap once."""
    masks = find_masks(text)
    gaps = find_gaps(text, masks, context=context)

    end_before = 0
    for number, gap in enumerate(gaps, start=1):
        assert gap.number == number
        assert end_before <= gap.start < gap.end <= len(text)
        assert text[gap.start] == text[gap.end - 1] == "*"
        for side in (gap.before, gap.after):
            assert len(side) <= context
            assert len(side.splitlines()) <= 1
        assert gap.line == len(re.split(r"\r\n|\r|\n", text[: gap.start]))
        end_before = gap.end
    bar = strip(text, masks, cells=cells)
    assert (len(bar), sum(bar)) == (cells, len(gaps))


class _CountedText(str):
    """Counts the characters that are looked at, through every way the gaps look at them."""

    __slots__ = ("read",)
    read: int

    def __new__(cls, text: str) -> Self:
        """Begin with nothing read."""
        made = super().__new__(cls, text)
        made.read = 0
        return made

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """Count a slice by its length."""
        piece = super().__getitem__(key)
        self.read += len(piece)
        return piece

    def rfind(self, sub: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        """Count a search by the whole range it may read."""
        first, last = int(start or 0), len(self) if end is None else int(end)
        self.read += last - first
        return super().rfind(sub, first, last)


@pytest.mark.parametrize("separator", ["\n", " "], ids=["many lines", "one line"])
def test_the_work_grows_with_the_text_and_no_faster(separator: str) -> None:
    """Every character is read once per context it is in."""
    small, large = (
        _CountedText(separator.join([TRIAL.replace("\n", separator)] * times)) for times in (10, 100)
    )

    counts = [(len(find_gaps(text, find_masks(str(text)))), text.read) for text in (small, large)]

    assert [gaps for gaps, _ in counts] == [120, 1200]
    for (gaps, read), text in zip(counts, (small, large), strict=True):
        assert 0 < read <= min(gaps * (2 * CONTEXT + 8), 2 * len(text))
