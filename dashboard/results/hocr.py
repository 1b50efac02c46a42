"""hOCR as words with places on a page (the HTML the service sends for ``Hocr``). Nothing in it is executed.

The standard library's parser knows no DTD, expands no entities but characters, and fetches nothing.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

MOST_PAGES = 200
MOST_WORDS = 50_000
"""Words of all pages together."""

_LARGEST = 999_999
_NUMBER = r"([-+]?(?:\d{1,6}(?:[.,]\d{0,30})?|[.,]\d{1,30})(?:e[-+]?\d{1,2})?)"
_BOX = re.compile(r"\bbbox\s+" + r"[\s,]+".join([_NUMBER] * 4) + r"(?![\w.])", re.IGNORECASE)
_SURE = re.compile(r"\bx_wconf\s+(\d{1,3}(?:[.,]\d{0,30})?|[.,]\d{1,30})", re.IGNORECASE)
_WORD_CLASSES = frozenset({"ocrx_word", "ocr_word"})
_UNSEEN = ("script", "style", "title")
_INSIDE_WORDS = frozenset({"b", "i", "em", "strong", "sub", "sup", "u", "wbr"})
_VOID = frozenset({"br", "wbr", "img", "hr", "meta", "link", "input"})

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """A word in pixels of its page; ``confidence`` is 0 to 100, or None when the file does not say."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: int | None


@dataclass(slots=True)
class Page:
    """A page in pixels, with its words in reading order."""

    width: float
    height: float
    words: list[Word] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hocr:
    """What is in an hOCR text.

    Attributes:
        pages: those with words on them; none when no word has a place.
        unplaced: how many words have no place on a page, or one beyond it.
        beyond: how many have one, but are beyond the most words and pages.
    """

    pages: list[Page]
    unplaced: int
    beyond: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A word as it stands in the file; how sure the service is has no scale yet."""

    page: int
    text: str
    box: _Box
    sure: str | None


def read_hocr(text: str) -> Hocr:
    """The words of an hOCR text, each on its page."""
    reader = _Reader()
    reader.feed(_without_open_ends(text))
    reader.close()
    sizes = reader.pages or [(0.0, 0.0)]  # without any page in the file, all words stand on one
    pages = [Page(*size) for size in sizes]
    share = _is_share([word.sure for word in reader.words if word.sure is not None])
    unplaced = reader.unplaced
    for page, words in zip(pages, _by_page(reader.words, len(pages)), strict=True):
        if page.width <= 0 or page.height <= 0:  # a page without a size is as large as what is on it
            page.width = max((word.box[2] for word in words), default=0)
            page.height = max((word.box[3] for word in words), default=0)
        for word in words:
            left, top, right, bottom = word.box
            if right <= 0 or bottom <= 0 or left >= page.width or top >= page.height:
                unplaced += len(word.text.split())
            else:
                page.words.append(Word(word.text, *word.box, _percent(word.sure, share=share)))
    placed = [page for page in pages if page.words]
    return Hocr(pages=placed, unplaced=unplaced, beyond=reader.beyond)


def _by_page(words: list[_Found], count: int) -> list[list[_Found]]:
    pages: list[list[_Found]] = [[] for _ in range(count)]
    for word in words:
        pages[word.page].append(word)
    return pages


def _is_share(given: list[str]) -> bool:
    """Whether a file says how sure it is from 0 to 1: no figure is larger, and some have decimals."""
    return all(_number(sure) <= 1 for sure in given) and any(not sure.isdigit() for sure in given)


def _percent(sure: str | None, *, share: bool) -> int | None:
    return None if sure is None else min(round(_number(sure) * (100 if share else 1)), 100)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _box_in(title: str) -> _Box | None:
    """The place in a title; decimals, as some engines write them, and with the comma of their country."""
    found = _BOX.search(title)
    if found is None:
        return None
    left, top, right, bottom = map(_number, found.groups())
    return (left, top, right, bottom) if max(map(abs, (left, top, right, bottom))) <= _LARGEST else None


def _without_open_ends(text: str) -> str:
    """The text without what would hide the whole rest of it, because it never ends."""
    folded = text.lower()
    for name in _UNSEEN:
        if f"<{name}" in folded and f"</{name}" not in folded:
            text = re.sub(rf"<{name}\b[^<>]*>[^<]*", "", text, flags=re.IGNORECASE)
    return text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pages: list[tuple[float, float]] = []
        self.words: list[_Found] = []
        self.unplaced = 0
        self.beyond = 0
        self._box: _Box | None = None
        self._sure: str | None = None
        self._text: list[str] = []
        self._loose: list[str] = []
        self._depth = 0
        self._too_many_pages = False
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Whatever begins shows that what is not seen has ended.
        self._hidden = tag in _UNSEEN
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        is_word = not _WORD_CLASSES.isdisjoint(classes)
        if self._box is not None and not is_word and "ocr_page" not in classes:
            self._depth += tag not in _VOID
            return
        self._end_word()
        self._end_loose(tag)
        title = given.get("title") or ""
        box = _box_in(title)
        if "ocr_page" in classes:
            left, top, right, bottom = box or (0, 0, 0, 0)
            self._too_many_pages = len(self.pages) == MOST_PAGES
            if not self._too_many_pages:
                self.pages.append((right - min(left, 0), bottom - min(top, 0)))
        elif is_word and box is not None:
            self._box = box
            sure = _SURE.search(title)
            self._sure = sure[1] if sure else None
            self._text, self._depth = [], 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._hidden = False
        if self._box is None:
            self._end_loose(tag)
        elif tag not in _VOID:
            self._depth -= 1
            if not self._depth:
                self._end_word()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            (self._loose if self._box is None else self._text).append(data)

    def close(self) -> None:
        super().close()
        self._end_word()
        self._end_loose("body")

    def _end_word(self) -> None:
        """Keep the word that is read, if there is one: words stand beside each other, never in each other."""
        if self._box is None:
            return
        text = " ".join("".join(self._text).split())
        left, top, right, bottom = self._box
        if text and (right <= left or bottom <= top):
            self.unplaced += len(text.split())
        elif text and (self._too_many_pages or len(self.words) == MOST_WORDS):
            self.beyond += len(text.split())
        elif text:
            self.words.append(_Found(max(len(self.pages) - 1, 0), text, self._box, self._sure))
        self._box = None

    def _end_loose(self, tag: str) -> None:
        """Count the words outside of every place, which end with their element; not with a letter in bold."""
        if tag in _INSIDE_WORDS:
            return
        self.unplaced += len("".join(self._loose).split())
        self._loose = []
