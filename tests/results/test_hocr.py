"""hOCR: words and places, from tidy and from hostile files."""

import time

import pytest

from dashboard.results.hocr import MOST_PAGES, MOST_WORDS, Word, read_hocr

PAGE = "<div class='ocr_page' title='image \"a.png\"; bbox 0 0 200 100; ppageno 0'>{}</div>"
WORD = "<span class='ocrx_word' title='bbox 10 20 60 40; x_wconf 93'>{}</span>"


def words(text: str) -> list[str]:
    """The words of all pages."""
    return [word.text for page in read_hocr(text).pages for word in page.words]


def test_words_have_places() -> None:
    """In pixels of their page, with how sure the service is."""
    (page,) = read_hocr(PAGE.format(WORD.format("Hello"))).pages
    assert (page.width, page.height) == (200, 100)
    assert page.words == [Word("Hello", 10, 20, 60, 40, 93)]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param(WORD.format("a &amp; b &lt;"), ["a & b <"], id="character references"),
        pytest.param(WORD.format("<strong><em>bold</em></strong>"), ["bold"], id="markup inside"),
        pytest.param(WORD.format("a<br/>b"), ["ab"], id="void element"),
        pytest.param(WORD.format("فاتورة"), ["فاتورة"], id="Arabic"),
        pytest.param(WORD.format("x<script>alert(1)</script>"), ["x"], id="script inside"),
        pytest.param("<script>alert(1)</script>" + WORD.format("y"), ["y"], id="script before"),
        pytest.param(
            "<span class='ocrx_word' onclick='x()' title='bbox 1 1 2 2'>z</span>", ["z"], id="handler"
        ),
        pytest.param("<span class='ocrx_word'>no place</span>", [], id="no place"),
        pytest.param("<span class='ocrx_word' title='bbox 9 9 1 1'>inside out</span>", [], id="inside out"),
        pytest.param(WORD.format("  "), [], id="blank"),
        pytest.param(
            WORD.format("never closed").removesuffix("</span>"), ["never closed"], id="never closed"
        ),
        pytest.param(
            "<span class='ocrx_word' title='bbox 99999999999 1 2 2'>far</span>", [], id="huge number"
        ),
    ],
)
def test_what_is_a_word(inside: str, expected: list[str]) -> None:
    """Only text with a place; nothing is executed, nothing is kept of markup."""
    assert words(PAGE.format(inside)) == expected


def test_pages_without_a_size() -> None:
    """Are as large as what is on them."""
    (page,) = read_hocr("<div class='ocr_page'>" + WORD.format("a") + "</div>").pages
    assert (page.width, page.height) == (60, 40)


def test_no_words_no_pages() -> None:
    """Text that is no hOCR gives nothing."""
    assert read_hocr("<p>Hello</p>").pages == []


def word(title: str, text: str = "Hello") -> str:
    """A word with another title than usual."""
    return f"<span class='ocrx_word' title='{title}'>{text}</span>"


@pytest.mark.parametrize(
    ("title", "place"),
    [
        pytest.param("bbox 10.5 20.25 60.75 40.0", (10.5, 20.25, 60.75, 40), id="decimals"),
        pytest.param("bbox 10,5 20,25 60,75 40,0", (10.5, 20.25, 60.75, 40), id="decimal commas"),
        pytest.param("bbox 10,20,60,40", (10, 20, 60, 40), id="commas between"),
        pytest.param("bbox 10, 20, 60, 40;", (10, 20, 60, 40), id="commas and blanks between"),
        pytest.param("bbox .5 .25 60. 40.", (0.5, 0.25, 60, 40), id="nothing before or behind the point"),
        pytest.param("bbox 1e1 2.0E+1 6.0e+01 4e1", (10, 20, 60, 40), id="exponents"),
        pytest.param("bbox -1.5 -2 60 40", (-1.5, -2, 60, 40), id="negative"),
        pytest.param("bbox +10 +20 +60 +40", (10, 20, 60, 40), id="signs"),
        pytest.param("bbox 10.123456789012345 20 60 40", (10.123456789012345, 20, 60, 40), id="many digits"),
        pytest.param("x_wconf 93; bbox\t10  20\n60 40", (10, 20, 60, 40), id="other blanks, behind others"),
        pytest.param("BBOX 10 20 60 40", (10, 20, 60, 40), id="capitals"),
        pytest.param("bbox 10 20 60 4000000", None, id="too large"),
        pytest.param("bbox 10 20 60 4e99", None, id="too large with an exponent"),
        pytest.param("bbox NaN 20 60 40", None, id="no number"),
        pytest.param("bbox 10 20 60", None, id="one missing"),
        pytest.param("bbox 300 20 360 40", None, id="beside the page"),
        pytest.param("bbox -60 20 -10 40", None, id="left of the page"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_places(title: str, place: tuple[float, float, float, float] | None) -> None:
    """However they are written; a word without one is counted."""
    read = read_hocr(PAGE.format(word(title, "Hello there") + WORD.format("x")))
    first = read.pages[0].words[0]
    if place is None:
        assert (first.text, read.unplaced) == ("x", 2)
    else:
        assert (first.left, first.top, first.right, first.bottom) == place
        assert (first.text, read.unplaced) == ("Hello there", 0)


@pytest.mark.parametrize(
    ("given", "percent"),
    [
        pytest.param(["0.95"], [95], id="share"),
        pytest.param(["0.95", "1", "0"], [95, 100, 0], id="shares"),
        pytest.param(["0,955"], [96], id="share with a comma"),
        pytest.param([".5", "1.0"], [50, 100], id="nothing before the point"),
        pytest.param(["95"], [95], id="per cent"),
        pytest.param(["95.6", "0.4"], [96, 0], id="per cent with decimals"),
        pytest.param(["1", "0"], [1, 0], id="low"),
        pytest.param(["250"], [100], id="too sure"),
        pytest.param(["-1"], [None], id="unknown"),
        pytest.param(["NaN"], [None], id="no number"),
    ],
)
def test_how_sure(given: list[str], percent: list[int | None]) -> None:
    """In per cent, whichever of the two scales the file has."""
    found = PAGE.format("".join(word(f"bbox 10 20 60 40; x_wconf {sure}") for sure in given))
    assert [word.confidence for word in read_hocr(found).pages[0].words] == percent


ONE = PAGE.format(WORD.format("a") + " " + WORD.format("b"))


@pytest.mark.parametrize(
    ("text", "expected", "unplaced"),
    [
        pytest.param(f"<html><head><title>t</title><body>{ONE}</body></html>", ["a", "b"], 0, id="head"),
        pytest.param(f"<html><head><meta charset='utf-8'>{ONE}", ["a", "b"], 0, id="head without a body"),
        pytest.param(f"<html><head><title>Two words<body>{ONE}", ["a", "b"], 0, id="title"),
        pytest.param(f"<html><head><title/><body>{ONE}</body></html>", ["a", "b"], 0, id="empty title"),
        pytest.param(f"<html><head/><body>{ONE}</body></html>", ["a", "b"], 0, id="empty head"),
        pytest.param(f"<style>p {{}}<body>{ONE}", ["a", "b"], 0, id="style"),
        pytest.param(f"<script>f()<body>{ONE}", ["a", "b"], 0, id="script"),
        pytest.param(PAGE.format(WORD.format("<b>a") + WORD.format("b")), ["a", "b"], 0, id="markup inside"),
        pytest.param(
            ONE.replace("</span>", "").replace("</div>", ""), ["a", "b"], 0, id="words without ends"
        ),
        pytest.param(WORD.format("a") + WORD.format("b"), ["a", "b"], 0, id="no page"),
        pytest.param(
            PAGE.format("above " + WORD.format("a") + "<p>be<b>low</b></p>"), ["a"], 2, id="text between"
        ),
        pytest.param(PAGE.format(WORD.format("a") + word("", "b") + word("", "c")), ["a"], 2, id="no places"),
        pytest.param(PAGE.format("no words at all"), [], 4, id="nothing but text"),
    ],
)
def test_nothing_is_lost(text: str, expected: list[str], unplaced: int) -> None:
    """Whatever never ends; and what has no place is counted."""
    assert words(text) == expected
    assert read_hocr(text).unplaced == unplaced


def laughs() -> str:
    """Entities that would expand to gigabytes."""
    doctype = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE html [<!ENTITY l0 "ha">{doctype}]>' + PAGE.format(WORD.format("&l11;"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(laughs(), id="billion laughs"),
        pytest.param("<div>" * 100_000 + PAGE.format(WORD.format("&l11;")), id="nested deeply"),
        pytest.param(PAGE.format(WORD.format("&l11;")) + "<" * 200_000, id="open brackets"),
        pytest.param(
            PAGE.format(WORD.format("&l11;")) + "<a " + "b='" * 100_000, id="attributes without end"
        ),
    ],
)
def test_hostile_files_are_read_as_they_stand(text: str) -> None:
    """Entities stay text, and nothing takes long."""
    began = time.process_time()
    assert words(text)[:1] == ["&l11;"]
    assert time.process_time() - began < 10


def test_too_many_words() -> None:
    """The rest is left out, and counted."""
    read = read_hocr(PAGE.format(WORD.format("a") * (MOST_WORDS + 10)))
    assert (len(read.pages[0].words), read.beyond, read.unplaced) == (MOST_WORDS, 10, 0)


def test_too_many_pages() -> None:
    """Words of pages beyond the last one stand on none, and are counted."""
    read = read_hocr(PAGE.format(WORD.format("a")) * (MOST_PAGES + 2))
    assert [len(page.words) for page in read.pages] == [1] * MOST_PAGES
    assert (read.beyond, read.unplaced) == (2, 0)
