"""Where the file of an SQLite database is looked at: at the beginning of each transaction, and at its end."""

import sqlite3
from typing import Any, cast

from sqlalchemy import Connection, Engine, event, exc

from dashboard.store.database_file import DatabaseFile

_CHANGES = "changes before"


def watch(engine: Engine, file: DatabaseFile) -> None:
    """Look at the file before each transaction, and mark those that change something."""

    @event.listens_for(engine, "close")
    def _closed(connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        file.closed(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        file.check()
        if writes_through(connection):
            file.check_for_writing()
            connection.info[_CHANGES] = _driver_of(connection).total_changes

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        changes = connection.info.pop(_CHANGES, None)
        if changes is not None and _driver_of(connection).total_changes != changes:
            try:
                file.mark(_driver_of(connection))
            except sqlite3.Error as error:
                raise exc.OperationalError("COMMIT", None, error) from error


def writes_through(connection: Connection) -> bool:
    """Whether a connection is one that may change something."""
    return bool(connection.get_execution_options().get("writes"))


def _driver_of(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)
