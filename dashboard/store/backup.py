"""A copy of an SQLite database as it stood at one moment, made while others read and write.

::

    one reading transaction ── the moment; in WAL mode it makes nobody wait, and what is written meanwhile stays out
    pages, a megabyte at a time, resting in between
    facts and the other files ── PRAGMA integrity_check

Without that transaction SQLite would begin anew with every write of somebody else.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import exc, make_url

from dashboard import full_disk
from dashboard.errors import DiskFull, StoreUnavailable
from dashboard.store import backup_facts
from dashboard.store.backup_facts import Counts, Facts
from dashboard.store.database_words import sentence

Going = Callable[[], bool]
"""Asked after each megabyte, and may take its time; False ends the work."""

"""What SQLite keeps beside a database and reads together with it."""

_PAGES = 256
_SYNC_EVERY = 16
"""Steps after which what was written goes to the disk, so that no flood of it is left for the end."""

_LOCK_SECONDS = 5.0

_INSTRUCTIONS = 1_000_000
"""Of SQLite's, between two questions whether to go on."""

_STOPPED = "The backup was stopped before it was whole."


def size_of(database: Path) -> int:
    """Bytes that a copy may take: the database, and what is still beside it; 0 when there is none."""
    total = 0
    for ending in ("", "-wal"):
        with contextlib.suppress(OSError):
            total += database.with_name(database.name + ending).stat().st_size
    return total


def write(
    database: Path,
    target: Path,
    *,
    facts: Callable[[], Facts],
    files: Mapping[str, bytes],
    going: Going = lambda: True,
) -> Counts:
    """Fill a file with a copy of the database.

    Args:
        database: the file of an SQLite database; it is not changed.
        target: an empty file that nobody else uses; of no use when this fails.
        facts: asked as soon as the moment is known that the copy will show.
        files: what else belongs to the backup, by name.
        going: where the work rests, and learns that it should end.

    Returns:
        How much the copy holds.

    Raises:
        StoreUnavailable: with a sentence; also when the database is damaged, because older backups are better then.
    """
    with _translated():
        with closing(_reading(database)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment
            known = facts()
            _copy(source, target, going)
        return _finish(target, known, files, going)


def has_tasks(database: Path) -> bool:
    """Whether anybody has registered a task; raises StoreUnavailable."""
    with _translated(), closing(_reading(database)) as source:
        return source.execute("SELECT 1 FROM task LIMIT 1").fetchone() is not None


def _reading(database: Path) -> sqlite3.Connection:
    url = f"{database.absolute().as_uri()}?mode=rw"  # read-only, SQLite would leave empty side files behind
    connection = sqlite3.connect(url, uri=True, isolation_level=None, timeout=_LOCK_SECONDS)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _copy(source: sqlite3.Connection, target: Path, going: Going) -> None:
    handle, steps = os.open(target, os.O_RDWR), 0

    def after_a_step(_status: int, remaining: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        if steps % _SYNC_EVERY == 0:
            os.fsync(handle)
        if remaining and not going():
            raise StoreUnavailable(_STOPPED)

    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            # Nobody reads it before it is whole, and half of one is thrown away.
            copy.execute("PRAGMA journal_mode=OFF")
            copy.execute("PRAGMA synchronous=OFF")
            source.backup(copy, pages=_PAGES, progress=after_a_step)
    finally:
        os.close(handle)  # last: closing it ends SQLite's locks on the file


def _finish(target: Path, facts: Facts, files: Mapping[str, bytes], going: Going) -> Counts:
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        copy.execute("BEGIN")
        backup_facts.write(copy, facts, files)
        counts = backup_facts.count(copy)
        copy.execute("COMMIT")
        copy.set_progress_handler(lambda: not going(), _INSTRUCTIONS)
        if problems := damage(copy):
            raise StoreUnavailable(
                f"The database is damaged ({problems[0]}), so no backup was made of it and older ones are kept. "
                "Stop the dashboard and restore one of them."
            )
    return counts


def damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the whole file, a line for each, the first five; empty when it is sound."""
    try:
        lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise StoreUnavailable(_STOPPED) from None
        return [str(error)]
    return [] if lines == ["ok"] else [" ".join(line.split()) for line in lines]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":  # the database is only read
            raise DiskFull("The disk is full: there is no room for the backup.") from None
        raise StoreUnavailable(
            sentence(exc.OperationalError("", None, error), make_url("sqlite://"))
        ) from None
    except OSError as error:
        raise full_disk.refusal("The backup cannot be written", error) from error
