"""Puts a backup in the place of an SQLite database that nobody has open, and keeps what was there.

::

    the lock that SQLite itself asks for before it reads ── whoever has the database open holds a part of it
    the backup, copied beside the database, without what it says of itself, on the disk
    a second name for the database ── side files renamed ── the copy takes its place in one step
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from dashboard import full_disk, private_files
from dashboard.errors import StoreUnavailable
from dashboard.store import backup_facts
from dashboard.store.generation import RECORD, SIDE_FILES

COMPANIONS = (RECORD, *reversed(SIDE_FILES))
"""Endings of everything that belongs to one database file and must not be met by another one.

The write-ahead log is the last: between its new name and the new database, the old one lacks its latest results.
"""

_LOCK_BYTES = 0x40000000, 512
"""Where SQLite's locks lie, in the file format since 2004: pending, reserved, and 510 shared ones."""


def put_in_place(backup: Path, database: Path, *, stamp: str) -> list[Path]:
    """Make a backup the database.

    Args:
        backup: a file that was checked.
        database: where it goes; its folder is made when missing.
        stamp: distinguishes the names of what is kept.

    Returns:
        What was there before, under its new names; the database first.

    Raises:
        StoreUnavailable: somebody has the database open, or the disk refuses; everything is as it was.
    """
    database = database.resolve()  # SQLite's side files lie beside the file that a link leads to
    try:
        private_files.make_folder(database.parent)
        was_there = database.exists()
        with held(database), _undone_if_it_fails() as moved:
            for left in database.parent.glob(f".{database.name}.*"):  # by one that was killed
                left.unlink()
            with private_files.beside(database) as fresh:
                _unpack(backup, fresh)
                if database.exists() and not was_there:
                    raise StoreUnavailable(f"Somebody has just made {database}. Stop the dashboard first.")
                private_files.settle(fresh)  # all that takes time is done now
                _set_aside(database, stamp, moved)
    except (OSError, sqlite3.Error) as error:
        reason = full_disk.reason(error) if isinstance(error, OSError) else error
        raise StoreUnavailable(
            f"{database} cannot be put in place ({reason}). Nothing was changed."
        ) from None
    return sorted((after for _, after in moved), key=lambda path: len(path.name))


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Keep everybody else from opening the database; nothing to hold where there is none.

    It is the lock SQLite uses, so that servers of every version, shells and whatever else has it open are seen, and
    a damaged file can be held too. Not for a process that has the database open itself.

    Raises:
        StoreUnavailable: somebody has it open.
    """
    try:
        handle = os.open(database, os.O_RDWR)
    except FileNotFoundError:
        yield
        return
    try:
        _lock(handle, database)
        yield
    finally:
        os.close(handle)


def _set_aside(database: Path, stamp: str, moved: list[tuple[Path, Path]]) -> None:
    """Give a database and all that belongs to it other names; it itself keeps its old name too, to be replaced.

    Args:
        database: there or not.
        stamp: distinguishes the names.
        moved: takes the old and the new name of each file as soon as it has it.
    """
    aside = kept_name(database, database.name, stamp)
    if is_linked := _second_name(database, aside):
        moved.append((database, aside))
    for ending in COMPANIONS:
        path = database.with_name(database.name + ending)
        if path.exists():
            path.rename(kept_name(path, database.name, stamp))
            moved.append((path, kept_name(path, database.name, stamp)))
    if database.exists() and not is_linked:
        database.rename(aside)
        moved.append((database, aside))


def _second_name(database: Path, aside: Path) -> bool:
    """So that there is never a moment without a database: a server that starts then would begin an empty one."""
    try:
        aside.hardlink_to(database)
    except OSError:  # there is none, or the file system has no links
        return False
    return True


@contextmanager
def _undone_if_it_fails() -> Iterator[list[tuple[Path, Path]]]:
    moved: list[tuple[Path, Path]] = []
    try:
        yield moved
    except BaseException:
        for before, after in reversed(moved):
            with suppress(OSError):
                if not before.exists():
                    after.rename(before)
                elif before.samefile(after):
                    after.unlink()
        raise


def put_file(path: Path, content: bytes, *, stamp: str) -> Path | None:
    """Write another file of the data folder; gives back what it replaced, under its new name. Raises OSError."""
    aside = kept_name(path, path.name, stamp) if path.exists() else None
    if aside is not None:
        path.rename(aside)
    with private_files.replacing(path) as file:
        file.write(content)
    return aside


def kept_name(path: Path, name: str, stamp: str) -> Path:
    """What a file is called once it was replaced: side files still fit their database."""
    return path.with_name(f"{name}.before-restore-{stamp}{path.name.removeprefix(name)}")


def _lock(handle: int, database: Path) -> None:
    if os.name != "posix":
        return  # Windows does not let go of the name of a file that is open
    import fcntl  # there is none on Windows

    start, length = _LOCK_BYTES
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except OSError:
        raise StoreUnavailable(
            f"{database} is in use. Stop the server, every worker and whatever else has it open, then try again."
        ) from None


def _unpack(backup: Path, fresh: Path) -> None:
    shutil.copyfile(backup, fresh)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")  # a copy made by other means may still say WAL
        copy.execute("BEGIN")
        backup_facts.drop(copy)
        copy.execute("COMMIT")
