"""Long texts in pages, and lines that can be numbered."""

import html
import re

import pytest

from dashboard.results.highlighting import highlight
from dashboard.results.masks import find_masks
from dashboard.ui.result.text_view import PAGE_CHARACTERS, by_line, page_bounds, piece_of


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        pytest.param("", 1, id="nothing"),
        pytest.param("x" * PAGE_CHARACTERS, 1, id="just one"),
        pytest.param("x" * (2 * PAGE_CHARACTERS + 1), 3, id="one word"),
        pytest.param("word " * 100_000, 3, id="one line"),
        pytest.param("a line\n" * 100_000, 4, id="lines"),
    ],
)
def test_pages(text: str, pages: int) -> None:
    """Rejoin to the text, and end with lines or words where there are any."""
    bounds = page_bounds(text)
    assert len(bounds) == pages
    assert "".join(text[start:end] for start, end in bounds) == text
    if " " in text or "\n" in text:
        assert all(text[end - 1].isspace() for _, end in bounds)


@pytest.mark.parametrize(
    "text", ["", "a", "a\n", "\n", "\n\na\n\nb", "a\r\nb\rc", "<b>\n&amp;", "one ***** two\nthree ***** four"]
)
def test_lines_hold_the_same_text(text: str) -> None:
    """An element for each line, nothing added and nothing lost."""
    marked = by_line(highlight(text, find_masks(text)))
    assert html.unescape(re.sub(r"<[^>]+>", "", marked)).replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert marked.count('class="line"') == text.count("\n") + (not text.endswith("\n") and text != "")


@pytest.mark.parametrize(
    ("number", "count", "said"),
    [
        (1, 2, "This is piece 1 of 2 of a long text: there is a second piece, which is chosen below it."),
        (2, 2, "This is the last of 2 pieces of a long text."),
        (1, 3, "This is piece 1 of 3 of a long text: there is more of it, which is chosen below it."),
        (
            1_200,
            1_234,
            "This is piece 1,200 of 1,234 of a long text: there is more of it, which is chosen below it.",
        ),
    ],
)
def test_that_there_is_more_is_said(number: int, count: int, said: str) -> None:
    """Before the text."""
    assert piece_of(number, count) == said
