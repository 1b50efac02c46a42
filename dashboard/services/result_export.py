"""Taking results out: one in the format somebody wants, many as a ZIP that is made while it is sent."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from dashboard.counts import count_of
from dashboard.errors import InputRefused, NotFound, StillOpen
from dashboard.logs import get_logger
from dashboard.models import Action, State
from dashboard.models.limits import LONGEST_WRITTEN
from dashboard.results import offline_index
from dashboard.results.exports import (
    AS_IT_IS,
    MaskStyle,
    TextStyle,
    as_json,
    as_markdown,
    as_text,
)
from dashboard.results.files import file_name
from dashboard.results.spreadsheets import csv_beginning, csv_line
from dashboard.services.part_bytes import with_bytes
from dashboard.services.result_bundles import Flat, written_as
from dashboard.services.result_reading import ResultReader, StoredResult, iso
from dashboard.services.task_detail import Download
from dashboard.services.team_scope import TeamScope
from dashboard.services.zip_stream import ZipStream
from dashboard.store import board as board_rows
from dashboard.store.board import BoardFilter

log = get_logger(__name__)

MOST = 100_000
"""Results in one file."""

Format = Literal["txt", "md", "json"]
Bundle = Literal["zip"] | Flat

_MANIFEST = (
    "file",
    "sha256",
    "bytes",
    "id",
    "task ID",
    "label",
    "operation",
    "trial",
    "state",
    "submitted (UTC)",
    "completed (UTC)",
    "words",
    "masked words",
)


class ResultExport:
    """Hands out the results of one team; every role may."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team
        self._reader = ResultReader(team)

    def one(
        self, task_ref: int, kind: Format, style: TextStyle = AS_IT_IS, *, corrected: bool = False
    ) -> Download:
        """One result as a file, on demand with its corrected text; the log says who took it.

        Raises:
            NotFound: when there is no such task, or its result has no text.
            InputRefused: when the text is too long for the format.
            StillOpen: while there is no result.
        """
        found = self._reader.read(task_ref)
        if corrected:
            found = found.corrected()
        if State(found.task.state).is_open:
            raise StillOpen(f"The task is still {found.task.state}.")
        if found.text is None:
            raise NotFound(f"The task is {found.task.state.replace('_', ' ')} and has no text.")
        if kind != "txt" and len(found.text) > LONGEST_WRITTEN:
            raise InputRefused(
                f"This text is longer than {LONGEST_WRITTEN:,} characters. Take it as plain text."
            )
        data, media_type = _written(found, found.text, kind, style)
        with self._team.writing() as session:
            self._team.note(session, Action.RESULT_DOWNLOADED, found.task.task_id)
        name = file_name(found.task.label, found.task.task_id, extension=f".{kind}")
        return Download(name=name, media_type=media_type, data=data)

    def matching(self, wanted: BoardFilter) -> list[int]:
        """Our IDs of the tasks with a result that a filter leaves, newest first; raises InputRefused beyond MOST."""
        with self._team.reading() as session:
            found = board_rows.ids_with_result(
                session=session,
                team_id=self._team.team_id,
                wanted=wanted,
                now=self._team.clock(),
                limit=MOST + 1,
            )
        if len(found) > MOST:
            raise InputRefused(f"These are more than {MOST:,} results. Narrow the filter.")
        return found

    def many(
        self,
        task_refs: Sequence[int],
        masks: MaskStyle = MaskStyle.ASTERISKS,
        *,
        kind: Bundle = "zip",
        corrected: bool = False,
    ) -> Iterator[bytes]:
        """Results as one file, in pieces, while it is made; unknown tasks and such without a result are left out.

        A ZIP holds ``texts/`` readable texts, with the corrected ones beside them, ``parts/`` the service's files,
        ``manifest.csv`` with SHA-256 of each, ``SHA256SUMS``, and ``index.html``, which opens offline. The other
        kinds hold the texts and what is known about them: one text with headings, a spreadsheet, or one JSON
        object a line; ``corrected`` says whether a correction takes the place of the text as recognised.

        Raises:
            InputRefused: for more than MOST tasks, before the first piece.
        """
        if len(task_refs) > MOST:
            raise InputRefused(f"These are more than {MOST:,} results. Select fewer.")
        with self._team.writing() as session:
            self._team.note(session, Action.RESULT_DOWNLOADED, count_of(len(task_refs), "result"))
        distinct, style = list(dict.fromkeys(task_refs)), TextStyle(masks=masks)
        if kind == "zip":
            return self._pieces(distinct, style)
        results = self._reader.read_all(distinct)
        return written_as(kind, (one.corrected() for one in results) if corrected else results, masks)

    def _pieces(self, task_refs: Sequence[int], style: TextStyle) -> Iterator[bytes]:
        manifest: list[bytes] = [csv_beginning(_MANIFEST)]
        sums: list[str] = []
        files: dict[int | None, list[str]] = {}
        with ZipStream(self._team.clock()) as made:
            for result in self._reader.read_all(task_refs):
                about = _about(result)
                for name, data, made_at in self._files(result, style):
                    digest = hashlib.sha256(data).hexdigest()
                    manifest.append(csv_line([name, digest, len(data), *about]))
                    sums.append(f"{digest}  {name}\n")
                    files.setdefault(result.task.id, []).append(name)
                    yield from made.add(name, data, made_at)
            yield from made.add_pieces("index.html", self._index(task_refs, files))
            yield from made.add("manifest.csv", b"".join(manifest))
            yield from made.add("SHA256SUMS", "".join(sums).encode())
        yield made.take()
        log.info("results.exported", team=self._team.team_id, files=len(sums))

    def _index(self, task_refs: Sequence[int], files: Mapping[int | None, list[str]]) -> Iterator[bytes]:
        yield offline_index.beginning("Results")
        for result in self._reader.read_all(task_refs):
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

    def _files(self, result: StoredResult, style: TextStyle) -> Iterator[tuple[str, bytes, datetime | None]]:
        """Name, content, and when it was stored."""
        task, task_ref = result.task, result.task.id or 0
        if result.text is not None:
            name = file_name(task.label, task.task_id, extension=".txt")
            yield f"texts/{task_ref} {name}", as_text(result.text, result.masks, style), task.completed_at
        if result.correction is not None:
            better, name = result.corrected(), file_name(task.label, task.task_id, extension=".corrected.txt")
            yield (
                f"texts/{task_ref} {name}",
                as_text(better.text or "", better.masks, style),
                result.correction.created_at,
            )
        for part in with_bytes(self._team, task_ref, result.parts):
            name = file_name(task.label, task.task_id, extension=part.extension, part=part.position + 1)
            yield f"parts/{task_ref} {name}", part.data, task.completed_at


def _written(result: StoredResult, text: str, kind: Format, style: TextStyle) -> tuple[bytes, str]:
    if kind == "md":
        return as_markdown(text, result.masks, result.facts, style.masks), "text/markdown; charset=utf-8"
    if kind == "json":
        return as_json(text, result.masks, result.facts), "application/json"
    return as_text(text, result.masks, style), "text/plain; charset=utf-8"


def _about(result: StoredResult) -> list[object]:
    task = result.task
    return [
        task.id,
        task.task_id,
        task.label,
        task.operation,
        "yes" if task.trial else "no",
        task.state,
        iso(task.submitted_at),
        iso(task.completed_at),
        sum(part.words for part in result.parts),
        len(result.masks),
    ]
