"""One result as a file: text, Markdown, JSON, with masked words as people want them."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboard.results.exports import (
    MaskStyle,
    ResultFacts,
    TextStyle,
    as_json,
    as_markdown,
    as_text,
    with_masks,
)
from dashboard.results.masks import find_masks

TRIAL = "Lorem ***** dolor\r\nsit **** amet, consectetur *********** elit"
ABOUT = ResultFacts(title="Scan <1>\n# 2", facts={"task": "a-1", "trial": True, "notices": ["*x*", "y"]})


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (MaskStyle.ASTERISKS, TRIAL),
        (MaskStyle.WORD, "Lorem [masked] dolor\r\nsit [masked] amet, consectetur [masked] elit"),
        (MaskStyle.MARKED, "Lorem ⟦*****⟧ dolor\r\nsit ⟦****⟧ amet, consectetur ⟦***********⟧ elit"),
    ],
)
def test_masked_words_are_written_as_wanted(style: MaskStyle, expected: str) -> None:
    """Nothing else in the text changes."""
    assert with_masks(TRIAL, find_masks(TRIAL), style) == expected


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        pytest.param("a\nb", TextStyle(), b"a\nb", id="as it is"),
        pytest.param("a\nb\rc\r\nd", TextStyle(crlf=True), b"a\r\nb\r\nc\r\nd", id="line ends of Windows"),
        pytest.param("é", TextStyle(bom=True), b"\xef\xbb\xbf\xc3\xa9", id="byte order mark"),
        pytest.param("\ufeffa", TextStyle(), b"\xef\xbb\xbfa", id="its own byte order mark stays"),
        pytest.param("a\ud800b", TextStyle(), b"a?b", id="half a character"),
        pytest.param("a\x00\x1b[31m\u202eb", TextStyle(), "a\x00\x1b[31m\u202eb".encode(), id="byte-exact"),
        pytest.param("", TextStyle(bom=True, crlf=True), b"\xef\xbb\xbf", id="nothing"),
    ],
)
def test_text_files(text: str, style: TextStyle, expected: bytes) -> None:
    """What Windows programs need, and otherwise exactly the text."""
    assert as_text(text, [], style) == expected


HOSTILE = [
    "# not a heading",
    "1. not a list\n2. still none",
    "- none\n* none\n+ none",
    "> no quote",
    "![x](https://evil.test/a.png)",
    "[click](javascript:alert(1))",
    "<https://evil.test>",
    "https://evil.test and www.evil.test and a@evil.test",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "&lt;script&gt; &#60;b&#62;",
    "`code` ```\nfence\n```",
    "    indented by four",
    "\tindented by a tab",
    "a | b\n--|--\n1 | 2",
    "title\n=====\nother\n-----",
    "**bold** *it* _it_ ~~gone~~ 5*3",
    "[ref]: https://evil.test\n[ref]",
    "back\\slash \\",
    "trailing spaces   \nnext",
    "---\n***\n___",
    "<!-- comment --> <mark>own</mark>",
    "\x00 nul",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    """Rendered with HTML, tables and bare links switched on: still only words."""
    assert rendered_words(text) == words_of(text.replace("\x00", "\ufffd"))


@given(st.text(alphabet=st.sampled_from("ab \n\t#*-_`<>[]()!&;:/.|~=\\1+\"'$@"), max_size=60))
def test_markdown_shows_any_text(text: str) -> None:
    """Whatever punctuation a page of a stranger holds."""
    assert rendered_words(text) == words_of(text)


def rendered_words(text: str) -> list[str]:
    """The words somebody sees below the head; fails when there is anything but paragraphs and line ends."""
    written = as_markdown(text, [], ResultFacts(title="t", facts={"task": "a"})).decode()
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    body = renderer.render(written).partition("<hr />")[2]
    assert set(re.findall(r"</?([a-z0-9]+)", body)) <= {"p", "br"}
    return words_of(html.unescape(re.sub(r"</?(?:p|br)(?: /)?>", "\n", body)))


def words_of(text: str) -> list[str]:
    """What is left when only white space may differ."""
    return text.replace("\xa0", " ").split()


def test_markdown_marks_masked_words_and_says_what_it_is_about() -> None:
    """The head is inert too: titles and notices are a stranger's words."""
    written = as_markdown(TRIAL, find_masks(TRIAL), ABOUT).decode()

    assert written.startswith("# Scan \\<1\\> \\# 2\n\n- task: a\\-1\n- trial: yes\n- notices: \\*x\\*, y\n")
    assert "Lorem <mark>\\*\\*\\*\\*\\*</mark> dolor" in written
    assert written.count("<mark>") == 3
    assert "\\[masked\\]" in as_markdown(TRIAL, find_masks(TRIAL), ABOUT, MaskStyle.WORD).decode()


def test_json_brings_everything_back() -> None:
    """Text with halves of characters included; offsets fit the text."""
    text = TRIAL + "\ud800\x00"
    found = json.loads(as_json(text, find_masks(text), ABOUT))

    assert found["text"] == text
    assert (found["task"], found["trial"], found["notices"]) == ("a-1", True, ["*x*", "y"])
    assert [text[mask["start"] : mask["end"]] for mask in found["masks"]] == ["*****", "****", "*" * 11]
    assert json.loads(as_json(None, [], ABOUT))["text"] is None
