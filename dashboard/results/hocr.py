"""hOCR as words with places on a page (the HTML the service sends for ``Hocr``). Nothing in it is executed.

The standard library's parser knows no DTD, expands no entities but characters, and fetches nothing.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

MOST_PAGES = 200
MOST_WORDS = 50_000
"""Words of all pages together."""

_BOX = re.compile(r"\bbbox\s+(-?\d{1,6})\s+(-?\d{1,6})\s+(-?\d{1,6})\s+(-?\d{1,6})")
_SURE = re.compile(r"\bx_wconf\s+(\d{1,3})")
_WORD_CLASSES = frozenset({"ocrx_word", "ocr_word"})
_UNSEEN = frozenset({"script", "style", "title", "head"})
_VOID = frozenset({"br", "img", "hr", "meta", "link", "input"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word in pixels of its page; ``confidence`` is 0 to 100, or None when the file does not say."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: int | None


@dataclass(slots=True)
class Page:
    """A page in pixels, with its words in reading order."""

    width: int
    height: int
    words: list[Word] = field(default_factory=list)


def read_hocr(text: str) -> list[Page]:
    """The pages of an hOCR text; empty when there are no words with places in it."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    for page in reader.pages:  # a page without a size is as large as what is on it
        if page.width <= 0 or page.height <= 0:
            page.width = max((word.right for word in page.words), default=0)
            page.height = max((word.bottom for word in page.words), default=0)
    return [page for page in reader.pages if page.words and page.width > 0 and page.height > 0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pages: list[Page] = []
        self._count = 0
        self._box: tuple[int, int, int, int] | None = None
        self._sure: int | None = None
        self._text: list[str] = []
        self._depth = 0
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._hidden += 1
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        if self._box is not None:
            self._depth += tag not in _VOID
            return
        title = given.get("title") or ""
        box = _BOX.search(title)
        if "ocr_page" in classes and len(self.pages) < MOST_PAGES:
            left, top, right, bottom = map(int, box.groups()) if box else (0, 0, 0, 0)
            self.pages.append(Page(right - min(left, 0), bottom - min(top, 0)))
        elif classes & _WORD_CLASSES and box and self.pages and self._count < MOST_WORDS:
            left, top, right, bottom = map(int, box.groups())
            self._box = (left, top, right, bottom)
            sure = _SURE.search(title)
            self._sure = min(int(sure[1]), 100) if sure else None
            self._text, self._depth = [], 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._hidden:
            self._hidden -= 1
        if self._box is None or tag in _VOID:
            return
        self._depth -= 1
        if self._depth:
            return
        word = " ".join("".join(self._text).split())
        left, top, right, bottom = self._box
        if word and right > left and bottom > top:
            self.pages[-1].words.append(Word(word, left, top, right, bottom, self._sure))
            self._count += 1
        self._box = None

    def handle_data(self, data: str) -> None:
        if self._box is not None and not self._hidden:
            self._text.append(data)
