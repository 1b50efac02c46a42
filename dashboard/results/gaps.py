"""The masked words of a text as a list to walk through: place and surroundings.

Only what stands around the gaps is looked at, however long the text and its lines are.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.results.asterisks import Place

CONTEXT = 40
"""Characters shown on either side of a gap, at most."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One masked word with what stands around it.

    Attributes:
        number: 1-based, in reading order.
        start: offset of its first asterisk in the text, in characters.
        end: offset after its last asterisk; inner punctuation is included.
        line: 1-based; lines end with CR LF, CR or LF.
        before: what precedes it, on one line: each run of white space is one space.
        after: what follows it, likewise.
    """

    number: int
    start: int
    end: int
    line: int
    before: str
    after: str


def find_gaps(text: str, masks: Sequence[Place], *, context: int = CONTEXT) -> tuple[Gap, ...]:
    """List the gaps of a text.

    Args:
        text: of a trial task.
        masks: found in this very text, in reading order.
        context: the most characters to show on either side.

    Raises:
        ValueError: the masks are out of order or beyond the text.
    """
    return tuple(
        Gap(
            number=number,
            start=mask.start,
            end=mask.end,
            line=mask.line,
            before=_before(text, mask.start, context),
            after=_after(text, mask.end, context),
        )
        for number, mask in enumerate(_checked(text, masks), start=1)
    )


def strip(text: str, masks: Sequence[Place], *, cells: int) -> tuple[int, ...]:
    """Where the gaps are, for a bar of equal cells: how many begin in each part of the text.

    Raises:
        ValueError: there is no cell, or the masks are out of order or beyond the text.
    """
    if cells < 1:
        raise ValueError("A strip needs at least one cell.")
    counts = [0] * cells
    for mask in _checked(text, masks):
        counts[mask.start * cells // len(text)] += 1
    return tuple(counts)


def _checked(text: str, masks: Sequence[Place]) -> Iterator[Place]:
    done = 0
    for mask in masks:
        if not done <= mask.start < mask.end <= len(text):
            raise ValueError("The masks are not of this text, or not in reading order.")
        yield mask
        done = mask.end


def _before(text: str, end: int, limit: int) -> str:
    start = max(0, end - limit)
    window = text[start:end]
    if start and not text[start - 1].isspace():
        window = _from_second_word(window)
    return _SPACE.sub(" ", window).lstrip(" ")


def _after(text: str, start: int, limit: int) -> str:
    window = text[start : start + limit]
    following = text[start + limit : start + limit + 1]
    if following and not following.isspace():
        window = _to_last_space(window, is_accent=_is_accent(following))
    return _SPACE.sub(" ", window).rstrip(" ")


def _from_second_word(window: str) -> str:
    """Without the word that is cut; where there is no other, without the accents of a letter that is cut off."""
    space = _SPACE.search(window)
    if space and space.end() < len(window):
        return window[space.start() :]
    first = 0
    while first < len(window) and _is_accent(window[first]):
        first += 1
    return window[first:]


def _to_last_space(window: str, *, is_accent: bool) -> str:
    """Without the word that is cut; where there is no other, without the letter whose accents are cut off."""
    last = len(window)
    while last and not window[last - 1].isspace():
        last -= 1
    if window[:last].strip():
        return window[:last]
    last = len(window)
    while is_accent and last:
        last -= 1
        is_accent = _is_accent(window[last])
    return window[:last]


def _is_accent(character: str) -> bool:
    return unicodedata.category(character).startswith("M")
