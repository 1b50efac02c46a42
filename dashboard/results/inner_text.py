"""The text inside a PDF or a workbook, read in a process of its own with limits on memory and time."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.results import inner_text_worker
from dashboard.results.sniffing import PDF, WORKBOOK
from dashboard.results.workers import WORKERS, Trouble, WorkerFailed

LARGEST = 50_000_000
"""Bytes of a file that is read."""

KINDS = {PDF.media_type: "pdf", WORKBOOK.media_type: "workbook"}
"""Media types that may hold text inside, and what the worker calls them."""

NOTHING_INSIDE = "holds no text, only pictures; the search does not find it"
NOT_READ = "the text inside could not be read; the search does not find it"
CUT = "too long to be searched as a whole; the search finds its beginning"
TOO_MANY = "not read, because there are too many files like this; the search does not find it"
REMARKS: Collection[str] = (NOTHING_INSIDE, NOT_READ, CUT, TOO_MANY)
"""One of them is put on a part that is not to be read again."""

_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerText:
    """What was read, and what people should know about it; the text is None when there is none."""

    text: str | None = field(repr=False)
    remark: str | None = None


def inner_text(data: bytes, media_type: str) -> InnerText:
    """Read a file; never raises for a file's sake.

    Raises:
        WorkerFailed: when too many others are being read; it can be tried again.
    """
    if len(data) > LARGEST:
        return InnerText(text=None, remark=NOT_READ)
    try:
        read = WORKERS.run(
            Path(inner_text_worker.__file__),
            data,
            seconds=_SECONDS,
            arguments=(KINDS[media_type],),
            says_all=False,  # somebody may still look at its pages
        )
    except WorkerFailed as error:
        if error.trouble is Trouble.BUSY:
            raise
        return InnerText(text=None, remark=NOT_READ)
    found = json.loads(read)
    if not found["text"]:
        return InnerText(text=None, remark=NOT_READ if found["cut"] else NOTHING_INSIDE)
    return InnerText(text=found["text"], remark=CUT if found["cut"] else None)
