"""Which words of a text stand where on a page, as hOCR tells: for showing a word at its place and the other way round.

Text and hOCR come from the same reading, so their words follow each other; what is written differently is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.results.hocr import Page, Word

_AHEAD = 400
"""Characters of a text in which the next word is looked for: beyond them it is another one of the same letters."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A word of a text, from ``start`` to ``end`` (characters), and its place on the page."""

    start: int
    end: int
    word: Word


def placed(text: str, pages: Sequence[Page], number: int) -> list[Placed]:
    """The words of one page (from 1) that are found in a text, in order.

    Args:
        text: the whole text.
        pages: all pages of the hOCR file, because words of earlier ones stand before them.
        number: the page that is wanted.
    """
    found, at = [], 0
    for index, page in enumerate(pages[:number], 1):
        for word in page.words:
            start = text.find(word.text, at, at + _AHEAD + len(word.text))
            if start < 0:
                continue
            at = start + len(word.text)
            if index == number:
                found.append(Placed(start, at, word))
    return found


def in_permille(places: Sequence[Placed], page: Page, *, start: int, end: int) -> list[list[int | None]]:
    """Those within a piece of the text, each as start, end, left, top, width, height and confidence.

    Start and end count from the beginning of the piece; places are thousandths of the page.
    """
    rows: list[list[int | None]] = []
    for one in places:
        if not start <= one.start < one.end <= end:
            continue
        word = one.word
        left, top = max(word.left, 0), max(word.top, 0)
        box = (
            left / page.width,
            top / page.height,
            (word.right - left) / page.width,
            (word.bottom - top) / page.height,
        )
        rows.append(
            [one.start - start, one.end - start, *(round(1000 * part) for part in box), word.confidence]
        )
    return rows
