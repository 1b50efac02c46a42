"""Files that people keep lists in, as rows of text: CSV, TSV, workbooks, JSON, JSON Lines. None of them is trusted."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from dashboard.results import workbook_worker
from dashboard.results.delimited import rows_of
from dashboard.results.sheets import Unreadable, refuse_bombs
from dashboard.results.table_cells import LONGEST_CELL, MOST_COLUMNS
from dashboard.results.text_encoding import read_text
from dashboard.results.workers import BUSY, WORKERS, Trouble, WorkerFailed

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
ENDINGS = ("csv", "tsv", "xlsx", "json", "jsonl", "ndjson", "txt", "log")

_SECONDS = 20


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file as rows.

    Attributes:
        rows: cells of text, all rows as wide as the widest.
        names: the file names its columns itself, as objects of JSON do; the first row then holds these.
        text: what it holds where it is no table but text, else None.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    names: bool = False
    text: str | None = None


def read_rows(name: str, data: bytes) -> RowFile:
    """Read a file by what is in it, and where that says nothing by its name.

    Raises:
        Unreadable: with a sentence for people; files that are too large are refused rather than cut.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(
            f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it and add the pieces one by one."
        )
    if data.startswith(b"PK\x03\x04"):
        return _table(_workbook(data))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "This is a workbook of old (.xls), or one with a password. Save it as .xlsx and add that."
        )
    if (
        b"\0" in data[:4096]
        and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
        and data.count(b"\0") * 3 < len(data)
    ):
        raise Unreadable(
            "This is neither a table nor text. Add a CSV, TSV, XLSX, JSON, JSON Lines or text file."
        )
    text = read_text(data).text
    ending = PurePath(name).suffix.lower().removeprefix(".")
    if ending in ("txt", "log"):
        return RowFile(text=text)
    if ending in ("json", "jsonl", "ndjson") or text.lstrip()[:1] in ("{", "["):
        return _json(text)
    try:
        return _table(_first(rows_of(text)))
    except csv.Error as error:
        raise Unreadable(f"This is no table that can be read here ({error}). Save it anew as CSV.") from None


def _workbook(data: bytes) -> list[list[str]]:
    try:
        refuse_bombs(data)
        made = WORKERS.run(Path(workbook_worker.__file__), data, seconds=_SECONDS, arguments=[str(MOST_ROWS)])
    except Unreadable as error:  # what it says is about looking at one
        raise Unreadable("This workbook is damaged or far too large. Save it anew, or as CSV.") from error
    except WorkerFailed as error:
        sentence = "This workbook cannot be read here. Save it anew, or as CSV."
        raise Unreadable(BUSY if error.trouble is Trouble.BUSY else sentence) from None
    return [[str(cell) for cell in row] for row in json.loads(made)]


def _first(rows: Iterable[Sequence[str]]) -> list[Sequence[str]]:
    kept: list[Sequence[str]] = []
    for row in rows:
        if len(kept) > MOST_ROWS:
            break
        kept.append(row[:MOST_COLUMNS])
    return kept


def _table(rows: Sequence[Sequence[str]], *, names: bool = False) -> RowFile:
    if len(rows) > MOST_ROWS + names:
        raise Unreadable(
            f"The file has more than {MOST_ROWS:,} rows. Split it and add the pieces one by one."
        )
    width = max(map(len, rows), default=0)
    whole = tuple((*(cell[:LONGEST_CELL] for cell in row), *[""] * (width - len(row))) for row in rows)
    return RowFile(rows=whole, names=names)


def _json(text: str) -> RowFile:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return _json_lines(text)
    if isinstance(found, Mapping):
        lists = [value for value in found.values() if isinstance(value, list) and value]
        found = lists[0] if len(lists) == 1 else [found]
    return _of_entries(found if isinstance(found, list) else [found])


def _json_lines(text: str) -> RowFile:
    entries: list[object] = []
    broken = 0
    for line in filter(str.strip, text.splitlines()):
        try:
            entries.append(json.loads(line))
        except (ValueError, RecursionError):
            entries.append(line)
            broken += 1
    if broken == len(entries):
        raise Unreadable("This is no JSON: check that it is whole, or save it as CSV.")
    return _of_entries(entries)


def _of_entries(entries: Sequence[object]) -> RowFile:
    """Objects as rows with named columns; what is no object is the cell of a first column without a name."""
    names: dict[str, None] = {}
    for entry in entries[: MOST_ROWS + 1]:
        if isinstance(entry, Mapping):
            names.update(dict.fromkeys(map(str, entry)))
    columns = list(names)[:MOST_COLUMNS]
    if not columns:
        return _table([[_cell(entry)] for entry in entries])
    mixed = any(not isinstance(entry, Mapping) for entry in entries)
    rows = [
        [*([""] if mixed else []), *(_cell(entry.get(name)) for name in columns)]
        if isinstance(entry, Mapping)
        else [_cell(entry)]
        for entry in entries
    ]
    return _table([[*([""] if mixed else []), *columns], *rows], names=True)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)[:LONGEST_CELL]
