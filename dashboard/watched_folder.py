"""A folder whose files are sent, each once: what is settled, what is on its way, and where it ends.

What is on its way stands in a file of the folder before it is sent, with the key it is sent under: whatever ends the
process, the next one goes on, and a submission that was made is not made again.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dashboard.cli_place import Place
from dashboard.cli_submit import contents_of, plain_name
from dashboard.client_values import Batch, BatchFile
from dashboard.errors import InputRefused, NotFound, ServerAway, StillOpen, StoreUnavailable
from dashboard.private_files import replacing

DONE, FAILED = "done", "failed"
"""Folders below it."""

STATE = ".ocr-dashboard-watch.json"

EMPTY_SECONDS = 30.0
"""How long an empty file may still be one that is being written."""

MOST_LOOKED_AT = 20
"""Files on their way that are asked about in one look."""

_UNFINISHED = frozenset({".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".swp"})
"""Endings of files that a program has not written to their end."""

_REASON = ".reason.txt"


@dataclass(slots=True, kw_only=True)
class OnItsWay:
    """A file that is being sent or read.

    Attributes:
        key: under which it is submitted.
        batch: its number once that is known.
        target: what it is called in the folder it ends in.
    """

    key: str
    batch: int | None = None
    target: str = ""
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was looked at, and since when it has been so."""

    size: int
    changed: int
    since: float


class WatchedFolder:
    """One folder; nobody else may watch it at the same time.

    Args:
        folder: which.
        here: where its files are sent from.
        settings: how.
        settle_seconds: how long a file must be as it is before it is taken for whole.
        form: of the texts that are written.
        say: told what becomes of each file, in words.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        folder: Path,
        here: Place,
        *,
        settings: Mapping[str, object],
        settle_seconds: float,
        form: str,
        say: Callable[[str], object],
        clock: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._here = here
        self._settings = settings
        self._settle = settle_seconds
        self._form = form
        self._say = say
        self._clock = clock
        self._seen: dict[str, Seen] = {}
        self._ways = _read(folder / STATE)
        self._trouble = ""
        self.failed = 0
        """Files that have ended in the folder for those."""

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to wait for."""
        return not self._ways and not self._seen

    def look(self) -> None:
        """Send what has settled, and put away what has ended; trouble that passes is said once and waited for."""
        try:
            for name in self._settled():
                self._ways[name] = OnItsWay(key=str(uuid.uuid4()), target=self._free(name))
                self._keep()
            for name, way in list(self._ways.items())[:MOST_LOOKED_AT]:
                self._go_on(name, way)
                if name in self._ways:  # others have their turn next time
                    self._ways[name] = self._ways.pop(name)
        except (ServerAway, StoreUnavailable) as error:
            if str(error) != self._trouble:
                self._say(f"{error} Files wait.")
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _settled(self) -> Iterator[str]:
        now, found = self._clock(), {}
        for path in sorted(self._folder.iterdir()):
            name = path.name
            if name in self._ways or not _is_meant(path):
                continue
            try:
                facts = path.stat()
            except FileNotFoundError:  # taken away just now
                continue
            before = self._seen.get(name)
            same = before is not None and (before.size, before.changed) == (facts.st_size, facts.st_mtime_ns)
            since = before.since if before is not None and same else now
            found[name] = Seen(facts.st_size, facts.st_mtime_ns, since)
        self._seen = found
        for name, seen in list(found.items()):
            if now - seen.since >= (self._settle if seen.size else max(self._settle, EMPTY_SECONDS)):
                del self._seen[name]
                yield name

    def _go_on(self, name: str, way: OnItsWay) -> None:
        try:
            batch = self._sent(name, way) if way.batch is None else self._here.batch(way.batch)
        except (InputRefused, NotFound, StillOpen) as error:
            self._put_away(name, way, reasons=[str(error)])
            return
        if batch is not None and not batch.is_open:
            self._end(name, way, batch)

    def _sent(self, name: str, way: OnItsWay) -> Batch | None:
        path = self._folder / name
        if not path.exists():  # somebody has taken it away before it was sent
            self._forget(name)
            return None
        batch = self._here.submit([path], settings=self._settings, key=way.key)
        way.batch, way.refused = batch.id, dict(batch.not_taken)
        self._keep()
        self._say(f"{name}: sent")
        return batch

    def _end(self, name: str, way: OnItsWay, batch: Batch) -> None:
        files = list(self._here.files(batch.id))
        reasons = [f"{it}: {why}" for it, why in way.refused.items()]
        reasons += [_why(file) for file in files if file.task is None or not file.task.has_result]
        folder = self._folder / (FAILED if reasons else DONE)
        folder.mkdir(exist_ok=True)
        for file in files:
            own = "" if len(files) == 1 else f" - {plain_name(file.label)}"
            for ending, data in contents_of(self._here, file, self._form):
                with replacing(folder / f"{way.target}{own}{ending}") as there:
                    there.write(data)
        self._put_away(name, way, reasons=reasons)

    def _put_away(self, name: str, way: OnItsWay, *, reasons: list[str]) -> None:
        folder = self._folder / (FAILED if reasons else DONE)
        folder.mkdir(exist_ok=True)
        if reasons:
            self.failed += 1
            with replacing(folder / f"{way.target}{_REASON}") as there:
                there.write("\n".join([*reasons, ""]).encode("utf-8", "replace"))
        path = self._folder / name
        if path.exists():
            path.rename(folder / way.target)
        self._forget(name)
        self._say(f"{name}: {reasons[0]}" if reasons else f"{name}: done")

    def _forget(self, name: str) -> None:
        del self._ways[name]
        self._keep()

    def _keep(self) -> None:
        with replacing(self._folder / STATE) as file:
            file.write(json.dumps({name: asdict(way) for name, way in self._ways.items()}, indent=1).encode())

    def _free(self, name: str) -> str:
        """A name that nothing has where the file may end."""
        taken = {way.target for way in self._ways.values()}
        path, number = Path(name), 2
        target = name
        while target in taken or any((self._folder / end / target).exists() for end in (DONE, FAILED)):
            target, number = f"{path.stem} ({number}){path.suffix}", number + 1
        return target


def _is_meant(path: Path) -> bool:
    """Whether it is a file to send: no folder, link, hidden or unfinished one."""
    name = path.name
    if name.startswith((".", "~")) or name.endswith("~") or path.suffix.lower() in _UNFINISHED:
        return False
    return path.is_file() and not path.is_symlink()


def _why(file: BatchFile) -> str:
    state = (file.task.state if file.task else file.state).replace("_", " ")
    return f"{file.label}: {state}. {file.detail}".rstrip()


def _read(path: Path) -> dict[str, OnItsWay]:
    try:
        return {name: OnItsWay(**way) for name, way in json.loads(path.read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        raise InputRefused(
            f"{path} cannot be read. It says what of this folder was sent: mend it, or remove it to send everything "
            "in the folder anew."
        ) from None
