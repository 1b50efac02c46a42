"""The text inside PDFs and workbooks, read by real processes; hostile ones cost nothing but their own text."""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import openpyxl
import pytest

from dashboard.results.inner_text import CUT, LARGEST, NOT_READ, NOTHING_INSIDE, inner_text
from dashboard.results.inner_text_worker import MOST_CHARACTERS
from dashboard.results.sniffing import PDF, WORKBOOK
from dashboard.sandbox.documents import pdf
from tests.benchmarks.hostile import _pdf_bomb, _workbook_bomb, _workbook_of_strings


def workbook(*rows: Sequence[object], more: Sequence[Sequence[object]] = ()) -> bytes:
    """Two sheets of these rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    second = book.create_sheet("Second")
    for row in more:
        second.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_pdf() -> None:
    """Page by page, line by line; a word broken at a line end is broken as in other texts."""
    found = inner_text(
        pdf("Die große Rech-\nnung liegt bei.\nSumme: 12 €\n" + "\n".join(["x"] * 60)), PDF.media_type
    )
    assert found.text is not None
    assert found.text.startswith("Die große Rech-\nnung liegt bei.")
    assert "Summe: 12 €" in found.text
    assert "\n\nx" in found.text  # the second page
    assert found.remark is None


def test_workbook() -> None:
    """Row by row, all sheets, as they are; formulas are not run, dates have no time that nobody wrote."""
    data = workbook(
        ["Item", "Amount"],
        ["chair", 12.5, None, "far"],
        [datetime(2026, 5, 1), date(2026, 5, 2), datetime(2026, 5, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)],  # noqa: DTZ001 - cells have no zones
        ["=1+1"],
        *([number] for number in range(1_500)),
        more=(["elsewhere"],),
    )
    found = inner_text(data, WORKBOOK.media_type)
    assert found.text is not None
    assert found.text.startswith(
        "Item\tAmount\nchair\t12.5\tfar\n2026-05-01\t2026-05-02\t2026-05-03 04:05\n0\n1\n"
    )
    assert found.text.endswith("1499\nelsewhere")
    assert found.remark is None


def test_nothing_inside() -> None:
    """A PDF of pictures says so."""
    assert inner_text(pdf(""), PDF.media_type).remark == NOTHING_INSIDE
    assert inner_text(workbook(), WORKBOOK.media_type).remark == NOTHING_INSIDE


def test_more_than_is_searched() -> None:
    """The beginning, and that there is more."""
    found = inner_text(workbook(*(["x" * 30_000] for _ in range(200))), WORKBOOK.media_type)
    assert found.text is not None
    assert MOST_CHARACTERS - 10 <= len(found.text) <= MOST_CHARACTERS
    assert found.remark == CUT


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        pytest.param(lambda: b"%PDF-1.7 broken", PDF, id="broken PDF"),
        pytest.param(
            lambda: b"PK\x03\x04[Content_Types].xml xl/workbook.xml", WORKBOOK, id="broken workbook"
        ),
        pytest.param(lambda: b"%PDF-" + b"\0" * LARGEST, PDF, id="too large"),
        pytest.param(_workbook_bomb, WORKBOOK, id="workbook bomb"),
        pytest.param(_workbook_of_strings, WORKBOOK, id="workbook of strings"),
        pytest.param(_pdf_bomb, PDF, id="PDF bomb"),
    ],
)
def test_hostile_files(made: Callable[[], bytes], kind: object) -> None:
    """Are given up, and nothing raises."""
    found = inner_text(made(), getattr(kind, "media_type", ""))
    assert found.text is None
    assert found.remark in (NOT_READ, NOTHING_INSIDE)
