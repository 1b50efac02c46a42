"""Files of IDs as lines: which column is what, how times are written, and what comes back."""

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.models import Operation
from dashboard.models.task_ids import Shape
from dashboard.results.row_files import RowFile
from dashboard.services.tasks.id_columns import Meaning, guess, operation_of
from dashboard.services.tasks.id_files import IdFile, ReadFile, lines_of, open_file, rest_file, template
from dashboard.services.tasks.written_times import (
    NO_TIME,
    NOT_READ,
    TWO_WAYS,
    DayOrder,
    day_order,
    read_time,
)

ONE = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
TWO = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"
TOKEN = "eyJhbGciOiJub25lIn0.a-planted-token-7f3a9c.c2lnbmF0dXJl"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param([["Task ID", "Name"], [ONE, "x"]], (True, {"task_id": 0, "label": 1}), id="by name"),
        pytest.param(
            [
                ["id", "taskId", "file", "endpoint", "is_trial", "sent at"],
                ["17", ONE, "a.png", "RecognizePdf", "no", ""],
            ],
            (True, {"task_id": 1, "label": 2, "operation": 3, "trial": 4, "submitted": 5}),
            id="all, and a number that is called an ID",
        ),
        pytest.param(
            [["Invoice March", "2026-05-31 14:05", ONE], ["Invoice May", "2026-06-01 9:05", TWO]],
            (False, {"task_id": 2, "label": 0, "submitted": 1}),
            id="by content",
        ),
        pytest.param([[ONE], [TWO]], (False, {"task_id": 0}), id="only IDs"),
        pytest.param([["nonsense", ONE]], (False, {"task_id": 1, "label": 0}), id="one row"),
        pytest.param(
            [["Identifier", "label"], [ONE, "x"]],
            (True, {"task_id": 0, "label": 1}),
            id="known by what is in it",
        ),
        pytest.param(
            [["what", "where"], ["a", "https://api.aspose.cloud/v5.0/ocr/RecognizeImage?id=" + ONE]],
            (False, {"task_id": 1, "label": 0}),
            id="addresses",
        ),
        pytest.param([], (False, {}), id="nothing"),
    ],
)
def test_columns_are_guessed(rows: list[list[str]], found: tuple[bool, dict[str, int]]) -> None:
    """By their names, else by what stands in them."""
    columns = guess(rows)
    assert (columns.has_head, {one.value: place for one, place in columns.places.items()}) == found


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        pytest.param("2026-05-31T14:05:09Z", datetime(2026, 5, 31, 14, 5, 9, tzinfo=UTC), id="ISO"),
        pytest.param("2026-05-31 14:05", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="local"),
        pytest.param("2026-01-31 14:05", datetime(2026, 1, 31, 13, 5, tzinfo=UTC), id="local, in winter"),
        pytest.param(
            "2026-05-31T14:05:09.123+05:30", datetime(2026, 5, 31, 8, 35, 9, 123000, UTC), id="offset"
        ),
        pytest.param("20260531T140509Z", datetime(2026, 5, 31, 14, 5, 9, tzinfo=UTC), id="basic ISO"),
        pytest.param("31.05.2026 14:05", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="dots"),
        pytest.param("31.5.2026, 14:05:09", datetime(2026, 5, 31, 12, 5, 9, tzinfo=UTC), id="dots and comma"),
        pytest.param("31 May 2026 14:05", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="month in letters"),
        pytest.param("May 31, 2026 2:05 PM", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="American"),
        pytest.param("May 31, 2026, 2:05 p.m.", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="with dots"),
        pytest.param("31/05/2026 14:05", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="slashes, day first"),
        pytest.param(
            "5/31/2026 2:05 PM", datetime(2026, 5, 31, 12, 5, tzinfo=UTC), id="slashes, month first"
        ),
        pytest.param("5/5/2026 14:05", datetime(2026, 5, 5, 12, 5, tzinfo=UTC), id="both the same"),
        pytest.param(
            "Sun, 31 May 2026 14:05:09 +0200", datetime(2026, 5, 31, 12, 5, 9, tzinfo=UTC), id="mail"
        ),
        pytest.param("1780236309", datetime(2026, 5, 31, 14, 5, 9, tzinfo=UTC), id="seconds"),
        pytest.param("1780236309000", datetime(2026, 5, 31, 14, 5, 9, tzinfo=UTC), id="milliseconds"),
        pytest.param("3/4/2026 14:05", TWO_WAYS, id="two ways"),
        pytest.param("2026-05-31", NO_TIME, id="only a day"),
        pytest.param("yesterday", NOT_READ, id="words"),
        pytest.param("31.31.2026 25:99", NOT_READ, id="no such day"),
        pytest.param("9999-12-31 23:59:59-12:00", NOT_READ, id="beyond time"),
    ],
)
def test_times_are_read_as_people_write_them(cell: str, moment: datetime | str) -> None:
    """Without a zone they are meant where they were written; what can be read in two ways is not guessed."""
    assert read_time(cell, BERLIN) == moment


def test_a_column_says_which_number_is_the_day() -> None:
    """One date that can be read in one way only tells how the others are meant."""
    assert day_order(["3/4/2026 14:05", "3/14/2026 14:05"]) is DayOrder.MONTH
    assert day_order(["3/4/2026 14:05", "14/3/2026 14:05"]) is DayOrder.DAY
    assert day_order(["3/14/2026 14:05", "14/3/2026 14:05"]) is None
    assert read_time("3/4/2026 14:05", UTC, DayOrder.DAY) == datetime(2026, 4, 3, 14, 5, tzinfo=UTC)
    assert read_time("3/4/2026 14:05", UTC, DayOrder.MONTH) == datetime(2026, 3, 4, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("RecognizeImage", (Operation.RECOGNIZE_IMAGE, None)),
        ("recognize image", (Operation.RECOGNIZE_IMAGE, None)),
        ("/v5.0/ocr/RecognizeImageTrial", (Operation.RECOGNIZE_IMAGE, True)),
        ("RecognizePdfTrial", None),
        ("", None),
        ("Foo", None),
    ],
)
def test_operations_are_known_in_several_spellings(cell: str, meant: object) -> None:
    """As in addresses too; what does not exist means nothing."""
    assert operation_of(cell) == meant


def read(text: str, name: str = "ids.csv") -> tuple[IdFile, ReadFile]:
    """A file with its columns as guessed."""
    file = open_file(name, text.encode())
    return file, lines_of(file, file.columns.places, BERLIN)


def test_rows_become_lines() -> None:
    """With everything their columns say; an address in a cell is believed before its neighbours."""
    address = f"https://api.aspose.cloud/v5.0/ocr/RecognizeImageTrial?id={TWO}"
    _, found = read(
        "Task ID,Label,Operation,Trial,Submitted\r\n"
        f"{ONE},Invoice,RecognizePdf,no,2026-05-31 14:05\r\n"
        ",,,,\r\n"
        f"{address},Letter,RecognizePdf,,soon\r\n"
    )
    first, second = found.lines
    assert (first.number, first.task_id, first.label) == (2, ONE, "Invoice")
    assert (first.operation, first.trial) == (Operation.RECOGNIZE_PDF, False)
    assert first.submitted_at == datetime(2026, 5, 31, 12, 5, tzinfo=UTC)
    assert (second.number, second.task_id, second.operation) == (4, TWO, Operation.RECOGNIZE_IMAGE)
    assert (second.trial, second.api_url) == (True, "https://api.aspose.cloud")
    assert found.without_time == ((4, NOT_READ),)


def test_what_means_nothing_is_not_registered_as_something_else() -> None:
    """It comes back with the reason; formulas in it are harmless and secrets gone."""
    file, found = read(
        "task_id,label,operation,trial\n"
        f"{ONE},=HYPERLINK(1),RecogniseImage,no\n"
        f"{TWO},fine,RecognizeImage,perhaps\n"
        f"no id here,{TOKEN},,\n"
    )
    assert [line.shape for line in found.lines] == [Shape.MALFORMED] * 3
    reasons = {line.number: line.reason for line in found.lines}
    assert reasons[2] == "“RecogniseImage” is no operation of the service"
    assert "neither yes nor no" in reasons[3]
    back = rest_file(file, reasons)
    assert TOKEN.encode() not in back
    rows = list(csv.reader(io.StringIO(back.decode("utf-8-sig"))))
    assert rows[0] == ["task_id", "label", "operation", "trial", "reason"]
    assert rows[1][:2] == [ONE, "'=HYPERLINK(1)"]
    assert [row[-1] for row in rows[1:]] == list(reasons.values())

    again, repaired = read(back.decode("utf-8-sig").replace("RecogniseImage,", "RecognizeImage,"))
    assert [line.shape for line in repaired.lines] == [Shape.USUAL, Shape.MALFORMED, Shape.MALFORMED]
    assert again.columns.has_head


def test_a_text_file_is_read_as_what_is_pasted() -> None:
    """Also what is left of it."""
    file, found = read(f"see {ONE} Invoice\nnothing\n", "notes.txt")
    assert [line.task_id for line in found.lines] == [ONE, ""]
    back = rest_file(file, {2: "there is no task ID in it"}).decode("utf-8-sig")
    assert back.splitlines() == ["line,reason", "nothing,there is no task ID in it"]


def test_entries_of_json_are_counted_from_one() -> None:
    """And known in several spellings."""
    _, found = read(f'[{{"taskId":"{ONE}","fileName":"a.png","trial":true}}]', "ids.json")
    (line,) = found.lines
    assert (line.number, line.label, line.trial) == (1, "a.png", True)


def test_the_template_is_understood_and_is_no_task() -> None:
    """Its example has to be replaced first."""
    file = open_file("template.csv", template())
    assert list(file.columns.places) == list(Meaning)
    (line,) = lines_of(file, file.columns.places, UTC).lines
    assert line.shape is Shape.MALFORMED


def test_columns_without_names_have_numbers() -> None:
    """To choose among them."""
    rows = RowFile(rows=((ONE, "x"),))
    assert IdFile("a.csv", rows, guess(rows.rows)).head == ("column 1", "column 2")
