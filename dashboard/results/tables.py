"""Spreadsheets as rows of text, read without trusting them: no formulas run, no bombs unpacked, nothing fetched."""

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import openpyxl

from dashboard.results.sniffing import WORKBOOK
from dashboard.results.text_encoding import read_text

MOST_ROWS = 1_000
MOST_COLUMNS = 100
MOST_SHEETS = 20
LONGEST_CELL = 1_000

MOST_UNPACKED = 50_000_000
"""Bytes that a workbook may unpack to."""

_MOST_MEMBERS = 1_000
_PIECE = 1 << 16
_DOCTYPE = b"<!DOCTYPE"
_SNIFFED = 20_000
_SEPARATORS = ",;\t|"


class Unreadable(ValueError):
    """A file that is not shown, with a sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table; every cell is text.

    Attributes:
        cut: there are more rows or columns, or longer cells, than are given here.
    """

    name: str
    rows: Sequence[Sequence[str]]
    cut: bool


def read_table(data: bytes, media_type: str) -> list[Sheet]:
    """Read a CSV file or a workbook.

    Raises:
        Unreadable: when it is neither, damaged, or unpacks to more than :data:`MOST_UNPACKED`.
    """
    if media_type == WORKBOOK.media_type:
        return _read_workbook(data)
    text = read_text(data).text
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    try:
        return [_sheet("", csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)))]
    except csv.Error as error:
        raise Unreadable(f"This is no table that can be shown here ({error}). Download it instead.") from None


def _read_workbook(data: bytes) -> list[Sheet]:
    _refuse_bombs(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that only Excel needs
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            return [
                _sheet(
                    sheet.title,
                    sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1, values_only=True),
                )
                for sheet in islice(book.worksheets, MOST_SHEETS)
            ]
    except Unreadable:
        raise
    except Exception as error:  # a hostile file finds ways that no list names
        raise Unreadable("This workbook cannot be shown here. Download it instead.") from error


def _refuse_bombs(data: bytes) -> None:
    """Unpack everything once, counting: what a ZIP says about its own sizes may be a lie."""
    too_large = Unreadable(
        f"This workbook unpacks to more than {MOST_UNPACKED // 1_000_000} MB and is not opened here. "
        "Download it instead."
    )
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
                raise too_large
            for member in members:
                with archive.open(member) as file:
                    before = b""
                    while piece := file.read(_PIECE):
                        total += len(piece)
                        if total > MOST_UNPACKED:
                            raise too_large
                        _refuse_entities(before + piece)
                        before = piece[-2 * len(_DOCTYPE) :]
    except Unreadable:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        raise Unreadable("This workbook is damaged and cannot be shown here. Download it instead.") from error


def _refuse_entities(piece: bytes) -> None:
    """No workbook has a document type, in which entities are declared that expand or lead elsewhere."""
    if _DOCTYPE in piece.replace(b"\0", b""):  # UTF-16 as well
        raise Unreadable("This workbook holds XML that no spreadsheet program writes. Download it instead.")


def _separator(text: str) -> str:
    beginning = text[:_SNIFFED]
    try:
        return csv.Sniffer().sniff(beginning, _SEPARATORS).delimiter
    except csv.Error:
        return max(_SEPARATORS, key=beginning.count)


def _sheet(name: str, rows: Iterable[Sequence[object]]) -> Sheet:
    cut = False
    kept: list[list[str]] = []
    for row in rows:
        if len(kept) == MOST_ROWS:
            cut = True
            break
        cells = list(_cells(row))
        beyond = any(value is not None for value in row[MOST_COLUMNS:])
        cut = cut or beyond or any(len(cell) > LONGEST_CELL for cell in cells)
        kept.append([cell[:LONGEST_CELL] for cell in cells])
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
