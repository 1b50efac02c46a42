"""The file with the keys of an installation that configures none; one key a line, the first one encrypts."""

import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from dashboard import full_disk, private_files
from dashboard.logs import get_logger

log = get_logger(__name__)

KEY_FILE = "secret.key"

ADVICE = (
    "It lies beside the database, so whoever gets hold of the folder can read the tokens; "
    "OCR_DASHBOARD_SECRET_KEYS keeps keys elsewhere. Back it up: without it stored tokens are lost."
)
"""What everybody should know who has keys there."""

_WRITER_SECONDS = 2.0
"""How long another process may take between creating the key file and filling it."""


class Watch:
    """Notices that a key file was changed beside a running server, for example by ``secrets rotate``.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._mark()

    def changed(self) -> str | None:
        """What it holds now, if it was written since the last time; costs microseconds if not."""
        mark = self._mark()
        if mark is None or mark == self._seen:
            return None
        self._seen = mark
        try:
            return self._path.read_text("ascii", errors="replace")
        except OSError:
            return None

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def read_or_create(path: Path) -> str:
    """The text of the key file, which is made when missing, and its making is said once; raises OSError."""
    private_files.make_folder(path.parent)
    created = _create(path)
    if created is not None:
        log.warning("secret_key.created", path=str(path), advice=ADVICE)
    return created or _read(path)


def make_anew(path: Path) -> str:
    """Put a fresh key into a file that holds none, and say so; raises StoreUnavailable."""
    key = Fernet.generate_key().decode("ascii")
    replace(path, [key])
    log.warning("secret_key.made_anew", path=str(path), advice=ADVICE)
    return key


def replace(path: Path, keys: Sequence[str]) -> None:
    """Put these keys into the file, readable by its owner only: whole, or not at all, also in a power cut.

    Raises:
        StoreUnavailable: when it cannot be written; the file is as it was.
    """
    try:
        with private_files.replacing(path) as file:
            file.write("".join(f"{key}\n" for key in keys).encode("ascii"))
    except OSError as error:
        raise full_disk.refusal(f"The key file {path} cannot be written", error) from error


def permissions(path: Path) -> str:
    """The file's mode as ``ls`` numbers it, for example ``0600``; raises OSError."""
    return private_files.permissions(path)


def is_exposed(path: Path) -> bool:
    """Whether others than its owner may read or change the file; False when there is none."""
    return private_files.is_exposed(path)


def _create(path: Path) -> str | None:
    """Make the key file and give back its key; None when it is there already."""
    if path.exists():
        return None
    key = Fernet.generate_key()
    try:
        with private_files.making(path) as file:
            file.write(key)
    except FileExistsError:
        return None
    return key.decode("ascii")


def _read(path: Path) -> str:
    deadline = time.monotonic() + _WRITER_SECONDS
    while not (text := path.read_text("ascii", errors="replace")) and time.monotonic() < deadline:
        time.sleep(0.02)  # another process, of an earlier version, has just created it
    return text
