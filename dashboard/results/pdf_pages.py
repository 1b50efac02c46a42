"""Pages of a PDF as pictures: nothing in it can run, open or fetch anything in somebody's browser."""

from dataclasses import dataclass, field
from pathlib import Path

from dashboard.results import pdf_worker
from dashboard.results.sheets import Unreadable
from dashboard.results.workers import BUSY, WORKERS, Trouble, WorkerFailed

WIDTH = 1_200
"""Pixels."""

LARGEST = 50_000_000
"""Bytes of a PDF that is shown."""

_SECONDS = 30
_SENTENCES = {
    Trouble.FAILED: "This PDF cannot be drawn here: it is damaged or protected by a password. Download it to read it.",
    Trouble.TOO_SLOW: "This PDF takes too long to draw. Download it to read it.",
    Trouble.BUSY: BUSY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfPage:
    """One page as a picture, and how many there are."""

    png: bytes = field(repr=False)
    pages: int


def draw_page(data: bytes, number: int) -> PdfPage:
    """Draw a page (0-based) in a process of its own, with limits on memory and time.

    Raises:
        Unreadable: when it is damaged, protected by a password, too large, or has no such page; when too many others
            are being drawn; and for a while after a failure.
    """
    if len(data) > LARGEST:
        raise Unreadable(f"This PDF is larger than {LARGEST // 1_000_000} MB. Download it to read it.")
    try:
        drawn = WORKERS.run(
            Path(pdf_worker.__file__), data, seconds=_SECONDS, arguments=(str(number), str(WIDTH))
        )
    except WorkerFailed as error:
        raise Unreadable(_SENTENCES[error.trouble]) from None
    if len(drawn) < 8:  # noqa: PLR2004 - the number of pages, and some of a picture
        raise Unreadable(_SENTENCES[Trouble.FAILED])
    return PdfPage(png=drawn[4:], pages=int.from_bytes(drawn[:4], "big"))
