"""Workbooks as rows of text; only the worker process reads one (:mod:`dashboard.results.workbook_worker`)."""

import io
import warnings
from itertools import islice
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from dashboard.results.cell_formats import as_shown
from dashboard.results.table_cells import MOST_COLUMNS, MOST_ROWS, MOST_SHEETS, CellBudget, Sheet, sheet_of

_GENERAL = "General"


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


def _format_of(cell: Any) -> str:  # noqa: ANN401 - openpyxl has several classes of cells, one of them without formats
    """How a cell shows its value; a damaged workbook may name formats that it does not hold."""
    try:
        return cell.number_format or _GENERAL
    except (LookupError, AttributeError):
        return _GENERAL
