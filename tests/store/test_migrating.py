import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from dashboard.errors import DatabaseTooNew
from dashboard.models import METADATA
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create("empty")
    server.drop("empty")


def test_migrations_and_models_agree(database: Database) -> None:
    """The migrated tables are the ones the models describe: columns, types, indexes, constraints."""
    with database.reading() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={"compare_type": True, "compare_server_default": True, "include_name": _is_modelled},
        )
        assert compare_metadata(context, METADATA) == []


def _is_modelled(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001 - Alembic's signature
    """Whether a table has a model: the full-text index has none, it is another thing on each database."""
    return not (kind == "table" and (name or "").startswith("search_text"))


def test_many_start_at_once(empty_url: str) -> None:
    """Servers that start together on an empty database all come up, and one of them makes the tables."""

    def start(_: int) -> None:
        database = Database(empty_url)
        migrate(database)
        database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    database = Database(empty_url)
    with database.reading() as session:
        assert set(METADATA.tables) < set(inspect(session.connection()).get_table_names())
    database.close()


def test_newer_database(empty_url: str) -> None:
    """A database of a newer version is refused, naming both revisions, and left alone."""
    database = Database(empty_url)
    migrate(database)
    with database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"revision 9999, .* up to 0\d\d\d"):
        migrate(database)
    with database.reading() as session:
        assert session.connection().scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    database.close()


def test_logging_is_left_alone(database: Database) -> None:
    """Migrating changes neither handlers nor levels."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.getLogger("alembic").level)
    migrate(database)
    assert (list(root.handlers), root.level, logging.getLogger("alembic").level) == before
