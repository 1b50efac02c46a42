"""Brings the tables up to date, safely when several processes start at once."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from dashboard.errors import DatabaseTooNew
from dashboard.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_041_824_650_113
"""Number of the PostgreSQL advisory lock that one migrating process holds; any constant of our own."""

_LOCK_SECONDS = 60


def migrate(database: Database) -> None:
    """Run the missing migration steps in one transaction, one process at a time.

    Raises:
        DatabaseTooNew: when a newer version of this product wrote the database.
        StoreUnavailable: when the database refuses; nothing was changed.
    """
    with database.writing() as session:
        connection = session.connection()
        if not database.is_sqlite:  # SQLite's BEGIN IMMEDIATE has locked the others out already
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        current, newest = _revision_of(connection), _revisions()[-1]
        if current is not None and not knows(current):
            raise DatabaseTooNew(
                f"The database is at revision {current}, and this version knows revisions up to {newest}. "
                "It was written by a newer version of the dashboard: use that one, or restore a backup."
            )
        if current != newest:
            from alembic import command  # 12 MB that are seldom needed

            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def knows(revision: str) -> bool:
    """Whether this version can bring tables of this revision up to date."""
    return revision in _revisions()


def _revision_of(connection: Connection) -> str | None:
    """What Alembic has noted; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@cache
def _revisions() -> list[str]:
    """Of all steps there are, in order: their files are named by them."""
    steps = files("dashboard.store") / "migrations" / "versions"
    return sorted(step.name.partition("_")[0] for step in steps.iterdir() if step.name.endswith(".py"))


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "dashboard.store:migrations")
    # Alembic's own default, said aloud because it warns when nobody says it.
    config.set_main_option("path_separator", "os")
    return config
