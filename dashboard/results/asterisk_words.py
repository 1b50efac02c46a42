"""One word with asterisks in it: which runs of them can stand for a whole word.

Each look at a run is bounded by that run and its neighbours, so that one "word" of five million marks takes
no longer than a text of that length.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice

from dashboard.models.limits import MOST_ASTERISKS

LONGEST_WORD = 24
"""Longer runs of asterisks are rules or leaders; the longest words of running text have fewer letters."""

_CODE = frozenset("\\#%_")
_QUOTES = frozenset("\"'")
_KEYCAP = "\u20e3"
_EMOJI_STYLE = "\ufe0f"
_CONTRACTION = re.compile(r"\*(?:['\u2019]\*)+")
_ABBREVIATION = re.compile(r"\*(?:\.\*)+")

# These three look at kinds of characters (see _kind), not at characters.
_STRETCH = re.compile(r"\*+(?:[./~]+\*+)*")
_RUN = re.compile(r"\*+")
_JOINED_LONG_RUNS = re.compile(r"\.*\*{2,}(?:[./]+\*{2,})*\.*")


class TooManyAsterisks(ValueError):
    """A text that is not judged: telling all its asterisks apart would take too long."""


def visible(word: str) -> str:
    """The word without what nobody sees: joiners, soft hyphens, direction marks, byte order marks."""
    return word if word.isascii() else "".join(letter for letter in word if _kind(letter) != "~")


def runs_in_word(word: str, *, in_parenthesis: bool) -> list[tuple[int, int, bool]]:
    """Where each stretch of asterisks begins and ends, and whether it can stand for a word.

    Args:
        word: without white space.
        in_parenthesis: whether a parenthesis is open in its line, so that ``*)`` closes it.
    """
    kinds = "".join(map(_kind, word))
    stretches = [found.span() for found in islice(_STRETCH.finditer(kinds), MOST_ASTERISKS + 1)]
    if len(stretches) > MOST_ASTERISKS:
        raise TooManyAsterisks
    shown = kinds.replace("~", "")
    is_code = "?" in shown or (
        "/" in shown and (len(stretches) > 1 or not _JOINED_LONG_RUNS.fullmatch(shown))
    )
    if is_code or "*a" in shown or "a*" in shown:
        return [(first, end, False) for first, end in stretches]
    has_letters = "a" in kinds
    return [
        (first, end, _stands_for_word(word, kinds, first, end, has_letters, in_parenthesis))
        for first, end in stretches
    ]


def _stands_for_word(
    word: str,
    kinds: str,
    first: int,
    end: int,
    has_letters: bool,  # noqa: FBT001 - private, one caller
    in_parenthesis: bool,  # noqa: FBT001 - private, one caller
) -> bool:
    longest = max(run.end() - run.start() for run in _RUN.finditer(kinds, first, end))
    if longest > 1:
        return longest <= LONGEST_WORD
    if has_letters:
        return False
    inside, before, after = (
        visible(word[first:end]),
        _seen_before(word, kinds, first),
        _seen_after(word, kinds, end),
    )
    if inside != "*":
        return bool(_CONTRACTION.fullmatch(inside) or (_ABBREVIATION.fullmatch(inside) and after == "."))
    if before:
        # A quotation or parenthesis may begin with a masked letter; one that holds nothing else is a sign.
        return _opens(before) and not (after and _closes(after))
    return in_parenthesis or after != ")"


def _seen_before(word: str, kinds: str, place: int) -> str:
    while place and kinds[place - 1] == "~":
        place -= 1
    return word[place - 1] if place else ""


def _seen_after(word: str, kinds: str, place: int) -> str:
    while place < len(word) and kinds[place] == "~":
        place += 1
    return word[place : place + 1]


def _opens(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character) in ("Ps", "Pi")


def _closes(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character) in ("Pe", "Pf", "Pd")


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """One letter for the class of a character: ``*``, letter, punctuation, joining sign, unseen, anything else."""
    if character in "*/":
        return character
    if character in "@&":
        return "/"
    if character in _CODE or character == _KEYCAP:
        return "?"
    category = unicodedata.category(character)
    if category == "Cf" or character == _EMOJI_STYLE:
        return "~"
    if "\U0001f000" <= character <= "\U0001faff":  # emoji stand beside a word as punctuation does
        return "."
    return {"L": "a", "M": "a", "P": "."}.get(category[0], "?")
