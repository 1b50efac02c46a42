"""Files of rows, in whatever dress, and those that would do harm."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from dashboard.results.row_files import MOST_ROWS, read_rows
from dashboard.results.sheets import Unreadable

WANTED = (("id", "label"), ("a1", "Größe"), ("b2", ""))


def workbook(*rows: Any) -> bytes:  # noqa: ANN401 - whatever a cell can hold
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("ids.csv", "id,label\r\na1,Größe\r\nb2,\r\n".encode(), id="commas"),
        pytest.param(
            "ids.csv", b"\xef\xbb\xbf" + "id;label\na1;Größe\nb2;\n".encode(), id="mark and semicolons"
        ),
        pytest.param("ids.csv", "id;label\na1;Größe\nb2;\n".encode("cp1252"), id="Windows-1252"),
        pytest.param(
            "ids.tsv", "id\tlabel\na1\tGröße\nb2\t\n".encode("utf-16"), id="UTF-16 with tabs, as Excel does"
        ),
        pytest.param("ids.xlsx", workbook(("id", "label"), ("a1", "Größe"), ("b2", None)), id="workbook"),
        pytest.param(
            "odd.bin", workbook(("id", "label"), ("a1", "Größe"), ("b2", None)), id="workbook by another name"
        ),
        pytest.param(
            "ids.json", json.dumps([{"id": "a1", "label": "Größe"}, {"id": "b2"}]).encode(), id="JSON"
        ),
        pytest.param(
            "ids.json",
            json.dumps({"tasks": [{"id": "a1", "label": "Größe"}, {"id": "b2"}]}).encode(),
            id="list inside",
        ),
        pytest.param("ids.jsonl", '{"id":"a1","label":"Größe"}\n\n{"id":"b2"}\n'.encode(), id="JSON Lines"),
    ],
)
def test_the_same_rows_in_every_dress(name: str, data: bytes) -> None:
    """Encoding and separator are told from the file."""
    assert read_rows(name, data).rows == WANTED


def test_values_of_a_workbook_are_written_one_way() -> None:
    """Whatever its cells are formatted like; formulas do not run."""
    rows = (("id", 12.0, 1.5, True), (datetime(2026, 5, 31, 14, 5), "=1+1", None, "x"))  # noqa: DTZ001 - as Excel has them
    assert read_rows("a.xlsx", workbook(*rows)).rows == (
        ("id", "12", "1.5", "true"),
        ("2026-05-31 14:05:00", "", "", "x"),
    )


def test_texts_stay_texts() -> None:
    """Logs are read as what is pasted is."""
    assert read_rows("a.log", b"x,y\nz").text == "x,y\nz"
    assert read_rows("a.csv", b"").rows == ()


def test_entries_that_are_no_objects_have_a_column_of_their_own() -> None:
    """A broken line of JSON Lines, for example."""
    assert read_rows("a.jsonl", b'{"id":"a1"}\n{"id":\n').rows == (("", "id"), ("", "a1"), ('{"id":', ""))
    assert read_rows("a.json", b'["a1","b2"]').rows == (("a1",), ("b2",))
    assert read_rows("a.json", b'{"id":"a1","tags":["x","y"],"more":["z"]}').rows[1] == (
        "a1",
        '["x", "y"]',
        '["z"]',
    )


def bomb() -> bytes:
    """A workbook that unpacks to 200 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(200_000_000))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("a.xlsx", bomb(), "far too large", id="bomb"),
        pytest.param("a.xlsx", b"PK\x03\x04 nothing more", "damaged", id="damaged workbook"),
        pytest.param("a.xls", b"\xd0\xcf\x11\xe0rest", r"Save it as \.xlsx", id="workbook of old"),
        pytest.param("a.csv", bytes(5_000_001), "more than 5 MB", id="too large"),
        pytest.param(
            "a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "neither a table", id="picture"
        ),
        pytest.param("a.csv", b"a,b\n" * (MOST_ROWS + 1), "more than 20,000 rows", id="too many rows"),
        pytest.param("a.json", b"[" * 100_000, "no JSON", id="deep JSON"),
        pytest.param("a.json", b"{", "no JSON", id="broken JSON"),
        pytest.param(
            "a.json", json.dumps(["x"] * (MOST_ROWS + 1)).encode(), "more than 20,000 rows", id="long JSON"
        ),
    ],
)
def test_what_would_do_harm_gets_a_sentence(name: str, data: bytes, said: str) -> None:
    """And is not read in part: what is missing would not be seen."""
    with pytest.raises(Unreadable, match=said):
        read_rows(name, data)
