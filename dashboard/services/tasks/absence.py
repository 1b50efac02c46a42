"""Why the service does not know a task, as far as our own calls tell. Pure.

``NotExist`` is one word for four things (fact sheet 4.5): too early, deleted, another account's or another operation's,
never there. What was asked when, and what came, tells most of them apart.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.counts import count_of
from dashboard.models import Attempt, Origin, State, Task
from dashboard.models.retention import RETENTION
from dashboard.services.tasks.expectation import about

YOUNG = timedelta(minutes=2)
"""So long after a submission an ID may still come to be known."""

_NEVER_LASTS = {State.FAILED, State.CANCELLED}
_KNOWN = {
    state.value
    for state in State
    if state not in {State.NOT_FOUND, State.EXPIRED, State.DATA_LOST, State.CANCELLED}
}
_ABSENT_WORDS = {"notexist", "tasknotfound"}


def explained(task: Task, attempts: Sequence[Attempt], now: datetime) -> tuple[str, ...]:
    """Sentences about where a task that the service does not know may have gone.

    Args:
        task: the row.
        attempts: calls made for it, oldest first.
        now: aware UTC.

    Returns:
        Empty where the service knows it, or nothing was asked.
    """
    absent = [it for it in attempts if _is_absent(it)]
    state = State(task.state)
    if not absent or (state.is_open and not task.doubts) or state.has_result or state in _NEVER_LASTS:
        return ()
    seen = max((it.started_at for it in attempts if _is_known(it)), default=task.seen_at)
    if seen is not None:
        return (_gone(task, seen, absent),)
    return _never_seen(task, absent, now)


def _gone(task: Task, last: datetime, absent: Sequence[Attempt]) -> str:
    """Seen, then gone: when, as closely as calls tell."""
    first = next((it.started_at for it in absent if it.started_at > last), absent[-1].started_at)
    gap = max((first - last).total_seconds(), 0.0)
    said = f"The service knew it at {_at(last)} and no longer at {_at(first)}"
    if gap > 1:
        said += f": within {about(gap)} it was deleted there"
    if task.submitted_at is None:
        return f"{said}. When it was submitted is unknown; the service keeps results for 24 hours from then."
    age = first - task.submitted_at
    if age < RETENTION - timedelta(minutes=10):
        return f"{said}, {about(age.total_seconds())} after its submission and sooner than its 24 hours."
    return f"{said}, after its 24 hours."


def _never_seen(task: Task, absent: Sequence[Attempt], now: datetime) -> tuple[str, ...]:
    asked = absent[-1].started_at
    calls = f"The service did not know it in {count_of(len(absent), 'call')}, the first at {_at(absent[0].started_at)}."
    if task.submitted_at is not None and absent[0].started_at - task.submitted_at >= RETENTION:
        return (calls, "It was submitted more than 24 hours before that, so the result was deleted already.")
    since = task.submitted_at or task.registered_at
    if State(task.state).is_open and now - since < YOUNG:
        young = about(max((now - since).total_seconds(), 0))
        said = f"The service does not know it yet: it is {young} old"
        return (f"{said}, and an ID may be known a moment after it was given. It is asked again.",)
    if task.origin == Origin.SUBMITTED.value:
        age = about((asked - since).total_seconds())
        there = "It was sent from here and got this ID, so it was there once"
        lost = f"the service has lost it {age} after its submission, or it is asked with another account now"
        return (calls, f"{there}: {lost}.")
    elsewhere = [f"another operation than {task.operation}{'Trial' if task.trial else ''}"]
    if not task.trial:
        elsewhere.insert(0, "another account, so that another token is needed")
    guess = f"It may belong to {' or to '.join(elsewhere)}; the ID may be misspelt"
    if task.submitted_at is None:
        guess += "; or it was submitted more than 24 hours before it was added here"
    return (calls, f"{guess}.")


def _is_absent(attempt: Attempt) -> bool:
    said = {(attempt.task_status or "").lower(), (attempt.response_status_code or "").lower()}
    return attempt.result == State.NOT_FOUND.value or bool(said & _ABSENT_WORDS)


def _is_known(attempt: Attempt) -> bool:
    return attempt.result in _KNOWN and not _is_absent(attempt)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
