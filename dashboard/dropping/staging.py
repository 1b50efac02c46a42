"""Where dropped files wait until they are sent: a private folder for each person of each team, swept by age.

Nothing of it is in a page's memory, so that a rerun, a reload and another day find it again.
"""

import json
import re
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard import private_files
from dashboard.dropping.opening import Piece, Unusable, open_dropped
from dashboard.errors import InputRefused
from dashboard.models import Operation

FOLDER = "dropped"
"""Within the data folder."""

KEPT = timedelta(days=3)
"""How long something waits that nobody sends."""

MOST_FILES = 1_000
MOST_BYTES = 4_000_000_000
"""What one person may have waiting."""

_ORIGINAL, _FACTS = "original", "facts.json"
_UPLOAD = re.compile(r"[0-9]{13}[0-9a-f]{8}")
_ID = re.compile(r"(?P<upload>[0-9]{13}[0-9a-f]{8})-(?P<number>[0-9]{1,6})")
_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A file that can be sent, as it waits.

    Attributes:
        id: by which a page names it.
        operation: the only one that takes it; None for images.
        path: of its bytes.
        thumbnail: of a small JPEG; None where there is none.
    """

    id: str
    name: str
    media_type: str
    size: int
    sha256: str = field(repr=False)
    operation: Operation | None
    pages: int
    width: int
    height: int
    notes: tuple[str, ...]
    path: Path
    thumbnail: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """A file that cannot be sent, and the sentence that says why; there until it was read."""

    id: str
    name: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Everything somebody has dropped, in the order in which it came."""

    files: tuple[Dropped, ...] = ()
    not_taken: tuple[NotTaken, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the files together."""
        return sum(one.size for one in self.files)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that is coming in.

    Attributes:
        path: where it is to be written; its folder is ours alone.
    """

    path: Path

    def write(self, data: bytes | memoryview) -> None:
        """Put there what is in memory already; raises OSError."""
        with private_files.replacing(self.path, lasting=False) as file:
            file.write(data)

    def give_up(self) -> None:
        """Forget it, because it has not come whole."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


class Staging:
    """The folders of one server.

    Args:
        folder: above them; made when it is needed.
        largest: bytes of one file.
    """

    def __init__(self, folder: Path, *, largest: int) -> None:
        self.largest = largest
        self._folder = folder
        self._changing = threading.Lock()

    def begin(self, whose: str, size: int, now: datetime) -> Incoming:
        """Make room for a file that comes in.

        Raises:
            InputRefused: when somebody has so much waiting that there is no room for it.
        """
        waiting = self.all(whose)
        if len(waiting.files) >= MOST_FILES or waiting.size + size > MOST_BYTES:
            raise InputRefused("Too many files are waiting here. Send or remove some of them first.")
        upload = f"{int(now.timestamp() * 1000):013d}{secrets.token_hex(4)}"
        folder = self._folder / whose / upload
        private_files.make_folder(folder)
        return Incoming(folder / _ORIGINAL)

    def take(self, incoming: Incoming, name: str, *, place: int = 0) -> Waiting:
        """Look at what was written, and keep what can be sent of it; raises DiskFull.

        Args:
            incoming: what :meth:`begin` gave.
            name: of the file; hostile input.
            place: where it stands among the others; files that are sent at once arrive in any order.
        """
        folder = incoming.path.parent
        try:
            made = folder / "made"
            private_files.make_folder(made)
            found = open_dropped(incoming.path, name=name[:_LONGEST_NAME], folder=made, largest=self.largest)
            entries = [
                {**_as_entry(one, number, folder), "place": place} for number, one in enumerate(found, 1)
            ]
            _write(folder, entries)
            if all(entry.get("file") != _ORIGINAL for entry in entries):
                incoming.path.unlink()
        except BaseException:
            incoming.give_up()
            raise
        return _waiting(_read(folder))

    def all(self, whose: str) -> Waiting:
        """What somebody has waiting."""
        return _waiting(entry for folder in self._uploads(whose) for entry in _read(folder))

    def remove(self, whose: str, ids: Iterable[str]) -> None:
        """Forget some of it; what is gone already is no mistake."""
        numbers: dict[str, set[int]] = {}
        for one in ids:
            if found := _ID.fullmatch(one):
                numbers.setdefault(found["upload"], set()).add(int(found["number"]))
        with self._changing:
            for upload, gone in numbers.items():
                folder = self._folder / whose / upload
                entries = [(place, one) for place, one in _read(folder) if one["number"] not in gone]
                if entries:
                    _forget_bytes(folder, gone)
                    _write(folder, [one for _, one in entries])
                else:
                    shutil.rmtree(folder, ignore_errors=True)

    def forget_old(self, now: datetime) -> int:
        """Sweep what has waited too long, whosever it is; returns how many there were."""
        before = f"{int((now - KEPT).timestamp() * 1000):013d}"
        old = [
            upload
            for person in _folders(self._folder)
            for upload in _folders(person)
            if _UPLOAD.fullmatch(upload.name) and upload.name < before
        ]
        for upload in old:
            shutil.rmtree(upload, ignore_errors=True)
        return len(old)

    def _uploads(self, whose: str) -> list[Path]:
        return [one for one in _folders(self._folder / whose) if _UPLOAD.fullmatch(one.name)]


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir())
    except OSError:
        return []


def _as_entry(found: Piece | Unusable, number: int, folder: Path) -> dict[str, Any]:
    if isinstance(found, Unusable):
        return {"number": number, "name": found.name, "sentence": found.sentence}
    return {
        "number": number,
        "name": found.name,
        "media_type": found.file_type.media_type,
        "size": found.size,
        "sha256": found.sha256,
        "operation": found.operation,
        "pages": found.pages,
        "width": found.width,
        "height": found.height,
        "notes": found.notes,
        "file": found.path.relative_to(folder).as_posix(),
        "thumbnail": found.thumbnail.relative_to(folder).as_posix() if found.thumbnail else None,
    }


def _write(folder: Path, entries: list[dict[str, Any]]) -> None:
    with private_files.replacing(folder / _FACTS, lasting=False) as file:
        file.write(json.dumps(entries).encode())


def _read(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """What is known of an upload; nothing while it comes in, and when it was swept."""
    try:
        entries = json.loads((folder / _FACTS).read_bytes())
    except (OSError, ValueError):
        return []
    return [(folder, entry) for entry in entries]


def _forget_bytes(folder: Path, numbers: set[int]) -> None:
    for _, entry in _read(folder):
        if entry["number"] in numbers:
            for what in ("file", "thumbnail"):
                if entry.get(what):
                    (folder / entry[what]).unlink(missing_ok=True)


def _waiting(entries: Iterable[tuple[Path, dict[str, Any]]]) -> Waiting:
    kept = sorted(entries, key=lambda one: (one[1]["place"], one[0].name, one[1]["number"]))
    return Waiting(files=tuple(_files(kept)), not_taken=tuple(_not_taken(kept)))


def _files(entries: Iterable[tuple[Path, dict[str, Any]]]) -> Iterator[Dropped]:
    for folder, it in entries:
        if "sentence" not in it:
            yield Dropped(
                id=f"{folder.name}-{it['number']}",
                name=it["name"],
                media_type=it["media_type"],
                size=it["size"],
                sha256=it["sha256"],
                operation=Operation(it["operation"]) if it["operation"] else None,
                pages=it["pages"],
                width=it["width"],
                height=it["height"],
                notes=tuple(it["notes"]),
                path=folder / it["file"],
                thumbnail=folder / it["thumbnail"] if it["thumbnail"] else None,
            )


def _not_taken(entries: Iterable[tuple[Path, dict[str, Any]]]) -> Iterator[NotTaken]:
    for folder, it in entries:
        if "sentence" in it:
            yield NotTaken(id=f"{folder.name}-{it['number']}", name=it["name"], sentence=it["sentence"])
