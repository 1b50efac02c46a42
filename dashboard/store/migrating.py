"""Brings the tables up to date, safely when several processes start at once."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from dashboard.errors import DatabaseTooNew
from dashboard.store.database import Database

_LOCK = 7_041_824_650_113
"""Number of the PostgreSQL advisory lock that one migrating process holds; any constant of our own."""

_LOCK_SECONDS = 60


def migrate(database: Database) -> None:
    """Run the missing migration steps in one transaction, one process at a time.

    Raises:
        DatabaseTooNew: when a newer version of this product wrote the database.
        StoreUnavailable: when the database refuses; nothing was changed.
    """
    config = _config()
    script = ScriptDirectory.from_config(config)
    with database.writing() as session:
        connection = session.connection()
        if not database.is_sqlite:  # SQLite's BEGIN IMMEDIATE has locked the others out already
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        newest = script.get_current_head()
        if current is not None and current not in {step.revision for step in script.walk_revisions()}:
            raise DatabaseTooNew(
                f"The database is at revision {current}, and this version knows revisions up to {newest}. "
                "It was written by a newer version of the dashboard: use that one, or restore a backup."
            )
        if current != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def knows(revision: str) -> bool:
    """Whether this version can bring tables of this revision up to date."""
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {step.revision for step in steps}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "dashboard.store:migrations")
    # Alembic's own default, said aloud because it warns when nobody says it.
    config.set_main_option("path_separator", "os")
    return config
