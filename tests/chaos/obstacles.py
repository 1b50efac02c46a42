"""What can be in the way of a database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import event

from dashboard.store.database import Database


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else holds a lock that lets people read and nobody write."""
    if database.is_sqlite:
        other = sqlite3.connect(database.url.database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as session:
        session.execute("LOCK TABLE task IN EXCLUSIVE MODE")
        yield
        session.rollback()


@contextmanager
def no_room(*, pid: int = 0) -> Iterator[None]:
    """A process, or this one, cannot write into any file, as on a full disk; what it says into files is lost too."""
    resource = pytest.importorskip("resource", reason="there are no limits of this kind on Windows")
    kind = resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind) if pid else resource.getrlimit(kind)
    full = (0, before[1])
    resource.prlimit(pid, kind, full) if pid else resource.setrlimit(kind, full)
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before) if pid else resource.setrlimit(kind, before)


@contextmanager
def full_disk(database: Database) -> Iterator[None]:
    """The database cannot grow, as on a full disk."""

    def restrict(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the present size when that is more

    event.listen(database.engine, "connect", restrict)
    database.engine.dispose()
    try:
        yield
    finally:
        event.remove(database.engine, "connect", restrict)
        database.engine.dispose()
