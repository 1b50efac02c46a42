"""What one call means for a task: row + answer + clock -> new row, parts, attempt, next poll. Pure.

The order of the questions is fact sheet 4 (precedence) and 7 (errors):

- an answer with a final word is believed at once, unless it contradicts itself;
- a contradiction (completed, but without data) is asked about :data:`CONFIRMATIONS` times;
- "not found" is believed only after a grace, and called *expired* when we know better;
- what the service still knows is never *expired*, whatever our clock says: clocks jump;
- silence ends a task only by a clock that can be relied on, or when the service's own says the same;
- a call that brought no usable answer never changes the state. It parks the task or its credential;
- where no call could be made (:class:`TokenHeld`) nothing is noted but when to try again.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dashboard.errors import CloudError, TokenHeld
from dashboard.models import (
    Answer,
    Change,
    Claim,
    DecodedPart,
    State,
)
from dashboard.polling.expiry import VERDICT_PATIENCE, Deadline
from dashboard.polling.report import Report, attempt_of
from dashboard.polling.schedule import (
    OVERDUE_DELAY_SECONDS,
    age_of,
    next_poll_delay,
)
from dashboard.polling.silence import UNPARKED, calls, held, is_visible, unanswered

CONFIRMATIONS = 3
"""Answers in a row before "not found" or "completed without data" is believed (fact sheet 4.2, 4.5)."""

SUBMISSION_GRACE = timedelta(seconds=30)
"""How long after a submission the service may not know its own ID yet (fact sheet 4.5)."""

REGISTRATION_GRACE = timedelta(seconds=10)
"""The same for an ID whose submission time nobody knows: it may have been pasted at once."""

DOUBT_DELAY_SECONDS = 3.5
"""Seconds between two such answers; three of them reach over the registration grace."""

STILL_KNOWN = "Its 24 hours are over by our clock, and the service still knows it: asking goes on."


def decide(
    claim: Claim,
    report: Report,
    *,
    now: datetime,
    cost: float,
    rng: random.Random,
    learned: Callable[[float], float | None] = lambda _age: None,
    trusts_clock: bool = True,
) -> Change:
    """Turn one report into the change to be written.

    Args:
        claim: the task as it was when it was claimed.
        report: what came of the call.
        now: aware UTC, by the database's clock.
        cost: seconds of waiting one call is worth (see ``polling.schedule``).
        rng: where jitter comes from.
        learned: what history says about the next wait, by the age of the task.
        trusts_clock: False while ``now`` may be far from the truth: it has jumped not long ago.
    """
    deadline = Deadline(claim.expires_at, now, report.service_time, trusts_clock)
    if report.answer is not None:
        return _answered(claim, report, report.answer, deadline, cost=cost, rng=rng, learned=learned)
    error = report.error or CloudError()
    if isinstance(error, TokenHeld):
        return held(claim, report, error, deadline)
    return unanswered(claim, report, error, deadline, rng=rng)


def _answered(
    claim: Claim,
    report: Report,
    answer: Answer,
    deadline: Deadline,
    *,
    cost: float,
    rng: random.Random,
    learned: Callable[[float], float | None],
) -> Change:
    now = deadline.now
    elapsed = (now - (claim.submitted_at or claim.registered_at)).total_seconds()
    age = age_of(elapsed=elapsed, polls=claim.polls, cost=cost)
    state, doubts = _weigh(claim, answer, report.parts, deadline, age)
    values: dict[str, Any] = {
        "state": state.value,
        "doubts": doubts,
        "errors": 0,
        **UNPARKED,
        "last_polled_at": report.started_at,
        "task_status": answer.task_status,
        "response_status_code": answer.response_status_code,
        "notices": list(answer.notices),
        "remarks": list(answer.remarks),
        "envelope": answer.envelope,
    }
    if claim.seen_at is None and _is_known(answer, report.parts):
        values["seen_at"] = now
    delay = None
    if state.is_open:
        if doubts:
            wanted = (
                DOUBT_DELAY_SECONDS
                if doubts <= CONFIRMATIONS
                else next_poll_delay(age=age, cost=cost, rng=rng)
            )
        elif deadline.left <= -VERDICT_PATIENCE.total_seconds():
            wanted = OVERDUE_DELAY_SECONDS
        else:
            wanted = next_poll_delay(
                age=age, cost=cost, rng=rng, learned=learned(age) if elapsed >= 0 else None
            )
        if deadline.left <= 0 and not doubts:
            values["remarks"] = [*answer.remarks, STILL_KNOWN]
        delay = deadline.clamped(wanted)
    else:
        values["completed_at"] = now
    return Change(
        claim=claim,
        values=values | calls(claim, report),
        next_delay_seconds=delay,
        attempt=attempt_of(report, result=(answer.state if doubts else state).value),
        earlier=report.earlier,
        parts=_parts_to_keep(answer, report.parts, state),
        answered=True,
        visible=is_visible(claim, values),
    )


def _is_known(answer: Answer, parts: tuple[DecodedPart, ...]) -> bool:
    """Whether this answer proves that the service knows the task, even where it is not believed otherwise."""
    if answer.state is State.NOT_FOUND:
        return False
    return answer.settled or answer.state.has_result or _has_data(parts)


def _parts_to_keep(
    answer: Answer, parts: tuple[DecodedPart, ...], state: State
) -> tuple[DecodedPart, ...] | None:
    """Whatever data came is kept, also with words we do not know: the service may not send it again.

    For the same reason an answer without data never replaces what an earlier, doubted one has brought.
    """
    return parts if _has_data(parts) or (parts and answer.settled and state.has_result) else None


def _has_data(parts: tuple[DecodedPart, ...]) -> bool:
    return any(part.data for part in parts)


def _weigh(
    claim: Claim, answer: Answer, parts: tuple[DecodedPart, ...], deadline: Deadline, age: float
) -> tuple[State, int]:
    """The state after this answer, and how many answers in a row were not believed."""
    over = deadline.is_over()
    ended = State.PARTIAL if _has_data(parts) else State.EXPIRED
    if answer.state.is_open:
        # Words we do not know count as open: shown raw, asked again until the deadline (fact sheet 4.4).
        return (ended if over and not answer.settled else answer.state), 0
    if answer.state is State.NOT_FOUND:
        gone = ended if claim.seen_at is not None or over else State.NOT_FOUND
        # A 404 page of a gateway is no word of the service: only the deadline makes it final.
        confirmed = answer.settled and claim.doubts + 1 >= CONFIRMATIONS and not _within_grace(claim, age)
        believed = over or confirmed
        return (gone, 0) if believed else (claim.state, claim.doubts + 1)
    # What was doubted before the service first knew the task was its absence: another question.
    doubts = 0 if claim.seen_at is None and _is_known(answer, parts) else claim.doubts
    if not answer.settled and doubts < CONFIRMATIONS and not over:
        return State.PROCESSING, doubts + 1
    if answer.state in (State.COMPLETED, State.COMPLETED_WITH_NOTICES) and not any(map(_has_content, parts)):
        return State.COMPLETED_EMPTY, 0
    return answer.state, 0


def _within_grace(claim: Claim, age: float) -> bool:
    grace = REGISTRATION_GRACE if claim.submitted_at is None else SUBMISSION_GRACE
    return age < grace.total_seconds()


def _has_content(part: DecodedPart) -> bool:
    return bool(part.data) if part.text is None else bool(part.text.strip())
