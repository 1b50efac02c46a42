"""Backups the server makes by itself of an SQLite database, and what is known of them.

Nobody feels them: pages are read in a transaction that holds up nobody, a megabyte at a time with a rest after each,
by one thread. A damaged database makes no backup, so that it never pushes a good one out.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard import full_disk, private_files
from dashboard.background import Background
from dashboard.counts import count_of
from dashboard.errors import StoreError, StoreUnavailable
from dashboard.logs import get_logger
from dashboard.services.upkeep import backup_files
from dashboard.services.upkeep.backup_files import Made, Pace
from dashboard.settings import Settings
from dashboard.store import backup

log = get_logger(__name__)

FOLDER = "backups"
FIRST_SECONDS = 60.0
"""A start has other things to do."""

LOOK_SECONDS = 300.0
RETRY_SECONDS = 3600.0
"""After a failure: each try reads the whole database."""

LEAST_KEPT = 2
"""How many stay when room is made for another one."""

SPARE = 256 * 1024**2
"""Bytes that stay free beside room for the database to double."""

_NAME = "dashboard-%Y%m%d-%H%M%SZ.backup"
_AHEAD = timedelta(hours=1)
_LEFT_BEHIND_SECONDS = 6 * 3600.0
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Kept:
    """One scheduled backup; the moment is aware UTC."""

    file: Path
    made_at: datetime


class Backups(Background):
    """Looks every few minutes whether a backup is due, in a thread of its own; several servers do no harm."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        unfit: Callable[[], str | None] = lambda: None,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        super().__init__("backups")
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._unfit = unfit
        self._free_bytes = free_bytes
        self._database = backup_files.database_of(settings)
        self._folder = settings.data_dir / FOLDER
        self._made_at: float | None = None

    def start(self) -> None:
        """Begin, unless none are wanted; the first is made a minute later, if it is due."""
        if self._database is not None and self._settings.backup_hours > 0:
            super().start()

    def make_if_due(self) -> Made | None:
        """Make one when the latest is old enough, and delete the oldest beyond those that are kept.

        Raises:
            StoreError: none was made, with the reason; those there were are kept.
        """
        database = self._database
        if database is None or not self._is_due() or backup_files.is_empty(database):
            return None
        if unfit := self._unfit():  # what lies there may be another one, and pushes good backups out
            raise StoreUnavailable(unfit)
        try:
            private_files.make_folder(self._folder)
            self._sweep()
            self._make_room(database)
            file = self._folder / self._clock().astimezone(UTC).strftime(_NAME)
            pace = Pace(self._stopping)
            with private_files.beside(file) as fresh:
                made = backup_files.write(database, fresh, settings=self._settings, going=pace)
            # Never the new one is deleted, whatever its clock said.
            others = [it.file for it in kept(self._settings.data_dir) if it.file != file]
            for old in others[self._settings.backups_kept - 1 :]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise full_disk.refusal(f"No backup could be made in {self._folder}", error) from error
        self._made_at = self._monotonic()
        log.info("backup.made", file=str(file), bytes=made.size, tasks=made.counts.tasks)
        return made

    def _is_due(self) -> bool:
        """By the wall clock over restarts, and by the monotonic one: a clock that jumps pushes no good ones out."""
        every = timedelta(hours=self._settings.backup_hours)
        if self._made_at is not None and self._monotonic() - self._made_at < every.total_seconds():
            return False
        latest = next(iter(kept(self._settings.data_dir)), None)
        age = self._clock() - latest.made_at if latest else every
        return age >= every or age < -_AHEAD

    def _make_room(self, database: Path) -> None:
        """Delete the oldest where the disk is short, and refuse where that does not help: the database comes first."""
        spare = room_wanted(database)
        old = kept(self._settings.data_dir)[LEAST_KEPT:]
        while self._free_bytes(self._folder) < spare and old:
            gone = old.pop()
            gone.file.unlink(missing_ok=True)
            log.warning("backup.deleted", file=str(gone.file), reason="room is needed for a new one")
        if self._free_bytes(self._folder) < spare:
            raise StoreUnavailable(_no_room(self._folder, spare))

    def _sweep(self) -> None:
        """Throw away what a process that was killed had not finished."""
        for path in self._folder.glob(".dashboard-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    path.unlink()

    def _run(self) -> None:
        pause = FIRST_SECONDS
        while not self._stopping.wait(pause):
            try:
                self.make_if_due()
                pause = LOOK_SECONDS
            except StoreError as error:
                pause = RETRY_SECONDS
                if not self._stopping.is_set():
                    log.warning("backup.not_made", reason=str(error))
            except Exception:
                pause = RETRY_SECONDS
                log.exception("backup.failed")


def kept(data_dir: Path) -> list[Kept]:
    """The scheduled backups there are, the latest first; raises OSError."""
    folder = data_dir / FOLDER
    found = []
    for path in folder.glob("dashboard-*.backup") if folder.is_dir() else ():
        with suppress(ValueError):
            found.append(Kept(path, datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def room_wanted(database: Path) -> int:
    """Bytes that must be free before a backup is made: for the copy, and for the database to grow as much."""
    return 2 * backup.size_of(database) + SPARE


def findings(settings: Settings, now: datetime) -> Iterator[tuple[bool, str]]:
    """How the scheduled backups stand, for ``doctor``: whether that is well, and a sentence."""
    database = backup_files.database_of(settings)
    if database is None:
        yield (
            True,
            "of PostgreSQL none are made by themselves: have “ocr-dashboard backup FILE” run, or pg_dump",
        )
        return
    latest = next(iter(kept(settings.data_dir)), None)
    last = (
        f"the last one was made {_age(now - latest.made_at)}: {latest.file}"
        if latest
        else "there is none yet"
    )
    if settings.backup_hours == 0:
        yield True, f"none are made by themselves (OCR_DASHBOARD_BACKUP_HOURS=0); {last}"
        return
    hours = count_of(round(settings.backup_hours), "hour") if settings.backup_hours >= 1 else "hour"
    every = f"one every {hours}, {count_of(settings.backups_kept, 'backup')} kept"
    late = latest is not None and _changed_after(database, latest.made_at, 2 * settings.backup_hours)
    if late:
        yield False, f"{last}, although results came in since; the server's log says why (backup.not_made)"
    else:
        yield True, f"{every}; {last}"
    spare = room_wanted(database)
    with suppress(OSError):
        if shutil.disk_usage(settings.data_dir).free < spare:
            yield False, _no_room(settings.data_dir / FOLDER, spare)


def _changed_after(database: Path, moment: datetime, hours: float) -> bool:
    written = [
        path.stat().st_mtime
        for path in (database, database.with_name(f"{database.name}-wal"))
        if path.is_file()
    ]
    return bool(written) and max(written) - moment.timestamp() > hours * 3600


def _no_room(folder: Path, spare: int) -> str:
    return (
        f"there is no room for another backup in {folder}: {spare / 1_000_000:,.0f} MB must be free, for it and "
        "for the database to grow. Free some space, or make backups elsewhere and set OCR_DASHBOARD_BACKUP_HOURS=0"
    )


def _age(age: timedelta) -> str:
    for noun, seconds in _UNITS:
        number = int(age.total_seconds() // seconds)
        if number:
            return f"{count_of(number, noun)} ago" if number > 0 else "in the future, by this clock"
    return "just now"
