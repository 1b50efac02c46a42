"""The file of an SQLite database, watched: what is written goes into the database that people have, or nowhere.

A file that is open can be deleted, or another one can be put in its place, and SQLite would write on into what nobody
will ever see again, or into pages that are not its own. So each unit of work looks first, which costs microseconds.
"""

import contextlib
import ctypes
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from dashboard.errors import DatabaseUnfit
from dashboard.logs import get_logger
from dashboard.store import beginning, generation
from dashboard.store.generation import Generation
from dashboard.store.presence import Presence

log = get_logger(__name__)

_SURE_NANOSECONDS = 100_000_000
"""A file that was changed so shortly before it was looked at may be changed again without a later time."""

_GONE = (
    "The database {path} was deleted or moved away while the dashboard was running. Nothing is stored any more. "
    "Stop the dashboard, put the file back or restore a backup, and start it again."
)
_REPLACED = (
    "Another file was put in the place of the database {path} while the dashboard was running. Nothing is stored any "
    "more, and the new file is left as it is. Start the dashboard again to go on with it."
)
_DAMAGED = (
    "The database {path} is damaged. Nothing is stored any more; what can still be read is shown. "
    "Stop the dashboard, restore a backup, and start it again."
)
_NO_DATABASE = (
    "The file {path} is not an SQLite database. Nothing is stored in it, and it is left as it is. "
    "Stop the dashboard, put your database or a backup there, and start it again."
)


class DatabaseFile:
    """One database file as this process has it open; safe to share between threads.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(path)
        self.changed = threading.Event()
        """Set with every transaction that changed something."""
        self._presence = Presence(path.with_name(f"{path.name}.lock"))
        self._lock = threading.RLock()
        self._place: tuple[int, int] | None = None
        self._log_place: tuple[int, int] | None = None
        self._looked: tuple[int, int] | None = None
        self._ids: set[int] = set()
        self._number = 0
        self._connections: set[sqlite3.Connection] = set()
        self._lost: str | None = None
        self._damage: str | None = None
        self._is_alone = False

    @property
    def is_lost(self) -> bool:
        """Whether it is not the one any more that was opened; its connections must then stay open."""
        return self._lost is not None

    @property
    def unfit(self) -> str | None:
        """Why nothing is stored any more, in a sentence; None while everything is well."""
        return self._lost or self._damage

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Around the opening of a connection. The first one sets aside what another database has left behind.

        Raises:
            StoreUnavailable: another process uses what was here before.
            DatabaseUnfit: the file is not the one that was opened first.
        """
        if self._is_known:
            self.check()
            yield
            return
        with self._lock:
            self._is_alone = not self._is_known and self._presence.enter()
            try:
                if not self._is_known:
                    beginning.set_foreign_aside(self.path, is_alone=self._is_alone)
                yield
            finally:
                if self._is_alone:
                    self._presence.settle()
                self._is_alone = False

    @property
    def _is_known(self) -> bool:
        return self._place is not None or self._lost is not None

    def opened(self, connection: sqlite3.Connection) -> None:
        """Get to know a new connection, inside of :meth:`opening`."""
        self._connections.add(connection)
        if self._place is None:
            with contextlib.suppress(sqlite3.Error):  # the first unit of work says it better
                self._begin(connection)
        self._log_place = _place_of(_log_of(self.path)) or self._log_place

    def closed(self, connection: sqlite3.Connection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)

    def check(self) -> None:
        """See that the file is the one that was opened, and only changed by its own log.

        Raises:
            DatabaseUnfit: it is gone, or another one.
        """
        if self._lost:
            raise DatabaseUnfit(self._lost)
        if self._place is None:
            return
        try:
            found = os.stat(self._name)  # noqa: PTH116 - half the time of Path.stat, before each transaction
        except (FileNotFoundError, NotADirectoryError):
            self._lose(_GONE)
        except OSError:
            return  # whoever goes on hears more of it
        if (found.st_dev, found.st_ino) != self._place:
            self._lose(_REPLACED)
        if (found.st_size, found.st_mtime_ns) != self._looked:
            self._look(found)

    def check_for_writing(self) -> None:
        """Let nothing be written into a damaged file, which would spread the damage.

        Raises:
            DatabaseUnfit: it is damaged.
        """
        if self._damage:
            raise DatabaseUnfit(self._damage)

    def damaged(self, *, is_database: bool = True) -> DatabaseUnfit:
        """What to raise when SQLite has found pages that cannot be; it is remembered until the next start."""
        try:
            self._looked = None
            self.check()  # a file that is just being put over another looks damaged too
        except DatabaseUnfit as error:
            return error
        if self._damage is None:
            self._damage = (_DAMAGED if is_database else _NO_DATABASE).format(path=self.path)
            log.error("database.damaged", reason=self._damage)
        return DatabaseUnfit(self._damage)

    def mark(self, connection: sqlite3.Connection) -> None:
        """Raise the number, in a transaction that has changed something and is about to be committed.

        Raises:
            DatabaseUnfit: it is another database.
            sqlite3.Error: it cannot be written.
        """
        found = generation.of_connection(connection)
        if self._ids and found.id not in self._ids:
            self._lose(_REPLACED)
        connection.execute(f"PRAGMA user_version={generation.after(found.number)}")
        self.changed.set()

    def bring_home(self, connection: sqlite3.Connection) -> None:
        """Have the main file take over what is in the log, as far as nobody reads it.

        A copy of the file alone is then whole, and one that was made earlier is known by its number.

        Raises:
            DatabaseUnfit: it is another database.
            sqlite3.Error: the disk refuses; nothing is lost.
        """
        self.check()
        self.changed.clear()
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self.check()
        self._note()

    def close(self) -> None:
        """End the watch, after the connections were closed, or left open where the file is lost."""
        if self._lost is None and self._place is not None:
            with contextlib.suppress(DatabaseUnfit):
                self.check()
                self._note()
        self._place, self._looked = None, None
        self._presence.leave()

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Note which file this is; with nobody else there, begin a new generation where it does not simply go on."""
        found = generation.of_connection(connection)
        if self._is_alone:
            try:
                found = beginning.begun(self.path, connection, found)
            except sqlite3.Error:  # a full disk, a read-only folder: it is watched all the same
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        main = generation.in_main_file(self.path) or Generation(found.id, 0)
        self._ids, self._number = {found.id, main.id}, main.number  # a new ID may still be in the log alone
        self._place = _place_of(self.path)

    def _note(self) -> None:
        """Have the small file say how far the main file has got."""
        with self._lock:
            record = generation.read_record(self.path)
            if record is None or record.id not in self._ids or self._place is None:
                return
            now = replace(record, number=self._number, inode=self._place[1])
            if now != record:
                generation.write_record(self.path, now)

    def _look(self, found: os.stat_result) -> None:
        """See whether it is still the same after a change, which the log or somebody else has made."""
        with self._lock:  # around reading as well: two threads must compare in the order they read in
            main = generation.in_main_file(self.path)
            if main is None:
                return  # it is being written; the next unit of work looks again
            if main.id not in self._ids or generation.is_behind(main.number, self._number):
                self._lose(_REPLACED)
            if main.number != self._number:
                self._number = main.number
                self._note()
            if abs(time.time_ns() - found.st_mtime_ns) > _SURE_NANOSECONDS:
                self._looked = (found.st_size, found.st_mtime_ns)

    def _lose(self, sentence: str) -> NoReturn:
        """Give the file up, so that nothing that lies in its place is touched.

        SQLite tidies up when the last connection is closed: it would write into the file and delete the log of this
        name, whoever's it is. So the connections stay open for as long as this process lives.
        """
        with self._lock:
            if self._lost is None:
                self._lost = sentence.format(path=self.path)
                log.error("database.lost", reason=self._lost)
                for connection in list(self._connections):
                    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
                own_log = self._log_place is not None and _place_of(_log_of(self.path)) == self._log_place
                if own_log and self._presence.is_alone():
                    with contextlib.suppress(OSError):
                        generation.set_aside(self.path)
                    self._presence.settle()
        raise DatabaseUnfit(self._lost)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _place_of(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
