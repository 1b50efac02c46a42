"""Which of some tasks have ended, asked for all who wait for them at once."""

from collections.abc import Collection
from itertools import islice

from sqlmodel import Session, col, select

from dashboard.models import OPEN_STATES, Task

_CHUNK = 1000
"""IDs in one statement; both databases limit the number of parameters."""


def over(*, session: Session, task_refs: Collection[int]) -> set[int]:
    """Those of these tasks, of any team, that are no longer open, or no longer there."""
    left, still_open = iter(task_refs), set()
    while some := list(islice(left, _CHUNK)):
        asked = select(Task.id).where(col(Task.id).in_(some), col(Task.state).in_(OPEN_STATES))
        still_open |= set(session.exec(asked))
    return set(task_refs) - still_open
