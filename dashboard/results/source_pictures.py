"""Pages of a TIFF as pictures that browsers show, made by a process of its own."""

from pathlib import Path

from dashboard.results import picture_worker
from dashboard.results.sheets import Unreadable
from dashboard.results.workers import BUSY, WORKERS, Trouble, WorkerFailed

_SECONDS = 30
_SENTENCES = {
    Trouble.FAILED: "This TIFF cannot be shown here: it is damaged, too large or rare. Add it as PNG or JPEG.",
    Trouble.TOO_SLOW: "This TIFF takes too long to read. Add it as PNG or JPEG.",
    Trouble.BUSY: BUSY,
}


class NotNow(Unreadable):
    """Too many others are being read; nothing is known about this one."""


def page_as_shown(data: bytes, number: int) -> bytes:
    """One page (0-based) as PNG or JPEG.

    Raises:
        Unreadable: when it cannot be read, or there is no such page; NotNow when others are in the way.
    """
    try:
        return WORKERS.run(Path(picture_worker.__file__), data, seconds=_SECONDS, arguments=(str(number),))
    except WorkerFailed as error:
        kind = NotNow if error.trouble is Trouble.BUSY else Unreadable
        raise kind(_SENTENCES[error.trouble]) from None
