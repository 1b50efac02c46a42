"""The start on an SQLite database: what another one has left beside it is set aside, and a generation begins."""

import sqlite3
import time
from pathlib import Path

from dashboard.errors import StoreUnavailable
from dashboard.logs import get_logger
from dashboard.store import generation
from dashboard.store.generation import Generation, Record

log = get_logger(__name__)

_EXAMINED_AGAIN_SECONDS = 2.0

_STILL_USED = (
    "The database {path} was replaced while another process of the dashboard still runs on what was there before. "
    "Stop that one first, then start again."
)
_UNMOVABLE = (
    "Files beside the database {path} belong to another one and cannot be renamed ({reason}). Move them elsewhere, "
    "or change the permissions of the folder."
)


def set_foreign_aside(path: Path, *, is_alone: bool) -> None:
    """Set aside a log or journal that is not of this file, before SQLite replays it.

    Args:
        path: of the database.
        is_alone: whether no other process has it open.

    Raises:
        StoreUnavailable: another process uses the log, or it cannot be renamed.
    """
    deadline = time.monotonic() + _EXAMINED_AGAIN_SECONDS
    while endings := _foreign(path):
        if is_alone:
            try:
                generation.set_aside(path, endings)
            except OSError as error:
                raise StoreUnavailable(_UNMOVABLE.format(path=path, reason=error.strerror)) from None
            return
        if time.monotonic() > deadline:
            raise StoreUnavailable(_STILL_USED.format(path=path))
        time.sleep(0.05)


def begun(path: Path, connection: sqlite3.Connection, found: Generation) -> Generation:
    """Begin another generation, with nobody else there, where the file is not the one of last time.

    Args:
        path: of the database.
        connection: to it, in no transaction.
        found: what it says.

    Returns:
        What it says now; the same as before where the small file cannot be written.

    Raises:
        sqlite3.Error: the database cannot be written.
    """
    record = generation.read_record(path)
    goes_on = record is not None and record.id == found.id != 0
    goes_on = goes_on and not generation.is_behind(found.number, record.number if record else 0)
    if goes_on:
        return found
    if record is not None:
        log.warning("database.other_than_before", path=str(path), number=found.number, before=record.number)
    own_id, inode = generation.new_id(), generation.inode_of(path)
    # First, so that the log with the new ID is known to belong to a file that still has the old one.
    if not generation.write_record(path, Record(own_id, found.id, 0, inode)):
        return found
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id={own_id}")
    connection.execute(f"PRAGMA user_version={generation.after(found.number)}")
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    main = generation.in_main_file(path)
    if main is not None and main.id == own_id:
        generation.write_record(path, Record(own_id, found.id, main.number, inode))
    return generation.of_connection(connection)


def _foreign(path: Path) -> tuple[str, ...]:
    """The side files that are of another database."""
    endings: tuple[str, ...] = () if generation.log_belongs(path) else ("-wal", "-shm")
    if not generation.journal_belongs(path):
        endings = (*endings, "-journal")
    return tuple(ending for ending in endings if path.with_name(path.name + ending).exists())
