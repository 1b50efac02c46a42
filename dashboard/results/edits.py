"""What a person changed in a text: segments that are equal, removed or added.

Bounded as :mod:`dashboard.results.alignment` is: a long stretch of ever the same words may show as replaced as a
whole, but the segments always rejoin to both texts exactly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from operator import itemgetter

from dashboard.results.alignment import matching_runs

_SIGN = "\u2e80-\u2fdf\u3040-\u3098\u309b-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese, Japanese and Korean: each sign is compared by itself, for no spaces part the words."""

_MARK = "\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_POINT = "!-/:-@\\[-`{-~\u2010-\u205e\u3000-\u303f\uff01-\uff0f"
_WORD = re.compile(rf"[{_SIGN}][{_MARK}]*|[^\s{_POINT}{_SIGN}]+|\S")
"""One sign with its marks; or a word, accents included; or one of anything else that is not white space."""


class Change(Enum):
    """Which of two texts a segment is in."""

    EQUAL = "equal"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text that is in both texts, in the original only, or in the edited one only; never empty."""

    change: Change
    text: str


def diff(original: str, edited: str) -> tuple[Segment, ...]:
    """Compare a text with its correction, word by word, punctuation by itself.

    Equal and removed segments rejoin to the original, equal and added ones to the edited text. Where something is
    replaced, the removed segment comes first.

    Args:
        original: as recognised.
        edited: as corrected by a person.
    """
    pieces = (piece for piece in _pieces(original, edited) if piece[1])
    return tuple(
        Segment(change, "".join(text for _, text in same))
        for change, same in groupby(pieces, key=itemgetter(0))
    )


def _pieces(original: str, edited: str) -> Iterator[tuple[Change, str]]:
    ours, theirs = (list(_WORD.finditer(text)) for text in (original, edited))
    done = edited_done = 0
    for run in matching_runs([unit[0] for unit in ours], [unit[0] for unit in theirs]):
        for step in range(run.length):
            ours_next, theirs_next = ours[run.first + step], theirs[run.second + step]
            yield from _between(original[done : ours_next.start()], edited[edited_done : theirs_next.start()])
            yield Change.EQUAL, ours_next[0]
            done, edited_done = ours_next.end(), theirs_next.end()
    yield from _between(original[done:], edited[edited_done:])


def _between(removed: str, added: str) -> Iterator[tuple[Change, str]]:
    """What differs between two units that are equal; white space at both ends may still be the same."""
    if removed == added:
        yield Change.EQUAL, removed
        return
    start = _same_space(removed, added)
    left, right = removed[start:], added[start:]
    end = _same_space(left[::-1], right[::-1])
    yield Change.EQUAL, removed[:start]
    yield Change.REMOVED, left[: len(left) - end]
    yield Change.ADDED, right[: len(right) - end]
    yield Change.EQUAL, left[len(left) - end :]


def _same_space(first: str, second: str) -> int:
    """How many characters of white space both begin with."""
    length = 0
    while (
        length < min(len(first), len(second)) and first[length] == second[length] and first[length].isspace()
    ):
        length += 1
    return length
