"""Counts as said. Pure."""

_CONSONANT_Y = "bcdfghjklmnpqrstvwxz"


def count_of(number: int, noun: str) -> str:
    """``1 task``, ``12 tasks``, ``2 entries``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {_many(noun)}"


def _many(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] in _CONSONANT_Y:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
