"""A limit for the time a search may take: a few words can make a database walk through every place of every text."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc, text
from sqlmodel import Session

from dashboard.errors import InputRefused
from dashboard.store.postgresql_driver import is_of_driver

SECONDS = 5.0

TOO_LONG = "This search takes too long. Use fewer or rarer words, or narrow it by filters."

_STEPS = 10_000
"""Steps of SQLite between two looks at the clock."""


@contextmanager
def limited(session: Session, *, seconds: float = SECONDS) -> Iterator[None]:
    """End the statements of a block when they take too long.

    Args:
        session: whose statements.
        seconds: for all of them on SQLite, for each on PostgreSQL.

    Raises:
        InputRefused: they took longer.
    """
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        ends = time.monotonic() + seconds
        driver.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    else:
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}"))
    try:
        yield
        if not is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except exc.OperationalError as error:
        if _is_interrupted(error):
            raise InputRefused(TOO_LONG) from None
        raise
    finally:
        if isinstance(driver, sqlite3.Connection):
            driver.set_progress_handler(None, 0)


def _is_interrupted(error: exc.OperationalError) -> bool:
    if is_of_driver(error.orig):
        return error.orig.sqlstate == "57014"
    return getattr(error.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
