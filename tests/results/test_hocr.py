"""hOCR: words and places, from tidy and from hostile files."""

import time

import pytest

from dashboard.results.hocr import MOST_WORDS, Page, Word, read_hocr

PAGE = "<div class='ocr_page' title='image \"a.png\"; bbox 0 0 200 100; ppageno 0'>{}</div>"
WORD = "<span class='ocrx_word' title='bbox 10 20 60 40; x_wconf 93'>{}</span>"


def words(text: str) -> list[str]:
    """The words of all pages."""
    return [word.text for page in read_hocr(text) for word in page.words]


def test_words_have_places() -> None:
    """In pixels of their page, with how sure the service is."""
    (page,) = read_hocr(PAGE.format(WORD.format("Hello")))
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
    (page,) = read_hocr("<div class='ocr_page'>" + WORD.format("a") + "</div>")
    assert (page.width, page.height) == (60, 40)


def test_no_words_no_pages() -> None:
    """Text that is no hOCR gives nothing."""
    pages: list[Page] = read_hocr("<p>Hello</p>")
    assert pages == []


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
    """The rest is left out."""
    assert len(words(PAGE.format(WORD.format("a") * (MOST_WORDS + 10)))) == MOST_WORDS
