"""Many results in one flat file: texts under each other, a spreadsheet, or JSON Lines. One result is in memory."""

import json
from collections.abc import Iterable, Iterator
from typing import Literal

from dashboard.results.exports import MaskStyle, with_masks
from dashboard.results.spreadsheets import csv_beginning, csv_line, too_long
from dashboard.services.result_reading import StoredResult

Flat = Literal["txt", "csv", "jsonl"]

_AT_ONCE = 1_000_000
"""Characters of a text that are written at once."""

_RULE = "=" * 72


def written_as(kind: Flat, results: Iterable[StoredResult], masks: MaskStyle) -> Iterator[bytes]:
    """The file in pieces, at least one for each result.

    Args:
        kind: ``txt`` with a heading above each text, ``csv`` with a line for each result, ``jsonl`` with an object.
        results: in the order they are written.
        masks: how masked words are written; JSON Lines says where they are instead, in the text as it came.
    """
    if kind == "csv":
        yield from _as_csv(results, masks)
    elif kind == "jsonl":
        for result in results:
            yield from _as_json_line(result)
    else:
        yield from (_as_section(result, masks) for result in results)


def _as_csv(results: Iterable[StoredResult], masks: MaskStyle) -> Iterator[bytes]:
    named = False
    for result in results:
        facts = {"id": result.task.id, **result.facts.facts, "text": _text(result, masks)}
        cells = {name: _cell(value) for name, value in facts.items()}
        said, text = too_long(cells), cells.pop("text")
        row = {**cells, "remarks": said, "text": text}  # behind the text Excel may lose its way
        if not named:
            yield csv_beginning(list(row))
            named = True
        yield csv_line(list(row.values()))


def _as_json_line(result: StoredResult) -> Iterator[bytes]:
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


def _as_section(result: StoredResult, masks: MaskStyle) -> bytes:
    about = f"{result.task.task_id} · {result.task.state.replace('_', ' ')}"
    return as_section(result.title, about, _text(result, masks) or "(no text)")


def as_section(title: str, about: str, text: str) -> bytes:
    """One of several texts in a file, below a heading."""
    return f"{_RULE}\n{title}\n{about}\n{_RULE}\n\n{text}\n\n".encode("utf-8", "replace")


def _text(result: StoredResult, masks: MaskStyle) -> str:
    return with_masks(result.text or "", result.masks, masks)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list) else value
