"""Words that evaluation mode replaced by asterisks (fact sheet 6).

Observed: about one word in ten (floor of 10 %), one asterisk per letter, punctuation stays (``vis,`` ->
``***,``), single letters included. Text has asterisks of its own, so each is judged by its surroundings:

====================  ======  ==========================================================================
seen in a trial text  mask?   because
====================  ======  ==========================================================================
``to ****** at``      yes     stands where a word stands
``***,`` ``(***)``    yes     punctuation around a word is never masked
``***'*`` ``**-***``  yes     one word with inner punctuation, one mask
``Sit,***``           yes     a missing space after a comma is common in recognised text
``is * good``         yes     a masked one-letter word
``* item``            no      a bullet or a footnote
``5 * 3`` ``x * y``   no      a formula
``a*b`` ``**bold**``  no      whole words are masked, never parts of them
``***-**-1234``       no      digits: a number somebody else has hidden
``*)`` ``(*)``        no      footnote marks; but ``*)`` is a mask where a parenthesis is open in the line
``/*`` ``*.*`` ``.*`` no      code, file patterns
``* * *``             no      an ornament; and so is every run longer than :data:`LONGEST_WORD`
====================  ======  ==========================================================================

A line of nothing but asterisks (``*****``) may be a masked word or a rule. It is believed to be masked
only while all masks together stay within the one in ten. Passwords shown as ``********`` cannot be told
from masks. In scripts without spaces a mask would touch letters; whether the service masks them is
unknown, so they are left alone.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_WORD = 24
"""Longer runs of asterisks are rules or leaders; the longest words of running text have fewer letters."""

_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\r\n]+|\r\n|\r|\n")
_OPERAND = re.compile(r"[^\W_]|[-+]?\d[\d.,]*%?|[-+]?[\d.,]*\d%?")
_CODE = frozenset("\\#%_")
_QUOTES = frozenset("\"'")
_CONTRACTION = re.compile(r"\*(?:['\u2019]\*)+")
_ABBREVIATION = re.compile(r"\*(?:\.\*)+")

# These two look at kinds of characters (see _kind), not at characters.
_STRETCH = re.compile(r"\*+(?:[./]+\*+)*")
_JOINED_LONG_RUNS = re.compile(r"\.*\*{2,}(?:[./]+\*{2,})*\.*")


@dataclass(frozen=True, slots=True)
class Mask:
    """One masked word.

    Attributes:
        start: offset of its first asterisk in the text.
        end: offset after its last asterisk.
        line: 1-based; lines end with CR LF, CR or LF.
        word_index: 0-based place among the words of the whole text (split at white space).
    """

    start: int
    end: int
    line: int
    word_index: int


@dataclass(frozen=True, slots=True)
class MaskReport:
    """How much of a text is masked: all words, masked words, and their share from 0 to 1."""

    words: int
    masks: int
    share: float


def count_words(text: str) -> int:
    """Words as the service counts them: split at white space."""
    return len(text.split())


def mask_report(text: str, *, trial: bool) -> MaskReport:
    """Count words and masks; in the text of a regular task nothing is ever a mask."""
    words = count_words(text)
    masks = len({mask.word_index for mask in find_masks(text)}) if trial else 0
    return MaskReport(words=words, masks=masks, share=masks / words if words else 0.0)


def find_masks(text: str) -> tuple[Mask, ...]:
    """Find the masked words of a *trial* task's text, in reading order.

    Not to be asked about regular tasks: their asterisks are all their own.
    """
    certain: list[Mask] = []
    doubtful: list[Mask] = []
    words_before = 0
    for number, start, line in _lines(text):
        words = list(_WORD.finditer(line))
        if "*" in line:
            spellings = [word[0] for word in words]
            alone = all(set(spelling) == {"*"} for spelling in spellings)
            spans = _alone_on_line(spellings) if alone else _within_line(spellings)
            (doubtful if alone else certain).extend(
                Mask(
                    start=start + words[place].start() + first,
                    end=start + words[place].start() + end,
                    line=number,
                    word_index=words_before + place,
                )
                for place, first, end in spans
            )
        words_before += len(words)
    if len(certain) + len(doubtful) <= words_before // 10:
        certain = sorted((*certain, *doubtful), key=lambda mask: mask.start)
    return tuple(certain)


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """All lines that are not empty: 1-based number, offset, content without its end."""
    number = 1
    for found in _LINE.finditer(text):
        if found[0][0] in "\r\n":
            number += 1
        else:
            yield number, found.start(), found[0]


def _alone_on_line(spellings: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    lengths = [len(spelling) for spelling in spellings]
    if 1 < max(lengths) <= LONGEST_WORD:
        yield from ((place, 0, length) for place, length in enumerate(lengths))


def _within_line(spellings: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Place of the word in its line, and where in the word the mask begins and ends."""
    open_parentheses = 0
    for place, spelling in enumerate(spellings):
        open_parentheses += spelling.count("(")
        if "*" in spelling and not _stands_alone_as_sign(spellings, place):
            for first, end in _runs_in_word(spelling, in_parenthesis=open_parentheses > 0):
                yield place, first, end
        open_parentheses = max(0, open_parentheses - spelling.count(")"))


def _stands_alone_as_sign(spellings: Sequence[str], place: int) -> bool:
    """Whether a lone ``*`` is a bullet (first in its line) or the sign between two operands."""
    if spellings[place] != "*":
        return False
    if place == 0:
        return True
    neighbours = (spellings[place - 1], *spellings[place + 1 : place + 2])
    return len(neighbours) == 2 and all(map(_OPERAND.fullmatch, neighbours))  # noqa: PLR2004 - one on each side


def _runs_in_word(word: str, *, in_parenthesis: bool) -> list[tuple[int, int]]:
    """The masked stretches of one word: runs of asterisks joined by nothing but punctuation."""
    kinds = "".join(map(_kind, word))
    if "?" in kinds or "*a" in kinds or "a*" in kinds:
        return []
    stretches = [found.span() for found in _STRETCH.finditer(kinds)]
    if "/" in kinds and (len(stretches) > 1 or not _JOINED_LONG_RUNS.fullmatch(kinds)):
        return []
    return [
        (first, end) for first, end in stretches if _is_mask(word, first, end, in_parenthesis=in_parenthesis)
    ]


def _is_mask(word: str, first: int, end: int, *, in_parenthesis: bool) -> bool:
    longest = max(map(len, re.findall(r"\*+", word[first:end])))
    if longest > 1:
        return longest <= LONGEST_WORD
    before, inside, after = word[:first], word[first:end], word[end:]
    if any(map(str.isalpha, word)):
        return False
    if inside != "*":
        return bool(
            _CONTRACTION.fullmatch(inside) or (_ABBREVIATION.fullmatch(inside) and after.startswith("."))
        )
    if before:
        # A quotation or parenthesis may begin with a masked letter; one that holds nothing else is a sign.
        return _opens(before[-1]) and not (after and _closes(after[0]))
    return in_parenthesis or not after.startswith(")")


def _opens(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character) in ("Ps", "Pi")


def _closes(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character) in ("Pe", "Pf", "Pd")


def _kind(character: str) -> str:
    """One letter for the class of a character: asterisk, letter, punctuation, joining sign, anything else."""
    if character in "*/":
        return character
    if character in "@&":
        return "/"
    if character in _CODE:
        return "?"
    return {"L": "a", "M": "a", "P": "."}.get(unicodedata.category(character)[0], "?")
