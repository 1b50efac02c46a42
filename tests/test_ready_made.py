"""What tests begin with is what migrating makes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.errors import DatabaseTooNew
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from tests.ready_made import ReadyMade


def everything_in(database: Database) -> list[object]:
    """Tables, indexes and triggers as they are declared, and every row that is not about changes themselves."""
    with closing(sqlite3.connect(str(database.url.database))) as connection:
        declared = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
        ).fetchall()
        names = [name for kind, name, *_ in declared if kind == "table"]
        return [declared, *(connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names)]  # noqa: S608


def test_the_same_as_migrating(tmp_path: Path) -> None:
    """Table by table, row by row."""
    migrated, made = Database(sqlite_url(tmp_path / "a")), Database(sqlite_url(tmp_path / "b"))
    migrate(migrated)
    ready_made = ReadyMade.of(migrated).instead_of(lambda _: pytest.fail("it was really migrated"))
    ready_made(made)
    ready_made(made)
    assert everything_in(made) == everything_in(migrated)
    migrated.close()
    made.close()


def test_others_are_migrated(tmp_path: Path) -> None:
    """A database of another revision is none of its business."""
    database = Database(sqlite_url(tmp_path))
    migrate(database)
    ready_made = ReadyMade.of(database).instead_of(migrate)
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew):
        ready_made(database)
    database.close()
