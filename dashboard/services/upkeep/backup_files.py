"""Making, checking and restoring a backup file, for the command line and for the scheduled ones."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from dashboard.errors import DashboardError, InputRefused
from dashboard.services.credentials import secret_keys
from dashboard.services.upkeep.new_file import new_file
from dashboard.settings import Settings
from dashboard.store import backup, backup_check, restoring
from dashboard.store.backup_check import Checked
from dashboard.store.backup_facts import Counts, Facts, fingerprints
from dashboard.store.database import sqlite_file
from dashboard.store.key_file import KEY_FILE
from dashboard.store.secrecy import SecretBox, load_keys

TAKEN_ALONG = ("sandbox.json",)
"""Files of the data folder that are in a backup beside the database; the key file never is."""


_MOST_REST_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was written."""

    file: Path
    size: int
    counts: Counts
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was put in place.

    Attributes:
        database: where it is now.
        kept: what was there before, under its new names.
    """

    checked: Checked
    database: Path
    kept: list[Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMatch:
    """How stored secrets go with the keys of this installation.

    Attributes:
        here: fingerprints of the keys here; empty when there are none yet.
        readable: how many of the secrets they open.
    """

    here: tuple[str, ...]
    readable: int


class Pace:
    """Rests after each piece of work as long as that took, so that others have the disk half of the time.

    Args:
        ended: set by whoever wants the work to end.
    """

    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended
        self._began = time.monotonic()

    def __call__(self) -> bool:
        """Rest; False when the work is to end."""
        self._ended.wait(min(time.monotonic() - self._began, _MOST_REST_SECONDS))
        self._began = time.monotonic()
        return not self._ended.is_set()


def database_of(settings: Settings) -> Path | None:
    """The SQLite database, there or not; None with PostgreSQL."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    return sqlite_file(settings.data_dir, url)


def is_empty(database: Path) -> bool:
    """Whether there is nothing to back up yet: no database, or one without a task.

    Raises:
        StoreUnavailable: the database refuses.
    """
    return not database.is_file() or not backup.has_tasks(database)


def write(database: Path, target: Path, *, settings: Settings, going: backup.Going) -> Made:
    """Fill an empty file with a backup of a database and of what lies beside it.

    Raises:
        StoreUnavailable: it cannot be made; the file is of no use then.
    """
    known: list[Facts] = []

    def facts() -> Facts:
        keys = fingerprints(present_keys(settings))
        known.append(Facts(made_at=datetime.now(UTC), version=version("ocr-dashboard"), keys=keys))
        return known[-1]

    files = {name: path.read_bytes() for name in TAKEN_ALONG if (path := settings.data_dir / name).is_file()}
    counts = backup.write(database, target, facts=facts, files=files, going=going)
    return Made(file=target, size=target.stat().st_size, counts=counts, facts=known[-1])


def make(settings: Settings, database: Path, file: Path, *, overwrite: bool) -> Made:
    """Write a backup into a new file, while servers and workers go on.

    Raises:
        InputRefused: the file must not or cannot be written, or there is nothing to back up.
        StoreUnavailable: the database refuses.
    """
    if not database.is_file():
        raise InputRefused(f"There is nothing to back up: {database} does not exist.")
    _refuse_our_own(file, settings, database)
    with new_file(file, overwrite=overwrite) as fresh:
        made = write(database, fresh, settings=settings, going=Pace(threading.Event()))
    return Made(file=file, size=made.size, counts=made.counts, facts=made.facts)


def check(settings: Settings, file: Path) -> tuple[Checked, KeyMatch]:
    """Read a whole backup, and try the keys of this installation on it.

    Raises:
        InputRefused: it cannot be read, or is none.
    """
    database = database_of(settings)
    if database is not None and _is_same(file, database):
        raise InputRefused(f"{file} is the database itself, not a backup of it.")
    checked = backup_check.check(file)
    return checked, match_keys(settings, checked.secrets)


def match_keys(settings: Settings, secrets: Sequence[str]) -> KeyMatch:
    """Which keys are here, and how many secrets they open."""
    keys = present_keys(settings)
    box = SecretBox(keys) if keys else None
    return KeyMatch(here=fingerprints(keys), readable=sum(box.can_read(it) for it in secrets) if box else 0)


def restore(
    settings: Settings,
    database: Path,
    file: Path,
    *,
    may_replace: Callable[[Path], bool],
    clock: Callable[[], datetime],
) -> Restored | None:
    """Put a backup in the place of the database; what was there is kept beside it.

    Args:
        settings: of this installation.
        database: where it goes, there or not yet.
        file: the backup.
        may_replace: asked when there is a database already.
        clock: for the names of what is kept.

    Returns:
        None when it may not be replaced; nothing was changed then.

    Raises:
        InputRefused: the file is of no use; nothing was changed.
        StoreUnavailable: the database is in use, or the disk refuses; nothing was changed.
    """
    checked, _ = check(settings, file)
    if checked.problems:
        raise InputRefused(f"{file} must not be restored. {' '.join(checked.problems)} Nothing was changed.")
    with restoring.held(database):
        pass  # said before anybody is asked
    if database.exists() and not may_replace(database):
        return None
    stamp = clock().astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    others = {name: data for name, data in backup_check.files_in(file).items() if name in TAKEN_ALONG}
    kept = restoring.put_in_place(file, database, stamp=stamp)
    for name, data in others.items():
        aside = restoring.put_file(settings.data_dir / name, data, stamp=stamp)
        kept += [aside] if aside else []
    return Restored(checked=checked, database=database, kept=kept)


def present_keys(settings: Settings) -> list[str]:
    """The keys of this installation; none when there are none yet, or none that can be read: none is made."""
    configured = secret_keys.configured_keys(settings)
    path = secret_keys.key_file_of(settings)
    if path is not None and not (path.is_file() and path.stat().st_size):
        return []
    try:
        return load_keys(settings.data_dir, configured)
    except DashboardError:  # a backup must not fail for it; every other command says it
        return []


def _refuse_our_own(file: Path, settings: Settings, database: Path) -> None:
    """Even ``--force`` must not put a backup in the place of the database or the key."""
    beside = {database.name + ending for ending in ("", *restoring.COMPANIONS)}
    own = {(settings.data_dir.resolve(), name) for name in (KEY_FILE, *TAKEN_ALONG)}
    own |= {(database.resolve().parent, name) for name in beside}
    if (file.absolute().parent.resolve(), file.name) in own or _is_same(file, database):
        raise InputRefused(f"{file} is one of the dashboard's own files. Name another one.")


def _is_same(file: Path, database: Path) -> bool:
    try:
        return file.samefile(database)
    except OSError:
        return False
