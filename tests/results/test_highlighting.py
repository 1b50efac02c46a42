"""Highlighted text is the text."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.comparison import compare
from dashboard.results.comparison_values import Reading
from dashboard.results.highlighting import highlight, with_fillings
from dashboard.results.masks import find_masks

HOSTILE = [
    "<script>alert(1)</script>",
    "</pre><img src=x onerror=alert(1)>",
    "</mark>",
    "&lt;b&gt; &amp;amp; &#42;",
    "\x1b[31mred\x1b[0m",
    "\u202etxt.exe\u202c \u2066***\u2069",
    "NUL \0 here",
    "lone \ud800 surrogate",
    "\n\n leading line feeds",
    "\r\n Windows\r old Mac",
    "![x](http://example.org/x.png) :orange-background[x] `code`",
    "$$\\LaTeX$$",
    "' \" quotes",
]
TEXTS = st.lists(
    st.sampled_from([*HOSTILE, " ", "to ****** at ", " ***, ", "\n", "\r"]) | st.text(max_size=20)
).map("".join)


class _Page(HTMLParser):
    """Reads HTML back: its text, and which elements it has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.marked: list[str] = []
        self.tags: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        """Remember the element."""
        self.tags.add(tag)
        self._inside = tag == "mark"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - its signature
        """Leave the element."""
        self._inside = False

    def handle_data(self, data: str) -> None:
        """Remember what is marked."""
        if self._inside:
            self.marked.append(data)


def _text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page))


@given(TEXTS)
def test_the_text_comes_back_exactly(text: str) -> None:
    """Stripping the tags gives back the text, whatever was in it; our own elements are the only ones."""
    masks = find_masks(text)

    shown = highlight(text, masks)

    assert _text_of(shown) == text
    page = _Page()
    page.feed(shown)
    page.close()
    assert page.tags <= {"mark", "span"}
    assert page.marked == [text[mask.start : mask.end] for mask in masks]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_the_text_is_markup(text: str) -> None:
    """Hostile text is escaped, with and without masks beside it."""
    shown = highlight(f"to **** it {text}", find_masks("to **** it"))

    assert _text_of(shown) == f"to **** it {text}"
    assert re.findall(r"<(/?\w+)", shown) == ["mark", "/mark"]


def test_a_mask_is_marked_and_named() -> None:
    """A mask is shown as it is, with words for those who cannot see it."""
    assert highlight("to **, it", find_masks("to **, it")) == (
        'to <mark class="masked" role="img" aria-label="masked word" '
        'title="masked by evaluation mode">**</mark>, it'
    )


def test_a_leading_line_feed_is_shielded() -> None:
    """HTML drops a line feed right after ``<pre>``, so something stands before it."""
    assert highlight("\nx", ()) == "<span></span>\nx"


def test_carriage_returns_survive_html() -> None:
    """A parser turns CR LF into LF unless the CR is spelled out."""
    assert highlight("a\r\nb", ()) == "a&#13;\nb"


REGULAR = "Invoice <b>number</b> 4711 was paid on Monday by the old customer from Berlin & Köln"


@pytest.mark.parametrize(
    ("trial", "regular", "shown", "filled", "left"),
    [
        pytest.param(
            REGULAR.replace("Monday", "******"), REGULAR, REGULAR, ["Monday"], 0, id="a word in its place"
        ),
        pytest.param(REGULAR.replace("paid", "****"), REGULAR, REGULAR, ["paid"], 0, id="another"),
        pytest.param(
            "\n" + REGULAR.replace("Monday", "******"),
            "\n" + REGULAR,
            "\n" + REGULAR,
            ["Monday"],
            0,
            id="a leading line feed stays",
        ),
        pytest.param(
            REGULAR.replace("Monday", "******"),
            "Something else entirely without any of these words at all in here anywhere",
            REGULAR.replace("Monday", "******"),
            [],
            1,
            id="another image fills nothing",
        ),
    ],
)
def test_certain_words_stand_in_place(
    trial: str, regular: str, shown: str, filled: list[str], left: int
) -> None:
    """What is not certain stays marked; nothing is added or lost."""
    found = compare(Reading(text=trial, trial=True), Reading(text=regular, trial=False))
    written = with_fillings(trial, found)

    assert html.unescape(re.sub(r"<[^>]+>", "", written)) == shown
    assert [html.unescape(word) for word in re.findall(r"<ins [^>]+>(.*?)</ins>", written)] == filled
    assert written.count("<mark ") == left
    assert "<b>" not in written
