"""The file with the keys of an installation that configures none; one key a line, the first one encrypts."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from dashboard import private_files
from dashboard.errors import StoreUnavailable
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


def read_or_create(path: Path) -> str:
    """The text of the key file, which is made when missing, and its making is said once; raises OSError."""
    private_files.make_folder(path.parent)
    created = _create(path)
    if created is not None:
        log.warning("secret_key.created", path=str(path), advice=ADVICE)
    return created or _read(path)


def replace(path: Path, keys: Sequence[str]) -> None:
    """Put these keys into the file, readable by its owner only: whole, or not at all, also in a power cut.

    Raises:
        StoreUnavailable: when it cannot be written; the file is as it was.
    """
    try:
        with private_files.replacing(path) as file:
            file.write("".join(f"{key}\n" for key in keys).encode("ascii"))
        _settle(path.parent)
    except OSError as error:
        raise StoreUnavailable(f"The key file {path} cannot be written ({error.strerror}).") from error


def permissions(path: Path) -> str:
    """The file's mode as ``ls`` numbers it, for example ``0600``; raises OSError."""
    return private_files.permissions(path)


def is_exposed(path: Path) -> bool:
    """Whether others than its owner may read or change the file; False when there is none."""
    return private_files.is_exposed(path)


def _create(path: Path) -> str | None:
    """Make the key file and give back its key; None when it is there already."""
    key = Fernet.generate_key()
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    try:
        os.write(file, key)
        os.fsync(file)  # without this file every stored token is lost
    finally:
        os.close(file)
    return key.decode("ascii")


def _read(path: Path) -> str:
    deadline = time.monotonic() + _WRITER_SECONDS
    while not (text := path.read_text("ascii", errors="replace")) and time.monotonic() < deadline:
        time.sleep(0.02)  # another process has just created it
    return text


def _settle(folder: Path) -> None:
    """Have the folder's new entry on the disk; some systems cannot, and settle it by themselves."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
