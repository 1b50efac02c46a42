"""Brings what was stored home into the main file of an SQLite database, whenever there is a quiet moment.

SQLite does so by itself after some megabytes, which can take a quiet server days. Until then a copy of the file alone
lacks the latest results, and two copies made at different times cannot be told apart.
"""

import contextlib
import sqlite3
import time
from contextlib import closing
from typing import cast

from sqlalchemy import Engine, exc

from dashboard.background import Background
from dashboard.errors import StoreUnavailable
from dashboard.logs import get_logger
from dashboard.store.database_file import DatabaseFile

log = get_logger(__name__)

QUIET_SECONDS = 1.0
"""How long nothing was stored before it is done: never between two transactions of a busy time."""

LATEST_SECONDS = 10.0
"""How long it is put off at most."""


class Checkpointing(Background):
    """Does it in a thread of its own; on PostgreSQL there is nothing to do.

    Args:
        engine: of the database.
        file: None on PostgreSQL.
    """

    def __init__(self, engine: Engine, file: DatabaseFile | None) -> None:
        super().__init__("checkpointing")
        self._engine = engine
        self._file = file

    def start(self) -> None:
        """Begin, with a higher number of the database for this start; a second call does nothing."""
        if self._thread is None and self._file is not None:
            self._mark(self._file)
            super().start()

    def begin_to_stop(self) -> None:
        """End; the last connection to be closed does the rest."""
        super().begin_to_stop()
        if self._file is not None:
            self._file.changed.set()

    def bring_home(self) -> None:
        """Do it now.

        Raises:
            StoreUnavailable: the database is not the one that was opened.
            sqlite3.Error, SQLAlchemyError: the disk refuses; nothing is lost.
        """
        if self._file is not None:
            with closing(self._engine.raw_connection()) as connection:
                self._file.bring_home(cast("sqlite3.Connection", connection.driver_connection))

    def _mark(self, file: DatabaseFile) -> None:
        with (
            contextlib.suppress(StoreUnavailable, sqlite3.Error, exc.SQLAlchemyError),
            closing(self._engine.raw_connection()) as connection,
        ):
            driver = cast("sqlite3.Connection", connection.driver_connection)
            driver.execute("PRAGMA query_only=OFF")
            driver.execute("BEGIN IMMEDIATE")
            file.mark(driver)
            driver.execute("COMMIT")

    def _run(self) -> None:
        file = self._file
        while file is not None and not self._stopping.is_set():
            file.changed.wait()
            began = time.monotonic()
            while file.changed.is_set() and time.monotonic() - began < LATEST_SECONDS:
                file.changed.clear()
                self._stopping.wait(QUIET_SECONDS)
            if self._stopping.is_set():
                return
            try:
                self.bring_home()
            except (StoreUnavailable, sqlite3.Error, exc.SQLAlchemyError) as error:
                # Whoever reads or writes meets it as well, and says it to people.
                log.debug("database.not_brought_home", kind=type(error).__name__)
                self._stopping.wait(LATEST_SECONDS)
