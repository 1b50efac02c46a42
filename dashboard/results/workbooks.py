"""Workbooks as rows of text; only the worker process reads one (:mod:`dashboard.results.workbook_worker`)."""

import io
import warnings
from datetime import datetime
from itertools import islice
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from dashboard.results.cell_formats import as_shown
from dashboard.results.table_cells import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SHEETS,
    CellBudget,
    Sheet,
    sheet_of,
)

_GENERAL = "General"
_MOST_VALUES = 8_000_000
"""Characters of a sheet that is read as values."""


def opened(data: bytes) -> Workbook:
    """A workbook, row by row and without its formulas; raises whatever a damaged one provokes."""
    warnings.simplefilter("ignore")  # about styles and extensions that only Excel needs
    return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)


def sheets_of(data: bytes) -> list[Sheet]:
    """The sheets of a workbook; raises the same."""
    budget = CellBudget()
    with warnings.catch_warnings():
        return [
            sheet_of(
                sheet.title,
                (
                    [as_shown(cell.value, _format_of(cell)) for cell in row]
                    for row in sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1)
                ),
                budget,
            )
            for sheet in islice(opened(data).worksheets, MOST_SHEETS)
        ]


def values_of(data: bytes, most_rows: int) -> list[list[str]]:
    """The first sheet with anything on it as it would stand in a CSV file: days and times in one spelling.

    Raises the same. There is one row more than asked for where there are more.
    """
    budget = CellBudget(_MOST_VALUES)
    with warnings.catch_warnings():
        for sheet in islice(opened(data).worksheets, MOST_SHEETS):
            rows: list[list[str]] = []
            for row in sheet.iter_rows(max_row=most_rows + 1, max_col=MOST_COLUMNS, values_only=True):
                cells = [_plainly(value)[:LONGEST_CELL] for value in row]
                while cells and not cells[-1]:  # rows are as wide as we asked for
                    cells.pop()
                if not budget.take(cells):
                    raise ValueError("too many characters")
                rows.append(cells)
            while rows and not rows[-1]:
                rows.pop()
            if rows:
                return rows
    return []


def _plainly(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.isoformat(" ", "seconds")
        case _:
            return str(value)


def _format_of(cell: Any) -> str:  # noqa: ANN401 - openpyxl has several classes of cells, one of them without formats
    """How a cell shows its value; a damaged workbook may name formats that it does not hold."""
    try:
        return cell.number_format or _GENERAL
    except (LookupError, AttributeError):
        return _GENERAL
