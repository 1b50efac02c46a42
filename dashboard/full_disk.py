"""Telling that there is no room left on a disk, whoever says so and however."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from dashboard.errors import DiskFull, StoreUnavailable

_ERRNOS = frozenset(
    # Full, what this user may have is used up, or what this process may write.
    {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
)

ADVICE = "Free some space."
SENTENCE = "The disk is full. Whoever runs the dashboard can free some space."
"""For people in front of a page or a script."""

_PLENTY = 64 * 1024 * 1024
"""Bytes that are free where nobody needs to try; quotas are met when something is written."""

_PIECE = 64 * 1024


def is_full(error: BaseException | None) -> bool:
    """Whether this is an OSError that says so."""
    return isinstance(error, OSError) and error.errno in _ERRNOS


def reason(error: OSError) -> str:
    """Why the system refused, in words; for parentheses."""
    return "the disk is full" if is_full(error) else str(error.strerror or type(error).__name__)


def refusal(what: str, error: OSError, more: str = "") -> StoreUnavailable:
    """The error to raise when the system refuses something.

    Args:
        what: could not be done; a sentence without its end.
        error: what the system says.
        more: what to do about anything but a full disk.
    """
    if is_full(error):
        return DiskFull(f"{what}: the disk is full. {ADVICE}")
    return StoreUnavailable(f"{what} ({reason(error)}).{more and ' '}{more}")


def is_full_at(folder: Path, *, surely: bool = False) -> bool:
    """Whether nothing more can be written in a folder; takes microseconds as long as a lot is free.

    Args:
        folder: an existing one; where it is none, this is not our question.
        surely: try in any case, as after a refusal whose reason is unknown.
    """
    try:
        if not surely and shutil.disk_usage(folder).free > _PLENTY:
            return False
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            written = file.write(bytes(_PIECE))
            os.fsync(file.fileno())
    except OSError as error:
        return is_full(error)
    return written < _PIECE
