"""What one process has learned of how long tasks take: from outcomes to counts, and from counts to waits.

Knows no database: what is kept and shared comes in through :meth:`Learning.learn` (``store.histories``).
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dashboard.elapsed import elapsed
from dashboard.models import Change, Claim, PollCost, State, TaskAddress, TaskKind
from dashboard.polling.history import History, Seen
from dashboard.polling.waits import Waits, guarded

RENEWED_SECONDS = 30.0
"""Waits are worked out anew after so long; the work takes some milliseconds."""

_FRESH_SECONDS = 2.0
"""Who was heard of so soon after the submission was heard of at once."""

_TOO_LONG = 2.0
"""A stretch in which nobody looked, so many times longer than the guard allows, tells nothing: a service or we were
away."""

ENOUGH_TO_SAY = 10
"""So many results are a history; fewer say nothing about when to ask."""

_GROWN = 1.2
"""So many times more results are worth working out waits anew before their time."""


@dataclass(frozen=True, slots=True)
class _Worked:
    history: History
    waits: Waits
    at: float


class Learning:
    """Histories of all kinds of tasks, and the waits that follow from them; safe to share between threads.

    Args:
        cost: how many seconds of waiting one call is worth, at the usual cost of a token.
    """

    def __init__(self, *, cost: float = 0.2) -> None:
        self.cost = cost
        self._lock = threading.Lock()
        self._histories: dict[TaskKind, History] = {}
        self._worked: dict[tuple[TaskKind, float], _Worked] = {}

    def learn(self, histories: Mapping[TaskKind, History]) -> None:
        """Take what is known by all processes now."""
        with self._lock:
            self._histories.update(histories)

    def history(self, kind: TaskKind) -> History:
        """What is known of a kind."""
        with self._lock:
            return self._histories.get(kind, History())

    def cost_of(self, wanted: PollCost = PollCost.NORMAL) -> float:
        """How many seconds of waiting a call with such a token is worth."""
        return self.cost * wanted.factor

    def waits(self, kind: TaskKind, cost: float) -> Waits:
        """When to ask about such tasks; worked out anew when enough has been learned since."""
        history = self.history(kind)
        with self._lock:
            known = self._worked.get((kind, cost))
        if known is not None and not _is_outdated(known, history):
            return known.waits
        made = Waits(history, cost=cost)
        with self._lock:
            self._worked[kind, cost] = _Worked(history, made, elapsed())
        return made

    def for_claim(self, claim: Claim, cost: float) -> Callable[[float], float | None]:
        """What history says about the waits of a claimed task, by its age; nothing where its age is not known."""
        kind = TaskKind.of(claim.address)
        if claim.submitted_at is None or self.history(kind).results < ENOUGH_TO_SAY:
            return lambda _age: None
        return self.waits(kind, cost).after

    def first_wait(self, address: TaskAddress, *, age: float, wanted: PollCost = PollCost.NORMAL) -> float:
        """How long to wait with the first poll of a task of this age; at once while too little is known.

        Counted from the submission: what was sent longer ago is likely to be done, and nobody has looked yet.
        """
        kind = TaskKind.of(address)
        if self.history(kind).results < ENOUGH_TO_SAY:
            return 0.0
        first = self.waits(kind, self.cost_of(wanted)).after(0.0) or 0.0
        return max(first - max(age, 0.0), 0.0)


def _is_outdated(known: _Worked, history: History) -> bool:
    if known.history is history:
        return False
    has_grown = history.results > known.history.results * _GROWN
    return has_grown or elapsed() - known.at >= RENEWED_SECONDS


def seen_in(changes: Iterable[Change], *, cost: float) -> dict[TaskKind, list[Seen]]:
    """What these outcomes tell about durations, by kind."""
    found: dict[TaskKind, list[Seen]] = {}
    for change in changes:
        if (seen := _seen(change, cost)) is not None:
            found.setdefault(TaskKind.of(change.claim.address), []).append(seen)
    return found


def _seen(change: Change, cost: float) -> Seen | None:
    claim, attempt = change.claim, change.attempt
    state = State(change.values.get("state", claim.state.value))
    # What is gone, cancelled or doubted says nothing about how long recognition takes; a failure ends it as well.
    is_over = change.next_delay_seconds is None and (state.has_result or state is State.FAILED)
    if not is_over or attempt is None or claim.submitted_at is None:
        return None
    until = (attempt.started_at - claim.submitted_at).total_seconds()
    entered = (claim.registered_at - claim.submitted_at).total_seconds()
    entered = 0.0 if entered <= _FRESH_SECONDS else entered
    last = claim.last_polled_at
    since = 0.0 if last is None else (last - claim.submitted_at).total_seconds()
    if last is None and entered:
        return None
    if not 0 <= since < until or until - since > _TOO_LONG * (guarded(since, cost) - since) + _FRESH_SECONDS:
        return None
    return Seen(since, until, min(entered, since))
