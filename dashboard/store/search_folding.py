"""Text as the full-text index and its queries see it: words without case, accents and other differences. Pure.

Both databases get the same words from here, so both find the same; neither's own idea of a word is asked.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 64
"""Characters of a word; the rest is cut."""

_PIECE = 50_000
_SPACE = re.compile(r"\s")

_GAP = "\ue000"
"""Begins the word that stands for a masked one. A private character: nobody can type or recognise it."""

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
_WORD = re.compile(f"[{_ALONE}]|{_GAP}[0-9]+|(?:[^\\W_{_ALONE}]|[{_MARKS}])+")

_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# Of a text as it came: a run that becomes one word or more, with what is dropped from it.
_RUN = re.compile(
    f"[{_ALONE}]|(?:[^\\W_{_ALONE}]|[{_MARKS}\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed{_INVISIBLE}])+"
)
_DROPPED = re.compile(
    "[\u0300-\u036f"  # accents, after they were taken off their letters
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew vowel points
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"  # Arabic ones, and the stretch
    f"{_INVISIBLE}{_GAP}]"
)
_DIGITS = [code for code in range(0x0660, 0x1AA0) if unicodedata.category(chr(code)) == "Nd"]
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h",
        "\u0671": "\u0627",  # alef with wasla
        "\u0649": "\u064a", "\u06cc": "\u064a",  # ya without dots, Persian ya
        "\u0629": "\u0647",  # ta marbuta is typed as ha
        "\u06a9": "\u0643",  # Persian kaf
        **{chr(code): str(unicodedata.decimal(chr(code))) for code in _DIGITS},
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A word, and where it stands in the text as it came."""

    word: str
    start: int
    end: int


def fold(text: str, masks: Sequence[tuple[int, int]] = ()) -> list[str]:
    """The words of a text, in order.

    Args:
        text: anything.
        masks: start and end of each masked word, in order; each becomes one word as :func:`gap_word` gives it.
    """
    return [word[:LONGEST_WORD] for word in _WORD.findall(_folded(text, masks))]


def folded_text(text: str, masks: Sequence[tuple[int, int]] = ()) -> str:
    """The words of a text parted by blanks, as :func:`fold` gives them; long texts are folded in pieces."""
    pieces: list[str] = []
    start = done = 0
    while start < len(text):
        end = _piece_end(text, start)
        here: list[tuple[int, int]] = []
        while done < len(masks) and masks[done][0] < end:
            here.append((masks[done][0] - start, masks[done][1] - start))
            end = max(end, masks[done][1])
            done += 1
        pieces.append(" ".join(fold(text[start:end], here)))
        start = end
    return " ".join(filter(None, pieces))


def _piece_end(text: str, start: int) -> int:
    """Where a piece of a text ends: at white space, or in the middle of a word that is longer than any."""
    wanted = start + _PIECE
    found = _SPACE.search(text, wanted, wanted + _PIECE)
    return found.start() if found else min(len(text), wanted)


def gap_word(length: int) -> str:
    """The word that stands for a masked word of so many characters; no text folds to it."""
    return f"{_GAP}{length}"


def with_places(text: str) -> Iterator[Place]:
    """The words of a text with their places; masked words are left out."""
    for found in _RUN.finditer(text):
        for word in _words_of(found[0]):
            yield Place(word, found.start(), found.end())


@lru_cache(maxsize=20_000)
def _words_of(run: str) -> tuple[str, ...]:
    return tuple(fold(run))


def _folded(text: str, masks: Sequence[tuple[int, int]]) -> str:
    if not masks:
        return _plain(text)
    pieces: list[str] = []
    done = 0
    for start, end in masks:
        pieces += (_plain(text[done:start]), f" {gap_word(end - start)} ")
        done = end
    pieces.append(_plain(text[done:]))
    return "".join(pieces)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    taken_apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _DROPPED.sub("", taken_apart).translate(_LETTERS))
