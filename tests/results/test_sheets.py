"""Tables of strangers: read as text, never trusted."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from dashboard.results.sheets import Unreadable, read_table
from dashboard.results.sniffing import CSV, WORKBOOK
from dashboard.results.table_cells import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS


def workbook(**sheets: list[list[object]]) -> bytes:
    """A workbook as Excel would save it."""
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """The same ZIP with one member replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        pytest.param(b"a,b\n1,2\n", [["a", "b"], ["1", "2"]], id="commas"),
        pytest.param(b"a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]], id="semicolons"),
        pytest.param(b"a\tb\n1\t2\n", [["a", "b"], ["1", "2"]], id="tabs"),
        pytest.param(b'"a, b","c\nd"\n1,2', [["a, b", "c\nd"], ["1", "2"]], id="quotes"),
        pytest.param(b"\xef\xbb\xbfa,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]], id="mark and CR LF"),
        pytest.param("größe,ü\n1,2".encode("cp1252"), [["größe", "ü"], ["1", "2"]], id="Windows"),
        pytest.param(b"one cell", [["one cell"]], id="one cell"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"a,b\n,,\n\n", [["a", "b"]], id="empty rows at the end"),
        pytest.param(
            b"=cmd|'/c calc'!A0,<script>\n", [["=cmd|'/c calc'!A0", "<script>"]], id="formulas are text"
        ),
    ],
)
def test_csv(data: bytes, rows: list[list[str]]) -> None:
    """Whatever separates the cells."""
    (sheet,) = read_table(data, CSV.media_type)
    assert sheet.rows == rows
    assert not sheet.cut


def test_limits() -> None:
    """Long tables are cut and say so; a cell of five megabytes does not."""
    (long,) = read_table(b"a,b\n" * (MOST_ROWS + 5), CSV.media_type)
    assert (len(long.rows), long.cut) == (MOST_ROWS, True)
    (wide,) = read_table(b",".join([b"x"] * (MOST_COLUMNS + 5)), CSV.media_type)
    assert (len(wide.rows[0]), wide.cut) == (MOST_COLUMNS, True)
    (cell,) = read_table(b"x" * 5_000_000, CSV.media_type)
    assert (len(cell.rows[0][0]), cell.cut) == (LONGEST_CELL, True)


def test_workbook() -> None:
    """Sheets with their names; formulas are shown as the values that were stored, or not at all."""
    first, second = read_table(
        workbook(One=[["a", 1, 2.5, None], [None, None, "=1+1"]], Two=[["only"]]), WORKBOOK.media_type
    )
    assert (first.name, first.rows) == ("One", [["a", "1", "2.5"]])
    assert (second.name, second.rows) == ("Two", [["only"]])


def test_far_away_cell() -> None:
    """A cell in the last corner costs neither time nor memory."""
    book = openpyxl.Workbook()
    book.active["A1"] = "here"  # type: ignore[index]  # a fresh workbook has a sheet
    book.active["XFD1048576"] = "there"  # type: ignore[index]  # the same
    file = io.BytesIO()
    book.save(file)
    (sheet,) = read_table(file.getvalue(), WORKBOOK.media_type)
    assert sheet.rows[0] == ["here"]


def bomb() -> bytes:
    """Small, and unpacks to 200 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"")
        with archive.open("xl/workbook.xml", "w") as member:
            for _ in range(200):
                member.write(bytes(1_000_000))
    return file.getvalue()


def lying_bomb() -> bytes:
    """The same, saying that it is small."""
    data = bytearray(bomb())
    size = (200_000_000).to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


def many_members() -> bytes:
    """More files than a workbook has."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(2_000):
            archive.writestr(f"xl/{number}", b"")
    return file.getvalue()


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&c;&d;</t></si></sst>'
)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(bomb, id="bomb"),
        pytest.param(lying_bomb, id="bomb that lies about its size"),
        pytest.param(many_members, id="thousands of members"),
        pytest.param(lambda: b"PK\x03\x04", id="cut"),
        pytest.param(lambda: workbook(One=[["a"]])[:-30], id="no directory"),
        pytest.param(
            lambda: with_member(workbook(One=[["a"]]), "xl/worksheets/sheet1.xml", ENTITIES), id="entities"
        ),
        pytest.param(lambda: with_member(workbook(One=[["a"]]), "xl/workbook.xml", b"<"), id="broken XML"),
    ],
)
def test_hostile_workbooks_are_refused_with_a_sentence(make: Callable[[], bytes]) -> None:
    """In little memory; nothing is unpacked as a whole."""
    data = make()
    tracemalloc.start()
    with pytest.raises(Unreadable, match="Download it instead"):
        read_table(data, WORKBOOK.media_type)
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
