"""Which characters leave nothing to see: what consists of nothing else is empty, whatever its length. Pure."""

import unicodedata

_CATEGORIES = frozenset("ZCM")
"""Blanks; controls, formats and what is unassigned; marks, which need another character to sit on."""

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Letters and symbols that are nothing but blank."""


def is_unseen(character: str) -> bool:
    """Whether a character by itself leaves nothing to see."""
    return unicodedata.category(character)[0] in _CATEGORIES or character in _FILLERS


def is_visible(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return not all(map(is_unseen, text))
