"""In which order the pieces of a page are read: row by row, and column by column where text runs in columns. Pure."""

from collections.abc import Sequence
from statistics import median

from dashboard.sandbox.reading.pages import Piece, Row

_LEAST_ROWS = 3
_LEAST_WORDS = 3.5
"""Rows a column has at least, and words each of its pieces has on average: fewer are the cells of a table."""

_MOST_ROWS = 400
"""Pages with more rows are read row by row: looking for columns takes the square of their number."""


def in_reading_order(pieces: Sequence[Piece]) -> tuple[Row, ...]:
    """The rows of a page."""
    rows = _rows(pieces)
    ordered: list[Row] = []
    start = 0
    while start < len(rows):
        end, edge = _columns_from(rows, start) if len(rows) <= _MOST_ROWS else (start, 0.0)
        if end == start:
            ordered.append(rows[start])
            start += 1
            continue
        block = [piece for row in rows[start:end] for piece in row]
        for column in (
            [it for it in block if _middle(it)[0] < edge],
            [it for it in block if _middle(it)[0] >= edge],
        ):
            ordered.extend(in_reading_order(column))
        start = end
    return tuple(ordered)


def _rows(pieces: Sequence[Piece]) -> list[Row]:
    """Pieces whose middles are at about the same height stand in one row, from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: _middle(one)[1]):
        height = piece.box[3] - piece.box[1]
        last = median(_middle(it)[1] for it in rows[-1]) if rows else 0.0
        if rows and abs(_middle(piece)[1] - last) < 0.5 * min(height, _height(rows[-1])):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [tuple(sorted(row, key=lambda one: one.box[0])) for row in rows]


def _height(row: Sequence[Piece]) -> float:
    return median(it.box[3] - it.box[1] for it in row)


def _middle(piece: Piece) -> tuple[float, float]:
    x1, y1, x2, y2 = piece.box
    return (x1 + x2) / 2, (y1 + y2) / 2


def _columns_from(rows: Sequence[Row], start: int) -> tuple[int, float]:
    """Where a block of two columns ends that begins here, and the line between them; the start when none does."""
    best = (start, 0.0)
    for end in range(start + _LEAST_ROWS, len(rows) + 1):
        block = [piece for row in rows[start:end] for piece in row]
        edge = _gap(block, _height(block))
        if edge is None:
            break  # whatever crosses the gap crosses it in a longer block too
        if all(_is_prose(block, edge, left=side) for side in (True, False)):
            best = (end, edge)
    return best


def _gap(block: Sequence[Piece], least: float) -> float | None:
    """The middle of the widest strip that no piece touches."""
    in_row = sorted(block, key=lambda one: one.box[0])
    widest, edge, reached = least, None, in_row[0].box[2]
    for piece in in_row[1:]:
        if piece.box[0] - reached > widest:
            widest, edge = piece.box[0] - reached, (piece.box[0] + reached) / 2
        reached = max(reached, piece.box[2])
    return edge


def _is_prose(block: Sequence[Piece], edge: float, *, left: bool) -> bool:
    side = [piece for piece in block if (_middle(piece)[0] < edge) is left]
    words = sum(len(piece.words) for piece in side)
    return len(_rows(side)) >= _LEAST_ROWS and words / len(side) >= _LEAST_WORDS
