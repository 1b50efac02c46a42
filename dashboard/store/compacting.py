"""Giving back to the disk what an SQLite file no longer needs; PostgreSQL sees to that by itself.

New files give back free pages in small pieces (``auto_vacuum``, set where the file is opened), beside everything else.
Files of earlier versions were made without that: they keep their size until they are written anew, which takes
the database for itself.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import exc
from sqlmodel import Session

from dashboard.errors import DiskFull, StoreUnavailable
from dashboard.store.database import Database
from dashboard.store.database_words import is_lack_of_room, sentence

KEPT = 256
"""Free pages that stay: they are needed again soon."""

_INCREMENTAL = 2


@dataclass(frozen=True, slots=True)
class Slack:
    """What a file has in excess.

    Attributes:
        free_bytes: in pages that hold nothing.
        shrinks: whether it gives them back by itself.
    """

    free_bytes: int
    shrinks: bool


def slack(session: Session) -> Slack:
    """How much of an SQLite file is free."""
    return Slack(
        free_bytes=_number(session, "freelist_count") * _number(session, "page_size"),
        shrinks=_number(session, "auto_vacuum") == _INCREMENTAL,
    )


def give_back(session: Session, *, pages: int) -> bool:
    """Give so many pages back at most; returns whether there are more. Nothing happens in files that do not shrink.

    Args:
        session: a writing one, in which nothing has been changed.
        pages: how many.
    """
    free = _number(session, "freelist_count") - KEPT
    if free <= 0 or _number(session, "auto_vacuum") != _INCREMENTAL:
        return False
    statement = f"PRAGMA incremental_vacuum({min(free, pages)})"
    cursor = session.connection().connection.cursor()
    try:
        # Each step gives back one page, and only this way does Python take all of them. It ends our transaction and
        # is one by itself.
        cursor.executescript(statement)
    except sqlite3.Error as error:
        raise exc.OperationalError(statement, {}, error) from error
    finally:
        cursor.close()
    return free > pages


def compact(database: Database) -> tuple[int, int]:
    """Write an SQLite file anew, without its gaps; from then on it shrinks by itself.

    Nobody else may have it open. Cut off at any point it is as it was. Needs as much free space as the file takes.

    Returns:
        Bytes of the file before and after.

    Raises:
        StoreUnavailable: somebody else has it open, or it cannot be done; nothing was changed.
    """
    path = Path(database.url.database or "")
    database.close()
    # Where as much room is needed as for the file itself.
    os.environ["SQLITE_TMPDIR"] = str(path.parent.absolute())
    before = path.stat().st_size
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1.0)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            connection.execute(f"PRAGMA auto_vacuum={_INCREMENTAL}")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise _refusal(error, database) from None
    return before, path.stat().st_size


def _number(session: Session, name: str) -> int:
    return int(session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _refusal(error: sqlite3.Error, database: Database) -> StoreUnavailable:
    if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreUnavailable(
            "The database is in use. Stop every server and worker, then run this again; nothing was changed."
        )
    refused = exc.OperationalError("VACUUM", {}, error)
    kind = DiskFull if is_lack_of_room(refused) else StoreUnavailable
    return kind(sentence(refused, database.url))
