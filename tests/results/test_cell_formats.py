"""What a cell of a workbook shows: the value in its format, without what no person wrote."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from dashboard.results.cell_formats import as_shown
from dashboard.results.sheets import read_table
from dashboard.results.sniffing import WORKBOOK

DAY = datetime(2026, 11, 26)  # noqa: DTZ001 - workbooks know no zones
NOON = datetime(2026, 11, 26, 12, 30)  # noqa: DTZ001 - the same
EXACT = datetime(2026, 11, 26, 12, 30, 5)  # noqa: DTZ001 - the same


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        pytest.param(DAY, "dd.mm.yyyy", "2026-11-26", id="date"),
        pytest.param(DAY, "yyyy-mm-dd", "2026-11-26", id="ISO date"),
        pytest.param(DAY, '[$-407]d. mmmm yyyy;@"h s"', "2026-11-26", id="date with a language"),
        pytest.param(DAY, "yyyy-mm-dd h:mm", "2026-11-26 00:00", id="midnight that is shown"),
        pytest.param(NOON, "yyyy-mm-dd h:mm", "2026-11-26 12:30", id="date and time"),
        pytest.param(NOON, "yyyy-mm-dd", "2026-11-26 12:30", id="time that is not shown"),
        pytest.param(NOON, "h:mm:ss", "2026-11-26 12:30:00", id="seconds that are shown"),
        pytest.param(EXACT, "yyyy-mm-dd h:mm", "2026-11-26 12:30:05", id="seconds"),
        pytest.param(date(2026, 11, 26), "yyyy-mm-dd", "2026-11-26", id="bare date"),
        pytest.param(time(9, 5), "h:mm", "09:05:00", id="time"),
        pytest.param(timedelta(hours=30, minutes=5), "[h]:mm", "30:05:00", id="duration"),
        pytest.param(-timedelta(minutes=5), "[h]:mm", "-0:05:00", id="negative duration"),
        pytest.param(0.05, "0%", "5%", id="per cent"),
        pytest.param(0.0525, "0.00%", "5.25%", id="per cent with decimals"),
        pytest.param(0.125, "0.0%", "12.5%", id="per cent with one decimal"),
        pytest.param(0.125, "0%", "13%", id="rounded as people do"),
        pytest.param(1, "0%", "100%", id="whole per cent"),
        pytest.param(-0.5, "0%", "-50%", id="negative per cent"),
        pytest.param(0.07, "0.##%", "7%", id="decimals where there are some"),
        pytest.param(0.075, "0 %", "8%", id="blank before the sign"),
        pytest.param(0.075, '0.0" %"', "0.1", id="sign in quotes"),
        pytest.param(12.5, "0.00", "12.50", id="decimals"),
        pytest.param(1234.5, "#,##0.00", "1,234.50", id="groups"),
        pytest.param(1234.5, '#,##0.00\\ "€"', "1,234.50", id="currency"),
        pytest.param(-1234.5, "#,##0.00_);[Red](#,##0.00)", "-1,234.50", id="negative amount"),
        pytest.param(2.5, "0", "3", id="no decimals"),
        pytest.param(1.005, "0.00", "1.01", id="no binary fraction"),
        pytest.param(0.1 + 0.2, "General", "0.3", id="fifteen digits"),
        pytest.param(1, "General", "1", id="whole number"),
        pytest.param(10**20, "0", str(10**20), id="large"),
        pytest.param(1e300, "0%", "1e+300", id="very large"),
        pytest.param(float("nan"), "0%", "nan", id="no number"),
        pytest.param(1.5, "# ?/?", "1.5", id="fraction"),
        pytest.param(1.5, "0" * 300, "1.5", id="hostile format"),
        pytest.param(True, "General", "TRUE", id="truth"),
        pytest.param("=1+1", "0%", "=1+1", id="text"),
        pytest.param("", "General", "", id="empty text"),
        pytest.param(None, "0%", None, id="nothing"),
    ],
)
def test_as_shown(value: object, number_format: str, shown: str | None) -> None:
    """Dates without a midnight that nobody wrote, shares in per cent, amounts with their decimals."""
    assert as_shown(value, number_format) == shown


def test_in_a_workbook() -> None:
    """The formats are read with the values."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([DAY, 0.19, 1234.5, None, "text"])
    for cell, number_format in zip(sheet[1], ("dd.mm.yyyy", "0%", "#,##0.00", "General", "@"), strict=True):
        cell.number_format = number_format
    file = io.BytesIO()
    book.save(file)
    (read,) = read_table(file.getvalue(), WORKBOOK.media_type)
    assert read.rows == [["2026-11-26", "19%", "1,234.50", "", "text"]]


def test_formats_that_are_missing() -> None:
    """A cell of a damaged workbook whose format is not there shows its plain value, and the others theirs."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([0.19, 0.5])
    sheet["B1"].number_format = "0%"
    file, damaged = io.BytesIO(), io.BytesIO()
    book.save(file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(damaged, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'r="A1"', b'r="A1" s="99"'))
    (read,) = read_table(damaged.getvalue(), WORKBOOK.media_type)
    assert read.rows == [["0.19", "50%"]]
