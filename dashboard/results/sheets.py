"""Spreadsheets as rows of text, read without trusting them: no formulas run, no bombs unpacked, nothing fetched."""

import csv
import io
import json
import zipfile
import zlib
from pathlib import Path

from dashboard.results import workbook_worker
from dashboard.results.delimited import rows_of
from dashboard.results.sniffing import WORKBOOK
from dashboard.results.table_cells import (
    CellBudget,
    Sheet,
    sheet_of,
)
from dashboard.results.text_encoding import read_text
from dashboard.results.workers import BUSY, WORKERS, Trouble, WorkerFailed

MOST_UNPACKED = 50_000_000
"""Bytes that a workbook may unpack to."""

_SECONDS = 20
_MOST_MEMBERS = 1_000
_PIECE = 1 << 16
_DOCTYPE = b"<!DOCTYPE"


class Unreadable(ValueError):
    """A file that is not shown, with a sentence for people."""


def read_table(data: bytes, media_type: str) -> list[Sheet]:
    """Read a CSV file or a workbook.

    Raises:
        Unreadable: when it is neither, damaged, or unpacks to more than :data:`MOST_UNPACKED`.
    """
    if media_type == WORKBOOK.media_type:
        return _read_workbook(data)
    try:
        return [sheet_of("", rows_of(read_text(data).text), CellBudget())]
    except csv.Error as error:
        raise Unreadable(f"This is no table that can be shown here ({error}). Download it instead.") from None


def _read_workbook(data: bytes) -> list[Sheet]:
    refuse_bombs(data)
    try:
        read = WORKERS.run(Path(workbook_worker.__file__), data, seconds=_SECONDS)
    except WorkerFailed as error:  # a hostile file finds ways that no list names
        sentence = "This workbook cannot be shown here. Download it instead."
        raise Unreadable(BUSY if error.trouble is Trouble.BUSY else sentence) from None
    return [Sheet(**sheet) for sheet in json.loads(read)]


def refuse_bombs(data: bytes) -> None:
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
