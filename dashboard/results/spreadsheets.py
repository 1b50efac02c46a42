"""Lines for spreadsheets. Labels, names and texts are a stranger's words: none of them may become a formula."""

import csv
import io
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet would run."""


def csv_line(cells: Sequence[object]) -> bytes:
    """One line in UTF-8 with its line end; text that would run as a formula begins with an apostrophe."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_inert(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", "replace")


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
