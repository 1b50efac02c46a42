"""What was read: documents, pages, rows, pieces and words with their places. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

Box = tuple[int, int, int, int]
"""A rectangle in pixels: x1, y1, x2, y2."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word without blanks in it; confidence from 0 to 1."""

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one row that stand together: a line of a column, or the cell of a table."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Its words with blanks between them."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """What holds all its words."""
        return around([word.box for word in self.words])


Row = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page, upright; rows in the order in which people read them.

    Attributes:
        picture: the page as JPEG in Base64; empty when it was not kept.
    """

    width: int
    height: int
    rows: tuple[Row, ...]
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What stands on one image or document.

    Attributes:
        notices: what whoever reads it should know, for people.
    """

    pages: tuple[Page, ...]
    notices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything, row by row."""
        return "\n".join(lines_of(self.rows()))

    def rows(self) -> Iterator[Row]:
        """The rows of all pages."""
        for page in self.pages:
            yield from page.rows

    def with_words(self, texts: Sequence[str]) -> Self:
        """The same with other words in the same places; there must be as many."""
        left = iter(texts)
        return self._changed(lambda word: replace(word, text=next(left)))

    def _changed(self, change: Callable[[Word], Word]) -> Self:
        pages = tuple(
            replace(
                page,
                rows=tuple(
                    tuple(Piece(tuple(change(word) for word in piece.words)) for piece in row)
                    for row in page.rows
                ),
            )
            for page in self.pages
        )
        return replace(self, pages=pages)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`; raises KeyError, TypeError or ValueError for anything else."""
        pages = tuple(
            Page(
                int(page["width"]),
                int(page["height"]),
                tuple(tuple(_piece(piece) for piece in row) for row in page["rows"]),
                str(page["picture"]),
            )
            for page in kept["pages"]
        )
        return cls(pages=pages, notices=tuple(str(notice) for notice in kept["notices"]))


def _piece(kept: Mapping[str, Any]) -> Piece:
    return Piece(
        tuple(Word(str(word["text"]), _box(word["box"]), float(word["confidence"])) for word in kept["words"])
    )


def _box(kept: Sequence[Any]) -> Box:
    x1, y1, x2, y2 = (int(edge) for edge in kept)
    return x1, y1, x2, y2


def lines_of(rows: Iterator[Row] | Sequence[Row]) -> list[str]:
    """Rows as lines of text."""
    return [" ".join(piece.text for piece in row) for row in rows]


def within(page: Page, box: Box) -> str:
    """The text of the words whose middle is in a rectangle of the page."""
    left, top, right, bottom = box
    lines = []
    for row in page.rows:
        words = [word for piece in row for word in piece.words]
        middles = [((it.box[0] + it.box[2]) / 2, (it.box[1] + it.box[3]) / 2) for it in words]
        inside = [
            word.text
            for word, (x, y) in zip(words, middles, strict=True)
            if left <= x <= right and top <= y <= bottom
        ]
        if inside:
            lines.append(" ".join(inside))
    return "\n".join(lines)


def around(boxes: Sequence[Box]) -> Box:
    """The smallest rectangle that holds all of these; there must be one."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def table_of(rows: Sequence[Row]) -> list[list[str]]:
    """Rows as a grid: a cell for each piece, filled up with empty ones to the longest row."""
    cells = [[piece.text for piece in row] for row in rows] or [[""]]
    longest = max(map(len, cells))
    return [[*row, *[""] * (longest - len(row))] for row in cells]
