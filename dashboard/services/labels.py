"""Labels as stored, and counts as said. Pure."""

MAX_LABEL = 200
"""Characters of a label that are kept."""


def clean_label(label: str) -> str:
    """A label as stored: one line, no control characters, at most 200 characters."""
    printable = "".join(c if c.isprintable() else " " for c in label)
    return " ".join(printable.split())[:MAX_LABEL]


def count_of(number: int, noun: str) -> str:
    """``1 task``, ``12 tasks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
