"""Makes what can be sent out of a dropped file: pages of a TIFF, what is in a ZIP, what the service does not read."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard import private_files
from dashboard.dropping import opening_worker
from dashboard.dropping.kinds import DJVU, HEAD, TAKEN, Kind, Way, kind_of, refuse_large, said_of_size
from dashboard.dropping.names import page_name, shown_name
from dashboard.errors import DiskFull, InputRefused
from dashboard.full_disk import SENTENCE
from dashboard.models import Operation
from dashboard.results.sniffing import JPEG, PNG, ZIP, FileType
from dashboard.results.workers import AT_ONCE, Trouble, WorkerFailed, Workers

WORKERS = Workers(patience_seconds=120.0)
"""Apart from those that draw pages for readers: who drops two hundred scans keeps nobody from reading."""

_SECONDS = 150
_SENTENCES = {
    "damaged": "This file is damaged and cannot be opened. Scan or save it again, and drop it then.",
    "pixels": f"This image has more than {opening_worker.MOST_PIXELS // 1_000_000} million pixels. "
    "Scan it with fewer dots per inch.",
    "pages": f"This TIFF has more than {opening_worker.MOST_PAGES} pages. Split it, or save it as PDF.",
    "no pages": "This PDF has no pages. Save it again, and drop it then.",
    "password": "This PDF is protected by a password. Open it with the password, print or save it as a PDF without "
    "one, and drop that.",
    "zip password": "This is protected by a password. Unpack it yourself, and drop what is in it.",
    "empty zip": "There is nothing in this ZIP.",
    "members": f"This ZIP holds more than {opening_worker.MOST_MEMBERS} files. Make several of it.",
    "bomb": f"This ZIP unpacks to more than {opening_worker.MOST_UNPACKED // 1_000_000_000} GB. Make several of it.",
    "too large": "This file is too large, or the ZIP as a whole. Make it smaller, or drop it by itself.",
    "heic": "HEIC is read when whoever runs the dashboard installs the extra: pip install 'ocr-dashboard[heic]'. "
    "Save or share it as JPEG, and drop that.",
}
_TOO_SLOW = "This file takes too long to open. Save it again as PNG or PDF, and drop that."
_BUSY = "Many files are being opened just now. Drop this one again in a minute."
_NESTED = "This is a ZIP within a ZIP. Unpack it, and drop what is in it."
_CUT = "Its end is missing: what is not there cannot be read."


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing that can be sent.

    Attributes:
        path: of its bytes.
        operation: the only one of the service that takes it; None for images.
        pages: how many it has; only a document has several.
        width: in pixels; 0 where it is not known.
        thumbnail: a small JPEG of it; None where there is none.
        notes: what should be known before it is sent.
    """

    name: str
    path: Path
    file_type: FileType
    size: int
    sha256: str = field(repr=False)
    operation: Operation | None = None
    pages: int = 1
    width: int = 0
    height: int = 0
    thumbnail: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A file that was not taken, and the sentence that says why and what to do."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Job:
    path: Path
    name: str
    folder: Path
    largest: int


def open_dropped(path: Path, *, name: str, folder: Path, largest: int) -> list[Piece | Unusable]:
    """What a dropped file is good for; what cannot be used says so, and keeps nothing else from being used.

    Args:
        path: of the file.
        name: what it is called; hostile input.
        folder: an empty one of ours, for what is made of it.
        largest: bytes of one file.

    Raises:
        DiskFull: when there is no room for it.
    """
    return list(_opened(_Job(path, name, folder, largest), may_unpack=True))


def _opened(job: _Job, *, may_unpack: bool) -> Iterator[Piece | Unusable]:
    try:
        refuse_large(job.path.stat().st_size, job.largest)
        kind = _kind(job)
        if kind.file_type is ZIP and not may_unpack:
            yield Unusable(name=shown_name(job.name), sentence=_NESTED)
        elif kind.file_type is ZIP:
            yield from _unpacked(job)
        elif kind.way is Way.UNSEEN:
            yield _piece(job, kind, job.path, {})
        else:
            pages = _asked(job, kind.way)["pages"]
            for number, page in enumerate(pages, 1):
                yield _page(job, kind, page, (number, len(pages)))
    except InputRefused as refusal:
        yield Unusable(name=shown_name(job.name), sentence=str(refusal))


def _kind(job: _Job) -> Kind:
    with job.path.open("rb") as file:
        return kind_of(file.read(HEAD), job.name)


def _unpacked(job: _Job) -> Iterator[Piece | Unusable]:
    inside = job.folder / "zip"
    private_files.make_folder(inside)
    members = _asked(_Job(job.path, job.name, inside, job.largest), Way.UNPACK)["members"]

    def look(member: dict[str, Any]) -> list[Piece | Unusable]:
        if member["refused"]:
            return [Unusable(name=shown_name(member["name"]), sentence=_SENTENCES[member["refused"]])]
        path = inside / member["file"]
        made = inside / f"{member['file']}.made"
        private_files.make_folder(made)
        return list(_opened(_Job(path, member["name"], made, job.largest), may_unpack=False))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dropped") as pool:
        for found in pool.map(look, members):
            yield from found


def _page(job: _Job, kind: Kind, page: dict[str, Any], place: tuple[int, int]) -> Piece:
    if not page["file"]:
        return _piece(job, kind, job.path, page)
    made = job.folder / page["file"]
    is_photo = made.suffix == JPEG.extension
    made_kind = Kind(JPEG if is_photo else PNG, Way.AS_IS)
    named = _Job(job.path, page_name(job.name, *place), job.folder, job.largest)
    return _piece(named, made_kind, made, page)


def _piece(job: _Job, kind: Kind, path: Path, page: dict[str, Any]) -> Piece:
    size = path.stat().st_size
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    notes = [said_of_size(size), _CUT if page.get("is_cut") else ""]
    thumbnail = job.folder / page["thumbnail"] if page.get("thumbnail") else None
    return Piece(
        name=shown_name(job.name, otherwise="document" if kind.operation else "image"),
        path=path,
        file_type=kind.file_type,
        size=size,
        sha256=sha256,
        operation=kind.operation,
        pages=page.get("pages", 1),
        width=page.get("width", 0),
        height=page.get("height", 0),
        thumbnail=thumbnail,
        notes=tuple(filter(None, notes)),
    )


def _asked(job: _Job, way: Way) -> dict[str, Any]:
    """What the worker says of a file; raises InputRefused with the sentence for what it refuses."""
    asked = {"way": way, "file": str(job.path), "folder": str(job.folder), "largest": job.largest}
    try:
        said = WORKERS.run(Path(opening_worker.__file__), json.dumps(asked).encode(), seconds=_SECONDS)
    except WorkerFailed as error:
        sentence = {Trouble.TOO_SLOW: _TOO_SLOW, Trouble.BUSY: _BUSY}.get(
            error.trouble, _SENTENCES["damaged"]
        )
        raise InputRefused(sentence) from None
    answer: dict[str, Any] = json.loads(said)
    refused = answer.get("refused")
    if refused == "disk":
        raise DiskFull(SENTENCE)
    if refused:
        raise InputRefused(_SENTENCES[refused])
    return answer


__all__ = ["DJVU", "TAKEN", "WORKERS", "Piece", "Unusable", "open_dropped"]
