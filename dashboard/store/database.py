"""The database: opening it, and one block per unit of work.

SQLite (WAL) and PostgreSQL behave the same here: ``reading()`` cannot change anything, ``writing()`` commits
at its clean end and rolls back otherwise, and whatever the database refuses becomes
:class:`~dashboard.errors.StoreUnavailable` with a sentence.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, event, exc, make_url
from sqlmodel import Session

from dashboard import full_disk, private_files
from dashboard.errors import DiskFull, SettingsRefused, StoreUnavailable
from dashboard.store.checkpointing import Checkpointing
from dashboard.store.database_file import DatabaseFile
from dashboard.store.database_words import (
    FULL,
    LOCKED,
    is_damage,
    is_foreign,
    is_lack_of_room,
    is_refusal,
    may_be_lack_of_room,
    sentence,
)
from dashboard.store.engines import postgresql_engine, sqlite_engine
from dashboard.store.room import Room
from dashboard.store.storable import clean_parameters
from dashboard.store.write_queue import WriteQueue

FILE_NAME = "dashboard.db"

_POSTGRESQL_READING = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


class Database:
    """One database; safe to share between threads, not between processes.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host/name``.
        busy_seconds: how long to wait for somebody else's lock before giving up.

    Raises:
        SettingsRefused: when the URL cannot be used; its text is never repeated.
    """

    def __init__(self, url: str, *, busy_seconds: float = 5.0) -> None:
        self.url = _checked(url)
        is_sqlite = self.url.get_backend_name() == "sqlite"
        self.file = _file_of(self.url) if is_sqlite else None
        """The watched file; None on PostgreSQL, whose server looks after its files itself."""
        self.engine = (
            sqlite_engine(self.url, busy_seconds, self.file)
            if is_sqlite
            else postgresql_engine(self.url, busy_seconds)
        )
        self.write_queue = WriteQueue(one_at_a_time=is_sqlite)
        """Who of this process is busy with the database, and who writes next."""
        self._busy_seconds = busy_seconds
        self.checkpointing = Checkpointing(self.engine, self.file)
        event.listen(self.engine, "before_cursor_execute", clean_parameters, retval=True)
        # Reading blocks are read-only for the database too: a lost write would go unnoticed otherwise.
        # REPEATABLE READ gives PostgreSQL's readers the one consistent state that SQLite's always have.
        self._reading = self.engine if is_sqlite else self.engine.execution_options(**_POSTGRESQL_READING)
        self._writing = self.engine.execution_options(writes=True)
        self._folder = Path(self.url.database or "").parent
        self._room = Room(self._folder if is_sqlite else None)

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)!r})"

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite rather than PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @property
    def unfit(self) -> str | None:
        """Why nothing is stored any more until a person acts, in a sentence; None while everything is well."""
        return self.file.unfit if self.file is not None else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state and cannot change it.

        Raises:
            StoreUnavailable: when the database refuses.
        """
        with (
            self.write_queue.counted(),
            self._translated(),
            Session(self._reading, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together at the end of the block, or not at all.

        On SQLite the write lock is taken with the first statement, so a value read here cannot change
        before it is written. The threads of this process take turns, work in the background last
        (:mod:`dashboard.store.write_queue`); so no block may begin another one.

        Raises:
            StoreUnavailable: when the database refuses; nothing was changed.
        """
        with self.write_queue.counted(), self.write_queue.taken(seconds=self._busy_seconds) as has_turn:
            if not has_turn:
                raise StoreUnavailable(LOCKED)
            with self._translated(), Session(self._writing, expire_on_commit=False) as session:
                yield session
                session.commit()

    def lack_of_room(self) -> str | None:
        """That nothing can be written because the disk is full, as a sentence; costs next to nothing."""
        return self._room.lacking()

    def close(self) -> None:
        """Close all connections."""
        self.checkpointing.stop()
        self.engine.dispose(close=self.file is None or not self.file.is_lost)
        if self.file is not None:
            self.file.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            if not is_refusal(error):
                raise
            if self.file is not None and is_damage(error):
                raise self.file.damaged(is_database=not is_foreign(error)) from None
            # Without its cause: a traceback of the driver may show how we connected.
            raise self._refused(error) from None

    def _refused(self, error: exc.SQLAlchemyError) -> StoreUnavailable:
        said = sentence(error, self.url)
        if may_be_lack_of_room(error) and full_disk.is_full_at(self._folder, surely=True):
            said = FULL
        elif not is_lack_of_room(error):
            return StoreUnavailable(said)
        self._room.refused(said)
        return DiskFull(said)


def sqlite_url(data_dir: Path) -> str:
    """The URL of the SQLite database in a data folder, which is created when missing.

    Others than its owner cannot enter it from then on, unless it is a place that they need as well.

    Raises:
        StoreUnavailable: when the folder cannot be made or written.
    """
    try:
        private_files.make_folder(data_dir)
        private_files.close_folder(data_dir)
        with tempfile.TemporaryFile(dir=data_dir):  # permissions alone do not tell (root, read-only mounts)
            pass
    except OSError as error:
        advice = "Change its permissions, or name another one in OCR_DASHBOARD_DATA_DIR."
        raise full_disk.refusal(f"The data folder {data_dir} cannot be written", error, advice) from error
    return URL.create("sqlite", database=str(data_dir / FILE_NAME)).render_as_string()


def sqlite_file(data_dir: Path, url: str | None) -> Path | None:
    """Where the database is when it is SQLite, there or not yet; None for PostgreSQL.

    Raises:
        SettingsRefused: when the URL cannot be used.
    """
    if url is None:
        return data_dir / FILE_NAME
    parsed = _checked(url)
    return Path(parsed.database or "").absolute() if parsed.get_backend_name() == "sqlite" else None


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise SettingsRefused("OCR_DASHBOARD_DATABASE_URL is not a database URL.") from None
    backend = "postgresql" if parsed.drivername == "postgres" else parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    raise SettingsRefused(
        "OCR_DASHBOARD_DATABASE_URL must look like postgresql://user:password@host/name; "
        "without it, SQLite in the data folder is used."
    )


def _file_of(url: URL) -> DatabaseFile | None:
    """The file to watch; None where the URL is one of SQLite's own, which may name anything."""
    return None if url.query.get("uri") else DatabaseFile(Path(url.database or ""))
