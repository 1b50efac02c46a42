"""New work is noticed at once by every poller: PostgreSQL passes the word on, SQLite's file shows that it was changed.

Where neither works (a pooler such as PgBouncer between transactions), pollers look by themselves every few seconds.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import cast

from sqlalchemy import exc, func
from sqlmodel import Session, select

from dashboard.background import Background
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.retrying import Refusals
from dashboard.store.database import Database
from dashboard.store.engines import CONNECT_SECONDS
from dashboard.store.postgresql_driver import is_of_driver

log = get_logger(__name__)

CHANNEL = "ocr_dashboard_due"

LOOK_SECONDS = 0.5
"""How often SQLite's file is looked at, which costs microseconds; how soon a listener notices that it is to stop."""


def announce(session: Session) -> None:
    """Tell all pollers, when this transaction is committed, that tasks are due; SQLite needs no word."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, "")))


class WakeUps(Background):
    """Hears of new work of any process, on a thread and a connection of its own.

    Args:
        database: whose.
        wake: is called then, now and then for nothing.
    """

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        super().__init__("wake-ups")
        self._database = database
        self._wake = wake
        self._refusals = Refusals(self._stopping.wait)

    def _run(self) -> None:
        hear = self._watch_file if self._database.is_sqlite else self._listen
        while not self._stopping.is_set():
            try:
                hear()
            except Exception as error:
                expected = isinstance(error, (StoreError, sqlite3.Error, exc.SQLAlchemyError))
                if not expected and not is_of_driver(error):
                    raise
                # The poller meets it as well, and says it to people; its words may tell how we connected.
                if self._refusals.refused(type(error).__name__):
                    log.warning("poller.hears_nothing", kind=type(error).__name__)

    def _listen(self) -> None:
        import psycopg  # only where there is a PostgreSQL
        from psycopg.conninfo import make_conninfo

        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        options = {"connect_timeout": str(CONNECT_SECONDS), "application_name": "ocr-dashboard"}
        with psycopg.connect(make_conninfo(url, **options), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            self._hears()
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                    self._wake()

    def _watch_file(self) -> None:
        with closing(self._database.engine.raw_connection()) as held:
            connection = cast("sqlite3.Connection", held.driver_connection)
            self._hears()
            before = None
            while not self._stopping.wait(LOOK_SECONDS):
                if self._database.file is not None:
                    self._database.file.check()
                version = connection.execute("PRAGMA data_version").fetchone()
                if version != before:
                    before = version
                    self._wake()

    def _hears(self) -> None:
        if self._refusals.works():
            log.info("poller.hears_again")
        self._wake()  # for what was announced before
