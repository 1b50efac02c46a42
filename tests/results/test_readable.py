"""What people read in a structured part: its words, in order, and nothing of its markup."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.files import combined_text, part_at
from dashboard.results.readable import LONGEST, readable
from dashboard.sandbox.documents import hocr

PLAIN, HTML, CSV, JSON, SVG = "text/plain", "text/html", "text/csv", "application/json", "image/svg+xml"
PDF = "application/pdf"
PAGE = "<html><head><title>hOCR</title></head><body><div class='ocr_page' title='bbox 0 0 9 9'>{}</div></body></html>"
WORD = "<span class='ocrx_word' title='bbox 1 2 3 4; x_wconf 93'>{}</span>"
LINE = "<span class='ocr_line' title='bbox 1 2 3 4; baseline 0 -1'>{}</span>"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param(WORD.format("Hello"), "Hello", id="a word"),
        pytest.param(WORD.format("a") + WORD.format("b"), "a b", id="words without blanks between"),
        pytest.param(f"{WORD.format('a')}\n  {WORD.format('b')}", "a b", id="words in lines of the file"),
        pytest.param(LINE.format(WORD.format("a")) * 2, "a\na", id="lines"),
        pytest.param(LINE.format("a")[:-7] + "<br/></span>" + LINE.format("b"), "a\nb", id="lines with ends"),
        pytest.param("<p class='ocr_par'>a b</p>\n<p class='ocr_par'>c</p>", "a b\n\nc", id="paragraphs"),
        pytest.param("<div class='ocr_carea'>a</div><div class='ocr_carea'>b</div>", "a\n\nb", id="areas"),
        pytest.param(WORD.format("<strong>b<em>o</em>ld</strong>"), "bold", id="markup in a word"),
        pytest.param(
            WORD.format("a &amp; b &lt;c&gt; &#8364; &shy;d"), "a & b <c> € \u00add", id="references"
        ),
        pytest.param(WORD.format("&l11;"), "&l11;", id="what is no reference"),
        pytest.param("<script>var bbox = '<p>span</p>'</script>" + WORD.format("x"), "x", id="script"),
        pytest.param("<STYLE>p { color: red }</STYLE>" + WORD.format("x"), "x", id="style"),
        pytest.param("<!-- span <p> -->" + WORD.format("x"), "x", id="comment"),
        pytest.param("<span title='a>b' class=ocrx_word>x</span>", "x", id="bracket in an attribute"),
        pytest.param('<span title="l\'été">x</span>', "x", id="apostrophe in an attribute"),
        pytest.param("<span class='ocrx_word' title='bbox 1.5 2.5 3.5 4.5'>x</span>", "x", id="decimal box"),
        pytest.param("<span class='ocrx_word'>no place</span>", "no place", id="no box"),
        pytest.param(WORD.format("never closed").removesuffix("</span>"), "never closed", id="never closed"),
        pytest.param("a < b", "a < b", id="a bare bracket"),
        pytest.param("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc", id="table"),
        pytest.param(WORD.format("فاتورة") + " " + WORD.format("総額"), "فاتورة 総額", id="scripts"),
        pytest.param(
            LINE.format(WORD.format("Rech-")) + LINE.format(WORD.format("nung")), "Rech-\nnung", id="broken"
        ),
    ],
)
def test_hocr(inside: str, expected: str) -> None:
    """Words in reading order, a line for each line; neither markup nor places nor how sure the service is."""
    assert readable(HTML, PAGE.format(inside)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("<head><title>t<body><p>seen", "seen", id="head and title without an end"),
        pytest.param("<html><head><title>t</title><p>seen", "seen", id="head without an end"),
        pytest.param("<p>seen<script>var a", "seenvar a", id="script without an end"),
        pytest.param("<p>seen <span title='bbox 1", "seen", id="cut in a tag"),
        pytest.param("<p>seen <!-- cut", "seen", id="cut in a comment"),
        pytest.param("<p></p>", "<p></p>", id="nothing to read stays"),
        pytest.param(f"<p>{'a' * LONGEST}</p>", f"<p>{'a' * LONGEST}</p>", id="too long stays"),
    ],
)
def test_untidy_markup(text: str, expected: str) -> None:
    """What is missing or cut costs no words."""
    assert readable(HTML, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"total": "12 Euro", "no": 7}', "12 Euro\n7", id="values"),
        pytest.param('[{"name": "chair"}, {"name": "desk"}]', "chair\ndesk", id="lists"),
        pytest.param('{"a": {"b": ["x", {"c": "y"}]}}', "x\ny", id="nested"),
        pytest.param('{"a": "x", "a": "y"}', "x\ny", id="the same name twice"),
        pytest.param('{"a": 1.50, "b": -2e5, "c": 00123}', "1.50\n-2e5\n00123", id="numbers as written"),
        pytest.param('{"a": true, "b": null, "c": "x"}', "x", id="words of JSON"),
        pytest.param(
            r'{"a": "say \"hi\": \\ \u00e9 \ud83d\ude00\nnext"}', 'say "hi": \\ é 😀\nnext', id="escapes"
        ),
        pytest.param('{"a" : "b: c" , "d"\n:\n"e"}', "b: c\ne", id="blanks and colons"),
        pytest.param('{"a": "x", "b": "cut he', "x\ncut he", id="cut in a value"),
        pytest.param('{"a": "x", "b": "y\\', "x\ny\\", id="cut in an escape"),
        pytest.param("{}", "{}", id="nothing to read stays"),
        pytest.param('{"only": null}', '{"only": null}', id="only names stay"),
    ],
)
def test_json(text: str, expected: str) -> None:
    """Its values in order, not the names of its fields; also of one that is cut or broken."""
    assert readable(JSON, text) == expected


def test_other_text() -> None:
    """Plain text and tables stay as they are; the words of a drawing are read."""
    for kind in (PLAIN, CSV, "text/markdown"):
        assert readable(kind, '<b>"a": 1;2</b>\r\n') == '<b>"a": 1;2</b>\r\n'
    drawing = "<svg><title>t</title><rect fill='red'/><text>A</text><text>B</text></svg>"
    assert readable(SVG, drawing) == "A\nB"


def test_which_parts_are_read() -> None:
    """Plain text, else markup, else what is inside files: each says the same words in another format."""
    html, found = PAGE.format(WORD.format("markup")), "inside"
    assert combined_text([(HTML, html), (PLAIN, "plain"), (PDF, found)]) == "plain"
    assert combined_text([(HTML, html), (PDF, found)]) == "markup"
    assert combined_text([(JSON, '{"a": "value"}'), (PDF, found)]) == "value\n\ninside"
    assert combined_text([(PLAIN, " \n"), (PDF, found)]) == " \n\ninside"
    assert combined_text([(PDF, None)]) == ""
    assert part_at([(HTML, html), (HTML, html)], 9) == 1


HOSTILE = {
    "open brackets": "<" * 2_000_000,
    "tags": "<a>" * 600_000,
    "quotes": '<a "' * 500_000,
    "quotes crossed": "<a '><b \">" * 200_000,
    "comments": "<!--" * 500_000,
    "scripts": "<script>" * 250_000,
    "titles": "<title>" * 250_000,
    "gaps": "<p> " * 500_000,
    "references": "&l11;" * 400_000,
    "deep": '{"a":' * 400_000,
    "escaped quotes": '"' + '\\"' * 1_000_000,
    "empty": "[]" * 1_000_000,
    "blanks": '""' + " " * 2_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", [HTML, JSON])
def test_hostile(kind: str, text: str) -> None:
    """Costs no more than its length."""
    began = time.process_time()
    readable(kind, text)
    assert time.process_time() - began < 10


@given(
    st.lists(
        st.lists(st.text("abcé&<>\"'- ", min_size=1).map(str.split).filter(bool).map("".join), min_size=1),
        min_size=1,
    )
)
def test_every_word_of_hocr_comes_back(lines: list[list[str]]) -> None:
    """In order, whatever is in it."""
    text = "\n".join(" ".join(line) for line in lines)
    assert readable(HTML, hocr(text)) == text


VALUES = st.recursive(
    st.text() | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_every_value_of_json_comes_back(value: object) -> None:
    """In order; a part without any stays as it is."""

    def leaves(one: object) -> list[str]:
        if isinstance(one, dict):
            return [leaf for inner in one.values() for leaf in leaves(inner)]
        if isinstance(one, list):
            return [leaf for inner in one for leaf in leaves(inner)]
        return [str(one)] if isinstance(one, str | int) and not isinstance(one, bool) else []

    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        assert readable(JSON, text) == ("\n".join(leaves(value)).strip() or text)


@given(st.sampled_from([HTML, JSON, SVG]), st.text("<>/!-\"'\\&;:{}[]apt 1\n"))
def test_nothing_breaks_it(kind: str, text: str) -> None:
    """Any text gives a text."""
    assert isinstance(readable(kind, text), str)
