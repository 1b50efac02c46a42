"""Cells of a table as text, as many as can be shown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

MOST_ROWS = 1_000
MOST_COLUMNS = 100
MOST_SHEETS = 20
LONGEST_CELL = 1_000

MOST_CHARACTERS = 2_000_000
"""Of all sheets together: in a workbook one long text can stand in every cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table; every cell is text.

    Attributes:
        cut: there are more rows or columns, or longer cells, than are given here.
    """

    name: str
    rows: Sequence[Sequence[str]]
    cut: bool


class CellBudget:
    """How many characters of a file are left to be shown."""

    def __init__(self, left: int = MOST_CHARACTERS) -> None:
        self._left = left

    def take(self, cells: Sequence[str]) -> bool:
        """Whether these may be shown as well."""
        self._left -= sum(map(len, cells))
        return self._left >= 0


def sheet_of(name: str, rows: Iterable[Sequence[object]], budget: CellBudget) -> Sheet:
    """One table of so many rows, columns and characters."""
    cut = False
    kept: list[list[str]] = []
    for row in rows:
        if len(kept) == MOST_ROWS:
            cut = True
            break
        cells = list(_cells(row))
        beyond = any(value is not None for value in row[MOST_COLUMNS:])
        cut = cut or beyond or any(len(cell) > LONGEST_CELL for cell in cells)
        shown = [cell[:LONGEST_CELL] for cell in cells]
        if not budget.take(shown):
            cut = True
            break
        kept.append(shown)
    while kept and not any(kept[-1]):
        kept.pop()
    width = max(
        (len(_trimmed(row)) for row in kept), default=0
    )  # a workbook's rows are as wide as we asked for
    return Sheet(name=name, rows=[row[:width] for row in kept], cut=cut)


def _trimmed(row: list[str]) -> list[str]:
    """The row without empty cells at its end."""
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def _cells(row: Sequence[object]) -> Iterator[str]:
    for value in islice(row, MOST_COLUMNS):
        yield "" if value is None else str(value)
