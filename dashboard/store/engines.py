"""How connections to either kind of database are made; both are then used alike."""

import contextlib
import sqlite3
import time
from contextlib import nullcontext
from pathlib import Path
from time import sleep
from typing import Any, cast

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event

from dashboard import private_files
from dashboard.store.database_file import DatabaseFile
from dashboard.store.file_watch import watch, writes_through
from dashboard.store.generation import SIDE_FILES

CONNECT_SECONDS = 5
"""How long a PostgreSQL server may take to answer a connection attempt."""

LOOK_SECONDS = 0.001
MOST_LOOK_SECONDS = 0.01
"""Between two tries to get the write lock of SQLite, at the beginning and later."""

POOL_SECONDS = 10.0
"""How long a unit of work waits for a free connection."""


def sqlite_engine(url: URL, busy_seconds: float, file: DatabaseFile | None) -> Engine:
    """Connections to an SQLite file in WAL mode, watched where it can be; writing ones lock at their beginning."""
    _close_to_others(Path(url.database or ""))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=20,
        pool_timeout=POOL_SECONDS,
        connect_args={"timeout": busy_seconds},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(
        dialect: Dialect,
        _record: object,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
    ) -> sqlite3.Connection:
        with file.opening() if file else nullcontext():
            connection = cast("sqlite3.Connection", dialect.connect(*arguments, **options))
            try:
                _prepare(connection, busy_seconds)
            except BaseException:
                connection.close()
                raise
            if file:
                file.opened(connection)
        return connection

    if file:
        watch(engine, file)  # before the transaction begins

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = writes_through(connection)
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        if writes:
            _lock(connection, busy_seconds)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _lock(connection: Connection, busy_seconds: float) -> None:
    """Begin to write, waiting for other processes.

    IMMEDIATE: reading first and locking later fails at once, whatever the timeout, when somebody wrote. SQLite itself
    would look again every tenth of a second only, and who writes again and again is hardly ever caught in between.
    """
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    ends, pause = time.monotonic() + busy_seconds, LOOK_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < ends:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                    break  # it is said the same way the next time
                sleep(pause)
                pause = min(2 * pause, MOST_LOOK_SECONDS)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={round(busy_seconds * 1000)}")


def _prepare(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # Python's own BEGIN is not sent before WITH ... UPDATE: rollback would not undo it. We send ours.
    connection.isolation_level = None
    if connection.execute("PRAGMA page_count").fetchone() == (0,):
        # Free space will go back to the disk in pieces: to be said before anything is written, or never.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    _use_wal(connection, busy_seconds)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own lower() knows ASCII only; PostgreSQL's knows every alphabet.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _close_to_others(path: Path) -> None:
    """Let nobody else read the database: SQLite would make it as the umask says. Side files take after it."""
    with contextlib.suppress(OSError):  # SQLite says it better
        private_files.make_file(path)
    for ending in ("", *SIDE_FILES):
        private_files.close_file(path.with_name(path.name + ending))


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch the file to WAL, waiting for others: SQLite refuses this one statement at once when it is locked."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            sleep(0.02)
        else:
            return


def _lower(value: str | bytes | float | None) -> str | bytes | float | None:
    return value.lower() if isinstance(value, str) else value


def postgresql_engine(url: URL, busy_seconds: float) -> Engine:
    """Connections to a PostgreSQL server."""
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",  # SERIALIZABLE makes SKIP LOCKED fail
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=15,
        pool_timeout=POOL_SECONDS,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "ocr-dashboard"},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        # Not as a connection option: poolers such as PgBouncer refuse those.
        connection.execute(f"SET lock_timeout = {round(busy_seconds * 1000)}")
        # A plan for all parameters compares every row with each of a thousand IDs; for these it looks them up.
        connection.execute("SET plan_cache_mode = force_custom_plan")
        connection.commit()

    return engine
