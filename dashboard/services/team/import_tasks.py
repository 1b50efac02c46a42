"""The tasks of an import, each with all that belongs to it: made ready without the database, then written at once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from sqlmodel import Session

from dashboard.models import Attempt, Base, Correction, MaskFlip, Part, Searchable, Source, State, Task
from dashboard.results import sniffing
from dashboard.services.library.indexing import Indexing, searchable
from dashboard.services.team import export_lines
from dashboard.services.team.export_file import ExportFile
from dashboard.store import sources, team_rows

Row = dict[str, Any]

_KINDS = {kind.media_type: kind for kind in vars(sniffing).values() if isinstance(kind, sniffing.FileType)}


@dataclass(slots=True)
class Numbers:
    """The new numbers of what an import has put in, by those of the export."""

    team_id: int
    now: datetime
    tokens: dict[int, int] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    keys: dict[int, int] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)
    tasks: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Piece:
    """One task made ready.

    Attributes:
        number: of the export.
        due: when it is asked about next; None for finished ones.
        task: its columns.
        rows: what belongs to it, by table; each is still to be given the task's new number.
        ready: its text for the index.
        size: characters and bytes of it all, roughly.
    """

    number: int
    due: datetime | None
    task: Row
    rows: dict[type[Base], list[Row]]
    ready: Searchable | None
    size: int


def piece_of(file: ExportFile, said: Row, numbers: Numbers) -> Piece:
    """Make a task ready whose line says this; raises InputRefused."""
    number, is_open = said["id"], State(said["state"]).is_open
    if number in numbers.tasks:
        raise file.refusal(f"task {number} is in it twice")
    task = plain(said) | {
        "team_id": numbers.team_id,
        "credential_id": numbers.tokens.get(said["credential_id"]),
        "next_poll_at": None,  # nobody asks before everything is in
    }
    del task["id"]
    # An open one is asked about here as well, and stored then; what belongs to an answer comes with that.
    parts = (
        []
        if is_open
        else [_part(file, line) for line in file.listed(f"facts/{number}.jsonl", export_lines.PART)]
    )
    rows: dict[type[Base], list[Row]] = {
        Part: parts,
        Attempt: _lines(file, f"attempts/{number}.jsonl", export_lines.ATTEMPT),
        Correction: _lines(file, f"corrections/{number}.jsonl", export_lines.CORRECTION)[::-1],
        MaskFlip: _lines(file, f"masks/{number}.jsonl", export_lines.MASK),
        Source: [_source(file, line) for line in file.listed(f"sources/{number}.jsonl", export_lines.SOURCE)],
    }
    flipped = frozenset(row["start"] for row in rows[MaskFlip])
    texts = [(part["media_type"], part["text"]) for part in parts]
    return Piece(
        number=number,
        due=(said["next_poll_at"] or numbers.now) if is_open else None,
        task=task,
        rows=rows,
        ready=searchable(texts, trial=said["trial"], flipped=flipped),
        size=sum(len(part["data"]) + len(part["text"] or "") for part in parts)
        + sum(len(row["data"]) for row in rows[Source])
        + 100 * sum(map(len, rows.values())),
    )


def put(session: Session, pieces: Sequence[Piece], indexing: Indexing) -> dict[int, int]:
    """Store tasks with all that belongs to them, in the index as well; their new numbers by the old ones."""
    new = team_rows.put_numbered(session=session, table=Task, rows=[piece.task for piece in pieces])
    for table in (Part, Attempt, Correction, MaskFlip):
        rows = [
            {**row, "task_ref": task_ref}
            for piece, task_ref in zip(pieces, new, strict=True)
            for row in piece.rows[table]
        ]
        team_rows.put(session=session, table=table, rows=rows)
    for piece, task_ref in zip(pieces, new, strict=True):
        for row in piece.rows[Source][:1]:
            _put_source(session, piece.task["team_id"], task_ref, row)
    found = {
        task_ref: piece.ready for piece, task_ref in zip(pieces, new, strict=True) if piece.ready is not None
    }
    indexing.put(session, found)
    return {piece.number: task_ref for piece, task_ref in zip(pieces, new, strict=True)}


def _put_source(session: Session, team_id: int, task_ref: int, row: Row) -> None:
    """Once for all tasks that were made of it."""
    known = sources.known(session=session, team_id=team_id, digests=[row["sha256"]]).get(row["sha256"])
    if known is None:
        source = Source(team_id=team_id, **{name: value for name, value in row.items() if name != "data"})
        source_id = sources.add_whole(session=session, source=source, data=row["data"])
    else:
        source_id = known.source_id
    sources.link(session=session, task_ref=task_ref, source_id=source_id)


def plain(values: Row) -> Row:
    """The same with words as they are stored."""
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _lines(file: ExportFile, name: str, of: Any) -> list[Row]:  # noqa: ANN401 - a type of line
    return [plain(line) for line in file.listed(name, of)]


def _part(file: ExportFile, line: Row) -> Row:
    name, text_is_data = line.pop("file"), line.pop("text_is_data")
    data = _data(file, "results", name)
    if text_is_data:
        try:
            line["text"] = data.decode()
        except UnicodeDecodeError:
            raise file.refusal(f"{name!r} is no text, although it says so") from None
    kind = _KINDS.get(line["media_type"], sniffing.UNKNOWN)
    known = {"media_type": kind.media_type, "extension": kind.extension}
    return line | known | _counted(data)


def _source(file: ExportFile, line: Row) -> Row:
    name = line.pop("file")
    data = _data(file, "sources", name)
    kind = sniffing.image_type(data) or sniffing.binary_type(data) or sniffing.UNKNOWN
    return line | {"media_type": kind.media_type} | _counted(data)


def _data(file: ExportFile, folder: str, name: str) -> bytes:
    if not name.startswith(f"{folder}/"):
        raise file.refusal(f"{name!r} is not among the {folder}")
    return file.data(name)


def _counted(data: bytes) -> Row:
    return {"data": data, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
