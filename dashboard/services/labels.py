"""Labels and names as stored, and counts as said. Pure."""

from dashboard.errors import InputRefused
from dashboard.redaction import without_secrets
from dashboard.unseen import is_visible

MAX_LABEL = 200
"""Characters of a label that are kept."""


def clean_label(label: str, *, most: int = MAX_LABEL) -> str:
    """A label or a name as stored: one line, no control characters, no secrets, so many characters at most.

    Empty when there would be nothing to see: whoever needs a name refuses that, or takes another one.
    """
    printable = without_secrets("".join(c if c.isprintable() else " " for c in label))
    kept = " ".join(printable.split())[:most].rstrip()
    return kept if is_visible(kept) else ""


def typed_label(label: str, *, most: int = MAX_LABEL) -> str:
    """The same for what somebody is typing just now, who can be told.

    Raises:
        InputRefused: when it holds a secret; the sentence does not repeat it.
    """
    if without_secrets(label) != label:
        raise InputRefused(
            "That holds a secret, such as an access token, and everybody in the team would see it. "
            "Nothing was stored. Register tokens on Tokens."
        )
    return clean_label(label, most=most)


def count_of(number: int, noun: str) -> str:
    """``1 task``, ``12 tasks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
