"""A database without room on its disk says so, at once and as long as that is so."""

from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import exc
from sqlmodel import select

from dashboard.errors import DiskFull
from dashboard.models import Team
from dashboard.store.database import Database
from dashboard.store.database_words import FULL
from dashboard.store.room import REMEMBERED_SECONDS, Room
from tests.chaos.obstacles import no_room

ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONLY_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Clock:
    """Seconds that only the test lets pass."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now


def rename(database: Database, name: str) -> None:
    """Write something."""
    with database.writing() as session:
        session.exec(select(Team)).one().name = name


@ONLY_SQLITE
@pytest.mark.usefixtures("team_id")
def test_sqlite(database: Database) -> None:
    """Also where SQLite only knows of an error of the disk; reading goes on, and afterwards writing does."""
    rename(database, "before")
    assert database.lack_of_room() is None
    with no_room():
        with pytest.raises(DiskFull, match="is full"):
            rename(database, "meanwhile")
        assert database.lack_of_room() == FULL
        with database.reading() as session:
            assert session.exec(select(Team)).one().name == "before"
    rename(database, "after")


@ONLY_POSTGRESQL
@pytest.mark.usefixtures("team_id")
def test_postgresql(database: Database) -> None:
    """Its own code for it; whose disk it is, the sentence says."""
    with pytest.raises(DiskFull, match="disk of the database server"), database.writing():
        raise exc.OperationalError("INSERT", {}, errors.DiskFull())
    assert "disk of the database server" in (database.lack_of_room() or "")


def test_a_refusal_is_remembered_for_a_while() -> None:
    """Nobody can look at the disk of a server."""
    clock = Clock()
    room = Room(None, clock)
    assert room.lacking() is None
    room.refused("It is full.")
    clock.now += REMEMBERED_SECONDS - 1
    assert room.lacking() == "It is full."
    clock.now += 2
    assert room.lacking() is None


def test_a_disk_is_looked_at_once_a_second(tmp_path: Path) -> None:
    """However many ask; once it has refused, also where a lot seems to be free."""
    clock = Clock()
    room = Room(tmp_path, clock)
    with no_room():
        assert room.lacking() is None
        room.refused("It is full.")
        assert room.lacking() == FULL
    assert room.lacking() == FULL
    clock.now += 1
    assert room.lacking() is None
