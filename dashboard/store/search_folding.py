"""Text as the full-text index and its queries see it: words, folded as :mod:`dashboard.folding` says. Pure.

Both databases get the same words from here, so both find the same; neither's own idea of a word is asked.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from dashboard.folding import GAP, INVISIBLE, JOINT, breaks, joined, letters

LONGEST_WORD = 64
"""Characters of a word; the rest is cut."""

_PIECE = 50_000
_SPACE = re.compile(r"(?<=\w)\s")
"""Behind a word that does not go on after a line end."""

_AROUND = 3
"""Words on either side of a broken one that are found beside its pieces."""

# Written without spaces: each character is a word of its own, and a run of them is looked for as a phrase.
# Chinese and Japanese; Thai and Lao; Burmese; Khmer.
_ALONE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3"
)
# Accents and vowel signs belong to the letter before; Python's \w leaves them out.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0900-\u0963\u0966-\u0df3\u0f18-\u0f19\u0f35-\u0f39\u0f71-\u0f84\u0f90-\u0fbc"
)


@cache  # and not while programs start: whole planes of characters take a tenth of a second
def _word() -> re.Pattern[str]:
    return re.compile(f"[{_ALONE}]|{GAP}[0-9]+|(?:[^\\W_{_ALONE}]|[{_MARKS}{JOINT}])+")


@cache
def _run() -> re.Pattern[str]:
    """Of a text as it came: a run that becomes one word or more, with what is dropped from it."""
    return re.compile(
        f"[{_ALONE}][\u3099\u309a]*|(?:[^\\W_{_ALONE}]|[{_MARKS}\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed{INVISIBLE}])+"
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A word, and where it stands in the text as it came."""

    word: str
    start: int
    end: int


def fold(text: str, masks: Sequence[tuple[int, int]] = ()) -> list[str]:
    """The words of a text, in order; one that is broken at a line end is whole.

    Args:
        text: anything.
        masks: start and end of each masked word, in order; each becomes one word as :func:`gap_word` gives it.
    """
    return list(_wholes(_tokens(text, masks)))


def folded_text(text: str, masks: Sequence[tuple[int, int]] = ()) -> str:
    """The words of a text parted by blanks, as :func:`fold` gives them; long texts are folded in pieces.

    At the end stand once more the words that are broken at a line end, in their pieces and with the words beside
    them: nobody but the reader knows whether it was ``well-known`` that was broken.
    """
    pieces: list[str] = []
    apart: list[str] = []
    start = done = 0
    while start < len(text):
        end = _piece_end(text, start)
        here: list[tuple[int, int]] = []
        while done < len(masks) and masks[done][0] < end:
            here.append((masks[done][0] - start, masks[done][1] - start))
            end = max(end, masks[done][1])
            done += 1
        tokens = _tokens(text[start:end], here)
        pieces.append(" ".join(_wholes(tokens)))
        apart += _apart(tokens)
        start = end
    return " ".join(filter(None, [*pieces, *apart]))


def gap_word(length: int) -> str:
    """The word that stands for a masked word of so many characters; no text folds to it."""
    return f"{GAP}{length}"


_PARTED = gap_word(0)
"""Stands between words that are not beside each other; no masked word is as short."""


def with_places(text: str, *, apart: bool = False) -> Iterator[Place]:
    """The words of a text with their places; masked words are left out.

    Args:
        text: as it came.
        apart: give the pieces of words that are broken at a line end instead of the whole words.
    """
    goes_on = {} if apart else dict(breaks(text))
    ends = sorted(goes_on)
    start, end, place = -1, -1, 0
    for found in _run().finditer(text):
        while place < len(ends) and goes_on[ends[place]] < found.start():
            place += 1
        if start >= 0 and place < len(ends) and goes_on[ends[place]] == found.start():
            end = found.end()
            continue
        yield from _places(text, start, end)
        start, end = found.span()
    yield from _places(text, start, end)


def _places(text: str, start: int, end: int) -> Iterator[Place]:
    if start >= 0:
        for word in _words_of(text[start:end]):
            yield Place(word, start, end)


@lru_cache(maxsize=20_000)
def _words_of(run: str) -> tuple[str, ...]:
    return tuple(fold(run))


def _piece_end(text: str, start: int) -> int:
    """Where a piece of a text ends: at white space, or in the middle of a word that is longer than any."""
    wanted = start + _PIECE
    found = _SPACE.search(text, wanted, wanted + _PIECE)
    return found.start() if found else min(len(text), wanted)


def _tokens(text: str, masks: Sequence[tuple[int, int]]) -> list[str]:
    """The words of a text, with a joint where one is broken at a line end."""
    return _word().findall(_folded(text, masks))


def _wholes(tokens: Sequence[str]) -> Iterable[str]:
    """The words themselves, without the joints and none too long."""
    if not _has_broken(tokens) and max(map(len, tokens), default=0) <= LONGEST_WORD:
        return tokens  # as nearly always
    return filter(None, (token.replace(JOINT, "")[:LONGEST_WORD] for token in tokens))


def _has_broken(tokens: Sequence[str]) -> bool:
    return JOINT in "".join(tokens)


def _apart(tokens: Sequence[str]) -> list[str]:
    """The pieces of broken words with what stands beside them; each word at most once."""
    words: list[str] = []
    done = 0
    if not _has_broken(tokens):
        return words
    for place, token in enumerate(tokens):
        if JOINT not in token:
            continue
        first = place - _AROUND
        if first > done or not words:
            words.append(_PARTED)
        some = tokens[max(first, done) : place + _AROUND + 1]
        words += [piece[:LONGEST_WORD] for one in some for piece in one.split(JOINT) if piece]
        done = max(done, place + _AROUND + 1)
    return words


def _folded(text: str, masks: Sequence[tuple[int, int]]) -> str:
    if not masks:
        return letters(joined(text))
    pieces: list[str] = []
    done = 0
    for start, end in masks:
        pieces += (letters(joined(text[done:start])), f" {gap_word(end - start)} ")
        done = end
    pieces.append(letters(joined(text[done:])))
    return "".join(pieces)
