"""Evaluation mode: which words become asterisks, as measured in fact sheet 6.

Ten percent of the words, rounded down, are masked whole: one asterisk per letter, with the punctuation
around it and the layout kept. The same image always loses the same words.
"""

import hashlib
import re
from itertools import count

_WORD = re.compile(r"\S+")


def mask(text: str, seed: str) -> str:
    """The text as evaluation mode returns it; ``seed`` is the image's digest."""
    return mask_words(text, choose_words(text, seed))


def choose_words(text: str, seed: str) -> frozenset[int]:
    """Which words to mask, as 0-based positions; words without a letter are never chosen."""
    words = _WORD.findall(text)
    maskable = [n for n, word in enumerate(words) if any(character.isalpha() for character in word)]
    # Ranked by a hash, because a seeded random generator may draw differently in another Python.
    maskable.sort(key=lambda n: hashlib.sha256(f"{seed}/{n}".encode()).digest())
    return frozenset(maskable[: len(words) // 10])


def mask_words(text: str, positions: frozenset[int]) -> str:
    """Replace every letter of the words at these 0-based positions by an asterisk."""
    numbers = count()

    def masked(word: re.Match[str]) -> str:
        if next(numbers) not in positions:
            return word.group()
        return "".join("*" if character.isalpha() else character for character in word.group())

    return _WORD.sub(masked, text)
