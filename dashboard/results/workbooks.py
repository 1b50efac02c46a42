"""Workbooks as rows of text; only the worker process reads one (:mod:`dashboard.results.workbook_worker`)."""

import io
import warnings
from itertools import islice

import openpyxl
from openpyxl.workbook import Workbook

from dashboard.results.table_cells import MOST_COLUMNS, MOST_ROWS, MOST_SHEETS, CellBudget, Sheet, sheet_of


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
                sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1, values_only=True),
                budget,
            )
            for sheet in islice(opened(data).worksheets, MOST_SHEETS)
        ]
