"""SQLite's file becomes smaller again: new ones by themselves and in pieces, old ones when nobody uses them."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, delete, select

from dashboard.errors import DiskFull, StoreUnavailable
from dashboard.models import Part, Task
from dashboard.store import compacting
from dashboard.store.database import Database
from tests.chaos.obstacles import no_room

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MEGABYTE = 1_000_000


@pytest.fixture
def emptied(database: Database, add_task: Callable[..., int]) -> Callable[[], Path]:
    """Fills a database with eight megabytes, takes most of them out again, and gives the file."""

    def fill() -> Path:
        for number in range(8):
            task_ref = add_task(state="completed", next_poll_at=None)
            with database.writing() as session:
                data = bytes([number]) * MEGABYTE
                session.add(
                    Part(
                        task_ref=task_ref,
                        position=0,
                        media_type="application/pdf",
                        extension=".pdf",
                        data=data,
                        size=MEGABYTE,
                        sha256="",
                    )
                )
        with database.writing() as session:
            first = session.exec(select(func.min(Task.id))).one()
            session.exec(delete(Part).where(col(Part.task_ref) > first))
        _settle(database)
        return Path(database.url.database or "")

    return fill


def _settle(database: Database) -> None:
    with sqlite3.connect(database.url.database or "") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _stored(database: Database) -> bytes:
    with database.reading() as session:
        return session.exec(select(Part.data)).one()


def test_a_new_file_shrinks_in_pieces(database: Database, emptied: Callable[[], Path]) -> None:
    """Each one a transaction of its own; a little stays, because it is needed again."""
    path = emptied()
    before, pieces = path.stat().st_size, 1
    while True:
        with database.writing() as session:
            if not compacting.give_back(session, pages=64):
                break
        pieces += 1
    _settle(database)
    assert before > 8 * MEGABYTE
    assert path.stat().st_size < 3.5 * MEGABYTE
    assert 20 < pieces < 40
    with database.writing() as session:
        assert not compacting.give_back(session, pages=64)
        assert 0 < compacting.slack(session).free_bytes <= compacting.KEPT * 4096
        assert compacting.slack(session).shrinks
    assert _stored(database) == bytes(MEGABYTE)


def _make_old(database: Database) -> None:
    """Write the file as earlier versions made it."""
    database.close()
    with sqlite3.connect(database.url.database or "", isolation_level=None) as connection:
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("VACUUM")
    connection.close()


def test_an_old_file_is_written_anew(database: Database, emptied: Callable[[], Path]) -> None:
    """It keeps its size until then; nothing is lost, and from then on it shrinks by itself."""
    _make_old(database)
    path = emptied()
    with database.writing() as session:
        assert not compacting.give_back(session, pages=64)
        assert not compacting.slack(session).shrinks
        assert compacting.slack(session).free_bytes > 6 * MEGABYTE
    before, after = compacting.compact(database)
    assert before > 8 * MEGABYTE
    assert after < 2 * MEGABYTE
    assert path.stat().st_size == after
    with database.reading() as session:
        assert compacting.slack(session).shrinks
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert session.connection().exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert _stored(database) == bytes(MEGABYTE)


def test_a_file_in_use_is_left_alone(
    database: Database, database_url: str, emptied: Callable[[], Path]
) -> None:
    """A server has it open, though it does nothing: it must be stopped first."""
    path = emptied()
    server = Database(database_url)
    with server.reading() as session:
        session.exec(select(Task.id)).all()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="in use"):
        compacting.compact(database)
    assert path.read_bytes() == before
    server.close()
    compacting.compact(database)


def test_without_room_it_is_as_it_was(database: Database, emptied: Callable[[], Path]) -> None:
    """It takes as much again while it is written."""
    emptied()
    with no_room(), pytest.raises((DiskFull, StoreUnavailable)):
        compacting.compact(database)
    assert _stored(database) == bytes(MEGABYTE)
