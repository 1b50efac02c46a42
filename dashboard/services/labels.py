"""Labels and names as stored, and counts as said. Pure."""

from dashboard.unseen import is_visible

MAX_LABEL = 200
"""Characters of a label that are kept."""


def clean_label(label: str, *, most: int = MAX_LABEL) -> str:
    """A label or a name as stored: one line, no control characters, so many characters at most.

    Empty when there would be nothing to see: whoever needs a name refuses that, or takes another one.
    """
    printable = "".join(c if c.isprintable() else " " for c in label)
    kept = " ".join(printable.split())[:most].rstrip()
    return kept if is_visible(kept) else ""


def count_of(number: int, noun: str) -> str:
    """``1 task``, ``12 tasks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
