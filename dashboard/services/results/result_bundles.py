"""Many results in one file, made while it is sent: a ZIP of files, or texts in one. One result is in memory."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.logs import get_logger
from dashboard.results import offline_index
from dashboard.results.exports import MaskStyle, TextStyle, as_text, with_masks
from dashboard.results.spreadsheets import csv_beginning, csv_line, too_long
from dashboard.services.results.part_bytes import with_bytes
from dashboard.services.results.result_reading import StoredResult, iso, part_name, read_some
from dashboard.services.results.zip_stream import ZipStream
from dashboard.services.team_scope import TeamScope

log = get_logger(__name__)

_AT_ONCE = 1_000_000
"""Characters of a text that are written at once."""

_RULE = "=" * 72

_MANIFEST: Mapping[str, Callable[[StoredResult], object]] = {
    "id": lambda it: it.task.id,
    "task ID": lambda it: it.task.task_id,
    "label": lambda it: it.task.label,
    "operation": lambda it: it.task.operation,
    "trial": lambda it: "yes" if it.task.trial else "no",
    "state": lambda it: it.task.state,
    "submitted (UTC)": lambda it: iso(it.task.submitted_at),
    "completed (UTC)": lambda it: iso(it.task.completed_at),
    "words": lambda it: sum(part.words for part in it.parts),
    "masked words": lambda it: len(it.masks),
}
"""What is said of the result that a file belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be written, and how.

    Attributes:
        task_refs: in the order they are written; those without a result are left out.
        masks: how masked words are written.
        corrected: whether a correction takes the place of the text as recognised.
    """

    team: TeamScope
    task_refs: Sequence[int]
    masks: MaskStyle
    corrected: bool

    def stored(self, *, with_bytes: bool = False) -> Iterator[StoredResult]:
        """The results as they were recognised, read as they are wanted."""
        found = read_some(self.team, self.task_refs, with_bytes=with_bytes)
        return (one for one in found if one.parts)

    def results(self) -> Iterator[StoredResult]:
        """The same with the corrections that are wanted."""
        return (one.corrected() if self.corrected else one for one in self.stored())


def as_zip(chosen: Chosen) -> Iterator[bytes]:
    """``texts/`` readable texts, with the corrected ones beside them, and ``parts/`` the service's files.

    With them ``manifest.csv`` with SHA-256 of each, ``SHA256SUMS``, and ``index.html``, which opens offline.
    """
    manifest: list[bytes] = [csv_beginning(["file", "sha256", "bytes", *_MANIFEST])]
    sums: list[str] = []
    files: dict[int | None, list[str]] = {}
    with ZipStream(chosen.team.clock()) as made:
        for result in chosen.stored(with_bytes=True):
            about = [told(result) for told in _MANIFEST.values()]
            for name, data, made_at in _files(result, chosen):
                digest = hashlib.sha256(data).hexdigest()
                manifest.append(csv_line([name, digest, len(data), *about]))
                sums.append(f"{digest}  {name}\n")
                files.setdefault(result.task.id, []).append(name)
                yield from made.add(name, data, made_at)
        yield from made.add_pieces("index.html", _index(chosen, files))
        yield from made.add("manifest.csv", b"".join(manifest))
        yield from made.add("SHA256SUMS", "".join(sums).encode())
    yield made.take()
    log.info("results.exported", team=chosen.team.team_id, files=len(sums))


def as_csv(chosen: Chosen) -> Iterator[bytes]:
    """A line for each result."""
    named = False
    for result in chosen.results():
        facts = {"id": result.task.id, **result.facts.facts, "text": _text(result, chosen.masks)}
        cells = {name: _cell(value) for name, value in facts.items()}
        said, text = too_long(cells), cells.pop("text")
        row = {**cells, "remarks": said, "text": text}  # behind the text Excel may lose its way
        if not named:
            yield csv_beginning(list(row))
            named = True
        yield csv_line(list(row.values()))


def as_json_lines(chosen: Chosen) -> Iterator[bytes]:
    """An object for each result, which says where masked words are in the text as it came."""
    for result in chosen.results():
        places = [{"start": mask.start, "end": mask.end, "line": mask.line} for mask in result.masks]
        facts = {"id": result.task.id, **result.facts.facts}
        yield json.dumps(facts)[:-1].encode("ascii") + b', "text": '
        if result.text is None:
            yield b"null"
        else:
            yield b'"'
            for start in range(0, len(result.text), _AT_ONCE):  # escaped, a text may be six times as long
                yield json.dumps(result.text[start : start + _AT_ONCE])[1:-1].encode("ascii")
            yield b'"'
        yield b', "masks": ' + json.dumps(places).encode("ascii") + b"}\n"


def as_sections(chosen: Chosen) -> Iterator[bytes]:
    """The texts under each other, a heading above each."""
    for result in chosen.results():
        about = f"{result.task.task_id} · {result.task.state.replace('_', ' ')}"
        yield as_section(result.title, about, _text(result, chosen.masks) or "(no text)")


def as_section(title: str, about: str, text: str) -> bytes:
    """One of several texts in a file, below a heading."""
    return f"{_RULE}\n{title}\n{about}\n{_RULE}\n\n{text}\n\n".encode("utf-8", "replace")


def _files(result: StoredResult, chosen: Chosen) -> Iterator[tuple[str, bytes, datetime | None]]:
    """Name, content, and when it was stored."""
    task, task_ref, style = result.task, result.task.id or 0, TextStyle(masks=chosen.masks)
    if result.text is not None:
        name = f"texts/{task_ref} {result.file_name('.txt')}"
        yield name, as_text(result.text, result.masks, style), task.completed_at
    if result.correction is not None:
        better, name = result.corrected(), f"texts/{task_ref} {result.file_name('.corrected.txt')}"
        yield name, as_text(better.text or "", better.masks, style), result.correction.created_at
    for part in with_bytes(chosen.team, task_ref, result.parts):
        yield f"parts/{task_ref} {part_name(task, part)}", part.data, task.completed_at


def _index(chosen: Chosen, files: Mapping[int | None, list[str]]) -> Iterator[bytes]:
    yield offline_index.beginning("Results")
    for result in chosen.stored():
        facts = [result.task.task_id, result.task.state.replace("_", " ")]
        if result.masks:
            facts.append(f"{len(result.masks)} masked")
        yield offline_index.entry(
            result.title,
            facts,
            result.text or "",
            result.masks,
            saved_at=result.task.completed_at,
            files=files.get(result.task.id, ()),
        )
    yield offline_index.ending()


def _text(result: StoredResult, masks: MaskStyle) -> str:
    return with_masks(result.text or "", result.masks, masks)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list) else value
