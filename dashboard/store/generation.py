"""Which generation of an SQLite database a file is, so that nothing is written to or replayed into another one.

Restored backups, copies and folders that were moved all bear the same name. What tells them apart is a random ID and a
number in the header of the database (SQLite's ``application_id`` and ``user_version``). The number grows with every
start and every transaction that changes something, so a copy that was made earlier has a smaller one. Both are also in
the write-ahead log, so that it can be told whether a log builds upon the file beside it, and in a small file of ours.
"""

import contextlib
import json
import secrets
import sqlite3
import struct
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from dashboard import private_files
from dashboard.logs import get_logger

log = get_logger(__name__)

SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""

RECORD = ".generation"
"""The small file of ours beside it."""
_LARGEST = 2**31 - 1

_WAL_MAGIC = 0x377F0682
_WAL_HEADER, _FRAME_HEADER = struct.Struct(">8I"), struct.Struct(">6I")
_PAGE_HEADER = struct.Struct(">40xI16xI4xI")
"""Of the first page: how often the schema was changed, ``user_version``, ``application_id``."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What the header of a database says.

    Attributes:
        id: random; another one when a file does not go on where the last one ended. 0: of a version without.
        number: grows with each change.
        schema: grows with each change of the tables, and when the file is written anew as a whole.
    """

    id: int
    number: int
    schema: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """What the small file beside a database says.

    Attributes:
        id: of the database.
        before: the ID it had before this one.
        number: that the main file, without its log, had reached when somebody last looked.
        inode: of the main file then.
    """

    id: int
    before: int
    number: int
    inode: int


def new_id() -> int:
    """An ID that no other database has."""
    return secrets.randbelow(_LARGEST) + 1


def after(number: int) -> int:
    """The next number; in many years they begin anew."""
    return number % _LARGEST + 1


def is_behind(number: int, other: int) -> bool:
    """Whether a number is from before another one."""
    return 0 < (other - number) % _LARGEST < _LARGEST // 2


def in_main_file(path: Path) -> Generation | None:
    """What the database file says by itself, without its log; None when it cannot be read.

    Takes no locks. It is read through SQLite: whoever opens and closes the file in another way ends the locks that
    this process has on it.
    """
    try:
        uri = f"{path.absolute().as_uri()}?immutable=1&mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return of_connection(connection)
    except sqlite3.Error:
        return None


def of_connection(connection: sqlite3.Connection) -> Generation:
    """What a connection sees, in the transaction it is in; raises sqlite3.Error."""
    names = ("application_id", "user_version", "schema_version")
    return Generation(*(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names))


def in_log(path: Path) -> tuple[Generation, Generation] | None:
    """What the first and the last transaction in the write-ahead log of a database have left behind.

    Returns:
        None when there is no log, when there is nothing to replay in it, or when it does not tell.
    """
    try:
        with path.with_name(f"{path.name}-wal").open("rb", buffering=0) as file:
            return _read_log(file)
    except (OSError, struct.error):
        return None


def _read_log(file: FileIO) -> tuple[Generation, Generation] | None:
    magic, _, page_size, _, *salts, _, _ = _WAL_HEADER.unpack(file.read(_WAL_HEADER.size))
    if magic & ~1 != _WAL_MAGIC:
        return None
    first: Generation | None = None
    last: Generation | None = None
    pending: Generation | None = None
    at = _WAL_HEADER.size
    while len(head := file.read(_FRAME_HEADER.size)) == _FRAME_HEADER.size:
        page, pages_after_commit, *frame_salts, _, _ = _FRAME_HEADER.unpack(head)
        if frame_salts != salts:
            break  # left over from an earlier round of the log
        if page == 1:
            schema, number, own_id = _PAGE_HEADER.unpack(file.read(_PAGE_HEADER.size))
            pending = Generation(own_id, number, schema)
        if pages_after_commit and pending is not None:
            first, last, pending = first or pending, pending, None
        at += _FRAME_HEADER.size + page_size
        file.seek(at)
    return (first, last) if first is not None and last is not None else None


def log_belongs(path: Path) -> bool:
    """Whether the log beside a database builds upon this very file; True when there is nothing to replay.

    A log begins where the main file ended when the log was begun, and the main file takes over from it what it may.
    """
    found = in_log(path)  # before the main file: that one only grows, while the log may begin anew meanwhile
    main = in_main_file(path)
    if found is None or main is None:
        return True
    first, last = found
    if _is_empty(path):
        return False  # SQLite writes to the main file before it begins a log
    record = read_record(path)
    if main.id != first.id and not (record and (main.id, first.id) == (record.before, record.id)):
        return False
    is_older = is_behind(after(main.number), first.number)
    if record is not None and record.id == main.id:
        is_older = is_older or is_behind(main.number, record.number)
        # A copy of whole folders has another inode too, and the number that was noted.
        is_older = is_older or (main.number != record.number and inode_of(path) != record.inode)
    is_newer = is_behind(last.number, main.number) or main.schema > last.schema
    return not is_older and not is_newer


def journal_belongs(path: Path) -> bool:
    """Whether a rollback journal beside a database may be its own: those that have a log never write one."""
    main = in_main_file(path)
    return main is None or main.id == 0


def read_record(path: Path) -> Record | None:
    """What the small file beside a database says; None when it says nothing."""
    try:
        said = json.loads(_record_of(path).read_text(encoding="ascii"))
        return Record(**{field.name: int(said[field.name]) for field in fields(Record)})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(path: Path, record: Record) -> bool:
    """Write the small file beside a database; returns whether that was possible."""
    try:
        with private_files.replacing(_record_of(path), lasting=False) as file:
            file.write(json.dumps(asdict(record)).encode("ascii"))
    except OSError:
        return False
    return True


def set_aside(path: Path, endings: tuple[str, ...] = SIDE_FILES) -> list[Path]:
    """Give side files of a database names under which SQLite does not find them; returns what there was, renamed."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = []
    for ending in endings:
        file = path.with_name(path.name + ending)
        aside = file.with_name(f"{file.name}.set-aside-{moment}")
        with contextlib.suppress(FileNotFoundError):
            file.rename(aside)
            kept.append(aside)
    if kept:
        log.warning("database.set_aside", files=[str(file) for file in kept])
    return kept


def inode_of(path: Path) -> int:
    """Which file it is on its disk; 0 when there is none."""
    with contextlib.suppress(OSError):
        return path.stat().st_ino
    return 0


def _is_empty(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.stat().st_size == 0
    return True


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + RECORD)
