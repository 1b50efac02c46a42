"""Words of a text with the masks in them, and whether another word can be what they hide."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.results.masks import Mask

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, its offset in the text, and its masks with offsets in the text."""

    text: str
    start: int
    masks: tuple[Mask, ...]

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


def words_of(text: str, masks: Sequence[Mask]) -> list[Word]:
    """All words of a text, split at white space, each with those of its masks."""
    by_word: defaultdict[int, list[Mask]] = defaultdict(list)
    for mask in masks:
        by_word[mask.word_index].append(mask)
    return [
        Word(found[0], found.start(), tuple(by_word.get(index, ())))
        for index, found in enumerate(_WORD.finditer(text))
    ]


def hidden_in(word: Word, regular: Word) -> tuple[str, ...]:
    """What the masks of a word hide if it is this regular word; nothing when it cannot be.

    It can be when each masked asterisk has a letter or digit there and everything else is the same
    (fact sheet 6: one asterisk per letter, punctuation stays, the length is unchanged).
    """
    if len(word.text) != len(regular.text):
        return ()
    hidden, done = [], 0
    for mask in word.masks:
        first, end = mask.start - word.start, mask.end - word.start
        piece = regular.text[first:end]
        if word.text[done:first] != regular.text[done:first] or not all(
            shown == real if shown != "*" else _is_letter(real)
            for shown, real in zip(word.text[first:end], piece, strict=True)
        ):
            return ()
        hidden.append(piece)
        done = end
    return tuple(hidden) if word.text[done:] == regular.text[done:] else ()


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
