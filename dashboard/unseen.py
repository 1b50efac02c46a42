"""Which characters leave nothing to see, and what is left of a text when they are taken away. Pure."""

import unicodedata

_CATEGORIES = frozenset("ZCM")
"""Blanks; controls, formats and what is unassigned; marks, which need another character to sit on."""

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Letters and symbols that are nothing but blank."""

_IGNORED_MARKS = frozenset(
    map(
        chr,
        (
            0x34F,
            0x17B4,
            0x17B5,
            0x180F,
            *range(0x180B, 0x180E),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""Marks that change nothing, or nearly nothing, in what they sit on: joiners and variation selectors."""


def is_unseen(character: str) -> bool:
    """Whether a character by itself leaves nothing to see."""
    return unicodedata.category(character)[0] in _CATEGORIES or character in _FILLERS


def is_visible(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return not all(map(is_unseen, text))


def as_seen(text: str) -> str:
    """The same for all texts that look the same but for case, blanks, forms and what is not seen.

    Letters of different scripts that look alike stay different.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(map(_seen, folded)).split())


def _seen(character: str) -> str:
    if unicodedata.category(character)[0] == "Z" or character in _FILLERS or character.isspace():
        return " "
    is_dropped = unicodedata.category(character)[0] == "C" or character in _IGNORED_MARKS
    return "" if is_dropped else character
