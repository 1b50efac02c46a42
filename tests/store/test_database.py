import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, select

from dashboard.errors import SettingsRefused, StoreUnavailable
from dashboard.models import Team
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from tests.postgres import PostgresServer


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database with little patience."""
    opened = Database(sqlite_url(tmp_path), busy_seconds=0.1)
    migrate(opened)
    yield opened
    opened.close()


def rename(session: Session, team_id: int, name: str) -> None:
    """Change a team in the plainest way."""
    session.get_one(Team, team_id).name = name


def run(block: AbstractContextManager[Session], *statements: str) -> None:
    """Run statements in a block of their own."""
    with block as session:
        for statement in statements:
            session.connection().execute(text(statement))


def name_of(database: Database, team_id: int) -> str:
    """What is really stored."""
    with database.reading() as session:
        return session.get_one(Team, team_id).name


def test_a_clean_block_is_committed(database: Database, team_id: int) -> None:
    """What a writing block did is there afterwards, and its objects stay usable."""
    with database.writing() as session:
        team = session.get_one(Team, team_id)
        team.name = "Archive"
    assert team.name == name_of(database, team_id) == "Archive"


def test_a_failed_block_is_undone(database: Database, team_id: int) -> None:
    """An exception undoes everything, even statements that Python's sqlite3 opens no transaction for."""
    cte = "WITH x AS (SELECT id FROM team) UPDATE team SET name = 'lost' WHERE id IN (SELECT id FROM x)"
    with pytest.raises(SQLAlchemyError):
        run(database.writing(), cte, "INSERT INTO team (id) VALUES (NULL)")
    assert name_of(database, team_id) == "Team"


def test_reading_cannot_write(database: Database, team_id: int) -> None:
    """A write in a reading block is refused aloud, and the next writing block works."""
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        run(database.reading(), "UPDATE team SET name = 'by mistake'")
    with database.writing() as session:
        rename(session, team_id, "on purpose")
    assert name_of(database, team_id) == "on purpose"


def test_reading_sees_one_state(database: Database, team_id: int) -> None:
    """What somebody commits meanwhile does not show in a reading block that has begun."""
    name = select(Team.name).where(Team.id == team_id)
    with database.reading() as session:
        before = session.exec(name).one()
        with database.writing() as other:
            rename(other, team_id, "meanwhile")
        assert session.exec(name).one() == before


def test_locked_database(database: Database, database_url: str, team_id: int) -> None:
    """A lock held too long gives a sentence, leaves reading alone, and is over when it is released."""
    hasty = Database(database_url, busy_seconds=0.1)
    with database.writing() as holder:
        rename(holder, team_id, "first")
        holder.flush()
        with pytest.raises(StoreUnavailable, match=r"locked.*Nothing was changed"):
            run(hasty.writing(), "UPDATE team SET name = 'second'")
        assert name_of(hasty, team_id) == "Team"
    with hasty.writing() as session:
        rename(session, team_id, "third")
    assert name_of(database, team_id) == "third"
    hasty.close()


@pytest.mark.parametrize(
    "label", ["NUL \x00 inside", "half an emoji \ud83d", "both \x00\udfff"], ids=["nul", "surrogate", "both"]
)
def test_every_text_can_be_stored(database: Database, team_id: int, label: str) -> None:
    """Characters no database takes are replaced, others are kept."""
    with database.writing() as session:
        rename(session, team_id, f"ä😀 {label}")
    stored = name_of(database, team_id)
    assert stored.startswith("ä😀 ")
    assert "\N{REPLACEMENT CHARACTER}" in stored


def test_full_disk(sqlite: Database) -> None:
    """A full disk gives a sentence, changes nothing, and small changes are still possible."""

    @event.listens_for(sqlite.engine, "connect")
    def _small(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    sqlite.close()
    add = "INSERT INTO team (slug, name, created_at, revision) VALUES ('{}', '{}', 0, 0)"
    small, big = add.format("small", "x"), add.format("big", "x" * 100_000)
    with pytest.raises(StoreUnavailable, match=r"disk.*full"):
        run(sqlite.writing(), small, big)
    run(sqlite.writing(), small)  # nothing of the first block was kept


def test_read_only_file(sqlite: Database) -> None:
    """A database that cannot be written says so; what is stored can still be read."""
    with sqlite.reading() as session:
        assert session.exec(select(Team)).all() == []
    frozen = Database(f"sqlite:///file:{sqlite.url.database}?mode=ro&uri=true")
    with frozen.reading() as session:
        assert session.exec(select(Team)).all() == []
    with pytest.raises(StoreUnavailable, match="read-only"):
        run(frozen.writing(), "DELETE FROM team")
    frozen.close()


def test_not_a_database(tmp_path: Path) -> None:
    """A file of another kind is named as such."""
    (tmp_path / "dashboard.db").write_bytes(b"these are my holiday pictures" * 100)
    other = Database(sqlite_url(tmp_path))
    with pytest.raises(StoreUnavailable, match="not an SQLite database"), other.reading() as session:
        session.exec(select(Team)).all()
    other.close()


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    """A database file that cannot be opened gives a sentence."""
    (tmp_path / "dashboard.db").mkdir()
    other = Database(sqlite_url(tmp_path))
    with pytest.raises(StoreUnavailable, match="cannot be opened"), other.reading() as session:
        session.exec(select(Team)).all()
    other.close()


def test_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A data folder that cannot be made is refused with the setting to change."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="OCR_DASHBOARD_DATA_DIR"):
        sqlite_url(tmp_path / "file" / "data")


def test_odd_folder_names(tmp_path: Path) -> None:
    """Any folder name survives the way through a URL."""
    folder = tmp_path / "ä b?c%20#d&mode=ro"
    odd = Database(sqlite_url(folder))
    migrate(odd)
    odd.close()
    with closing(sqlite3.connect(folder / "dashboard.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://root:geheim@host/db", "sqlite://", "sqlite:///:memory:"], ids=str
)
def test_refused_urls(url: str) -> None:
    """A URL that cannot work is refused by the name of its setting, without repeating it."""
    with pytest.raises(SettingsRefused, match="OCR_DASHBOARD_DATABASE_URL") as refusal:
        Database(url)
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_server_that_cannot_be_reached(scheme: str, tmp_path: Path) -> None:
    """A server that is not there gives a sentence; the password shows nowhere."""
    nowhere = Database(f"{scheme}://me:geheim@/db?host={tmp_path}")
    with pytest.raises(StoreUnavailable, match="cannot be reached") as refusal, nowhere.reading() as session:
        session.exec(select(Team)).all()
    assert "geheim" not in f"{refusal.value} {nowhere!r} {refusal.value.__cause__}"


def test_database_that_does_not_exist(postgres: PostgresServer) -> None:
    """A missing database on a running server is named as such."""
    missing = Database(postgres.url("missing"))
    with pytest.raises(StoreUnavailable, match="does not exist"), missing.reading() as session:
        session.exec(select(Team)).all()


def test_server_that_goes_away(postgres: PostgresServer) -> None:
    """A server that ends our session in the middle gives a sentence; the next block works again."""
    database = Database(postgres.url("dashboard"))
    kick = "SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(StoreUnavailable, match="connection to the database server was lost"):
        run(database.writing(), kick)
    with database.reading() as session:
        assert session.exec(select(Team)).all() == []
    postgres.kick_everybody("dashboard")  # while our connection waits in the pool
    with database.writing() as session:
        assert session.exec(select(Team)).all() == []
    database.close()
