"""The piece of a text that shows why it was found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

from dashboard.folding import breaks
from dashboard.results.masks import Mask
from dashboard.results.spans import split
from dashboard.store.search_folding import Place, folded_text, with_places
from dashboard.store.search_query import Query, Term

LENGTH = 260
"""Characters of a snippet."""

_BEFORE = 70
"""Characters before what was found."""

_PIECE = 2_000
_OVERLAP = 1_000
_MOST_PIECES = 30
"""Pieces that hold what was looked for as letters; a text in which they are never the words is given up."""


class Kind(Enum):
    """What a piece of a snippet is."""

    PLAIN = "plain"
    HIT = "hit"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of the text as it came."""

    text: str
    kind: Kind


class _Mark(NamedTuple):
    start: int
    end: int
    kind: Kind


def snippet(text: str, query: Query | None, masks: Sequence[Mask] = ()) -> tuple[Piece, ...]:
    """A few lines of a text with what was looked for marked; its beginning when nothing is found in it.

    Args:
        text: as it came.
        query: what was looked for; None for nothing.
        masks: of a trial text; all of them in the shown piece are marked as gaps.
    """
    hits = _hits(text, query) if query is not None else []
    if hits:
        first = hits[0][0]
    elif query is not None and masks:
        lengths = {length for term in query.wanted for length in term.lengths}
        first = next((mask.start for mask in masks if mask.end - mask.start in lengths), 0)
    else:
        first = 0
    start = _word_start(text, first - _BEFORE)
    end = min(len(text), start + LENGTH)
    marks = [_Mark(*hit, Kind.HIT) for hit in hits] + [
        _Mark(mask.start, mask.end, Kind.GAP) for mask in masks
    ]
    pieces = split(text, sorted(marks, key=attrgetter("start")), start, end)
    return tuple(Piece(piece, mark.kind if mark else Kind.PLAIN) for piece, mark in pieces)


def _hits(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the first hits are; those of the first piece of the text that has any are enough for a snippet."""
    looked_at = 0
    for start in range(0, len(text), _PIECE):
        # A little more than the piece: for phrases, and for what a snippet shows behind its first hit.
        piece = text[start : start + _PIECE + _OVERLAP]
        plain = folded_text(piece)
        if not any(term.words[0] in plain for term in query.wanted):
            continue
        hits = _hits_in(piece, query)
        if hits and hits[0][0] < _PIECE:
            return [(start + begins, start + ends) for begins, ends in hits]
        looked_at += 1
        if looked_at == _MOST_PIECES:
            break
    return []


def _hits_in(piece: str, query: Query) -> list[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for apart in (False, True) if breaks(piece) else (False,):
        places = list(with_places(piece, apart=apart))
        starts: dict[str, list[int]] = {}
        for number, place in enumerate(places):
            starts.setdefault(place.word, []).append(number)
        found.update(hit for term in query.wanted for hit in _hits_of(term, places, starts))
    return sorted(found)


def _hits_of(term: Term, places: list[Place], starts: dict[str, list[int]]) -> list[tuple[int, int]]:
    *_, last = term.words
    if term.prefix and len(term.words) == 1:
        return [(place.start, place.end) for place in places if place.word.startswith(last)]
    found = []
    for number in starts.get(term.words[0], ()):
        run = places[number : number + len(term.words)]
        words = [place.word for place in run]
        same = words[:-1] == list(term.words[:-1]) and len(words) == len(term.words)
        if same and (words[-1].startswith(last) if term.prefix else words[-1] == last):
            found.append((run[0].start, run[-1].end))
    return found


def _word_start(text: str, wanted: int) -> int:
    """The beginning of a word near a place, so that a snippet does not begin in the middle of one."""
    if wanted <= 0:
        return 0
    for offset in range(wanted, min(len(text), wanted + _BEFORE // 2)):
        if text[offset].isspace():
            return offset + 1
    return wanted
