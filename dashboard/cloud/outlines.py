"""What is kept of an envelope: as it came, with a size in place of every result's data.

The drop-in address puts the data in again and so gives the answer as the service gave it; support sees what was said.
"""

import json
import re
from collections.abc import Mapping, Sequence

from dashboard.cloud.service_words import storable
from dashboard.models import RawPart
from dashboard.redaction import redacted

ENVELOPE_LIMIT = 20_000
"""Characters of the kept envelope."""

_OUTLINED = 200
"""Entries of ``results`` in the kept envelope, which holds no more of them anyway."""

_DATA = re.compile(r'(?<!\\)"\s*data\s*"\s*:\s*"', re.IGNORECASE)
"""What stands before the data of an entry; within a string its quotes would be escaped."""


def outline(text: str, value: Mapping[str, object], parts: Sequence[RawPart]) -> str:
    """The envelope for keeping, without secrets and cut at :data:`ENVELOPE_LIMIT` characters.

    Args:
        text: the body as received.
        value: the same, read.
        parts: the entries of ``results``, in their order.
    """
    kept = _as_received(text, [part.data for part in parts if part.data is not None])
    if kept is None or len(parts) > _OUTLINED:
        bare = {key: _noted(item) if is_results(key) else item for key, item in value.items()}
        kept = json.dumps(bare, ensure_ascii=False)
    return storable(redacted(kept[: 2 * ENVELOPE_LIMIT]))[:ENVELOPE_LIMIT]


def is_results(key: str) -> bool:
    """Whether this is the key of the results, in any spelling."""
    return key.strip().replace("_", "").casefold() == "results"


def _as_received(text: str, data: Sequence[str]) -> str | None:
    """The text itself with notes; None where its data are written in some other way than plainly."""
    pieces: list[str] = []
    place = 0
    for one in data:
        found = _DATA.search(text, place)
        if found is None or not text.startswith(f'{one}"', found.end()):
            return None
        pieces += [text[place : found.end()], _note(one)]
        place = found.end() + len(one)
    if _DATA.search(text, place):
        return None
    return "".join([*pieces, text[place:]])


def _noted(results: object) -> object:
    if isinstance(results, list):
        return [_noted(entry) for entry in results[:_OUTLINED]]
    if isinstance(results, dict):
        return {
            key: _size(item) if key.strip().casefold() == "data" else item for key, item in results.items()
        }
    return _size(results)


def _size(data: object) -> object:
    if data is None:
        return None
    return _note(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False))


def _note(data: str) -> str:
    return f"<{len(data)} characters>"
