"""What a task is called where people read: never by an ID, which says nothing."""

import re
from datetime import datetime

from dashboard.ui import times
from dashboard.ui.wording import operation_name
from dashboard.unseen import cut

LONGEST = 60
"""Characters of a text that stand for its task."""

_RULE = re.compile(r"[^\w\s*]{3,}")
"""Lines and frames that are drawn with characters."""


def title_of(label: str, text: str | None, operation: str, *, added: datetime, zone: str | None) -> str:
    """Its label, else the first words of its text, else what it is and when it came.

    Args:
        label: what people call it; may be empty.
        text: the recognised text or its beginning; None or empty while there is none.
        operation: the service's word for it.
        added: when it was registered, aware.
        zone: the viewer's.
    """
    if label:
        return label
    if first := first_words(text or ""):
        return first
    return f"{operation_name(operation, trial=False)}, added {times.local(added, zone)[:16]}"


def first_words(text: str) -> str:
    """The first words of a text in one line, whole ones where there is a choice; empty when it has none."""
    head = " ".join(_RULE.sub(" ", text[: LONGEST * 10]).split())
    if not any(character.isalnum() for character in head):
        return ""
    if len(head) <= LONGEST:
        return head
    short = cut(head, LONGEST)
    return f"{short.rpartition(' ')[0] or short}…"
