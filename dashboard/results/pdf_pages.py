"""Pages of a PDF as pictures: nothing in it can run, open or fetch anything in somebody's browser."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.results import pdf_worker
from dashboard.results.tables import Unreadable

WIDTH = 1_200
"""Pixels."""

LARGEST = 50_000_000
"""Bytes of a PDF that is shown."""

_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfPage:
    """One page as a picture, and how many there are."""

    png: bytes = field(repr=False)
    pages: int


def draw_page(data: bytes, number: int) -> PdfPage:
    """Draw a page (0-based) in a process of its own, with limits on memory and time.

    Raises:
        Unreadable: when it is damaged, protected by a password, too large, or has no such page.
    """
    if len(data) > LARGEST:
        raise Unreadable(f"This PDF is larger than {LARGEST // 1_000_000} MB. Download it to read it.")
    command = [sys.executable, "-I", str(Path(pdf_worker.__file__)), str(number), str(WIDTH)]
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command, input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("This PDF takes too long to draw. Download it to read it.") from None
    if done.returncode or len(done.stdout) < 8:  # noqa: PLR2004 - the number of pages, and some of a picture
        raise Unreadable(
            "This PDF cannot be drawn here: it is damaged or protected by a password. Download it to read it."
        )
    return PdfPage(png=done.stdout[4:], pages=int.from_bytes(done.stdout[:4], "big"))
