"""Words of a text with the masks in them, and whether another word can be what they hide."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.results.masks import Mask
from dashboard.results.spans import split

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
    hidden = []
    masks = [mask.moved(-word.start) for mask in word.masks]
    for (shown, mask), (real, _) in zip(split(word.text, masks), split(regular.text, masks), strict=True):
        if shown != real if mask is None else not all(map(_can_be, shown, real)):
            return ()
        if mask is not None:
            hidden.append(real)
    return tuple(hidden)


def _can_be(shown: str, real: str) -> bool:
    return shown == real if shown != "*" else real.isalnum() or unicodedata.category(real).startswith("M")
