"""What one call means for a task: row + answer + clock -> new row, parts, attempt, next poll. Pure.

The order of the questions is fact sheet 4 (precedence) and 7 (errors):

- an answer with a final word is believed at once, unless it contradicts itself;
- a contradiction (completed, but without data) is asked about :data:`CONFIRMATIONS` times;
- "not found" is believed only after a grace, and called *expired* when we know better;
- a call that brought no usable answer never changes the state. It parks the task or its credential;
- where no call could be made (:class:`TokenHeld`) nothing is noted but when to try again.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard.errors import (
    CloudError,
    NotAllowed,
    RateLimited,
    ServiceNotListed,
    TokenHeld,
    TokenRejected,
    TokenUnreadable,
)
from dashboard.models import (
    Answer,
    Change,
    Claim,
    CredentialKind,
    DecodedPart,
    ParkReason,
    Pause,
    State,
)
from dashboard.polling.report import Report, attempt_of
from dashboard.polling.schedule import (
    ERROR_BASE,
    ERROR_CEILING,
    LAST_POLL_MARGIN,
    clamp_to_deadline,
    error_delay,
    next_poll_delay,
)

CONFIRMATIONS = 3
"""Answers in a row before "not found" or "completed without data" is believed (fact sheet 4.2, 4.5)."""

SUBMISSION_GRACE = timedelta(seconds=30)
"""How long after a submission the service may not know its own ID yet (fact sheet 4.5)."""

REGISTRATION_GRACE = timedelta(seconds=10)
"""The same for an ID whose submission time nobody knows: it may have been pasted at once."""

DOUBT_DELAY = 3.5
"""Seconds between two such answers; three of them reach over the registration grace."""

PLAN_RETRY = timedelta(minutes=15)
"""How long a credential rests after 402 or 403, which a change of plan can heal by itself; and after a token that
was minted just now was rejected."""

HELD_DELAY = 60.0
"""Seconds until a task is looked at again that could not be asked about and whose token is not paused."""

VERDICT_PATIENCE = timedelta(hours=24)
"""How long after the deadline an unreachable service is still asked: it may delete late."""

_UNPARKED = {"parked": None, "parked_since": None, "parked_detail": None}


def decide(claim: Claim, report: Report, *, now: datetime, cost: float, rng: random.Random) -> Change:
    """Turn one report into the change to be written.

    Args:
        claim: the task as it was when it was claimed.
        report: what came of the call.
        now: aware UTC, by the database's clock.
        cost: seconds of waiting one call is worth (see ``polling.schedule``).
        rng: where jitter comes from.
    """
    if report.answer is not None:
        return _answered(claim, report, report.answer, now=now, cost=cost, rng=rng)
    error = report.error or CloudError()
    if isinstance(error, TokenHeld):
        return _held(claim, report, error, now=now)
    return _unanswered(claim, report, error, now=now, rng=rng)


def _answered(
    claim: Claim, report: Report, answer: Answer, *, now: datetime, cost: float, rng: random.Random
) -> Change:
    state, doubts = _weigh(claim, answer, report.parts, now)
    values: dict[str, Any] = {
        "state": state.value,
        "doubts": doubts,
        "errors": 0,
        **_UNPARKED,
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
        age = (now - (claim.submitted_at or claim.registered_at)).total_seconds()
        wanted = (
            DOUBT_DELAY
            if 0 < doubts <= CONFIRMATIONS
            else next_poll_delay(age=max(age, 0.0), cost=cost, rng=rng)
        )
        delay = _until_next(claim, wanted, now)
    else:
        values["completed_at"] = now
    return Change(
        claim=claim,
        values=values | _calls(claim, report),
        next_delay=delay,
        attempt=attempt_of(report, result=(answer.state if doubts else state).value),
        earlier=report.earlier,
        parts=_parts_to_keep(answer, report.parts, state),
        visible=_is_visible(claim, values),
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


def _weigh(claim: Claim, answer: Answer, parts: tuple[DecodedPart, ...], now: datetime) -> tuple[State, int]:
    """The state after this answer, and how many answers in a row were not believed."""
    over = now >= claim.expires_at
    ended = State.PARTIAL if _has_data(parts) else State.EXPIRED
    if answer.state.is_open:
        # Words we do not know count as open: shown raw, asked again until the deadline (fact sheet 4.4).
        return (ended if over else answer.state), 0
    if answer.state is State.NOT_FOUND:
        gone = ended if claim.seen_at is not None or over else State.NOT_FOUND
        # A 404 page of a gateway is no word of the service: only the deadline makes it final.
        confirmed = answer.settled and claim.doubts + 1 >= CONFIRMATIONS and not _within_grace(claim, now)
        believed = over or confirmed
        return (gone, 0) if believed else (claim.state, claim.doubts + 1)
    # What was doubted before the service first knew the task was its absence: another question.
    doubts = 0 if claim.seen_at is None and _is_known(answer, parts) else claim.doubts
    if not answer.settled and doubts < CONFIRMATIONS and not over:
        return State.PROCESSING, doubts + 1
    if answer.state in (State.COMPLETED, State.COMPLETED_WITH_NOTICES) and not any(map(_has_content, parts)):
        return State.COMPLETED_EMPTY, 0
    return answer.state, 0


def _within_grace(claim: Claim, now: datetime) -> bool:
    if claim.submitted_at is not None:
        return now - claim.submitted_at < SUBMISSION_GRACE
    return now - claim.registered_at < REGISTRATION_GRACE


def _has_content(part: DecodedPart) -> bool:
    return bool(part.data) if part.text is None else bool(part.text.strip())


def _unanswered(
    claim: Claim, report: Report, error: CloudError, *, now: datetime, rng: random.Random
) -> Change:
    values: dict[str, Any] = {"last_polled_at": report.started_at}
    pause: Pause | None = None
    delay: float | None
    rejected = isinstance(error, TokenRejected) and not claim.address.trial  # which sends no token
    if rejected:
        delay, pause = 0.0, _pause_for_rejection(claim, error, now)
        if claim.credential_id is None:
            values |= _parked(claim, ParkReason.TOKEN_MISSING, error, now)
            values["polls"] = claim.polls - 1  # nothing was sent
            delay = (claim.expires_at - now).total_seconds()  # nothing changes until a person acts
    else:
        errors = claim.errors + 1
        delay = _retry_delay(claim, error, errors, now=now, rng=rng)
        values["errors"] = errors
        if isinstance(error, RateLimited):
            values |= _parked(claim, ParkReason.RATE_LIMITED, error, now)
            if claim.credential_id is not None:
                # No longer than this task can wait: the pause would hold back its last poll as well.
                until = now + timedelta(seconds=_until_next(claim, delay, now))
                pause = Pause(reason=ParkReason.RATE_LIMITED, until=until, detail=str(error))
        else:
            values |= _parked(claim, ParkReason.UNREACHABLE, error, now)
            if errors == 1:
                values["parked"] = claim.parked.value if claim.parked else None  # one hiccup is not an outage
    delay = _until_next(claim, delay, now)
    patience = timedelta(0) if rejected else VERDICT_PATIENCE
    if now >= claim.expires_at + patience:
        delay = None
        values |= {"state": State.EXPIRED.value, "completed_at": now, **_UNPARKED}
        values["remarks"] = [f"Its 24 hours ended before we could ask: {error}"]
    return Change(
        claim=claim,
        values=_calls(claim, report) | values,
        next_delay=delay,
        attempt=None if "polls" in values else attempt_of(report),
        earlier=report.earlier,
        pause=pause,
        visible=pause is not None or _is_visible(claim, values),
    )


def _held(claim: Claim, report: Report, error: TokenHeld, *, now: datetime) -> Change:
    """No call was made with the token. Its own pause says when the task comes up again, or a short wait does."""
    values: dict[str, Any] = {"polls": claim.polls - 1 + len(report.earlier)}
    left = (claim.expires_at - now).total_seconds()
    delay: float | None = 0.0 if error.is_paused else HELD_DELAY
    if isinstance(error, ServiceNotListed) and left > -VERDICT_PATIENCE.total_seconds():
        delay = ERROR_CEILING  # nothing changes until the operator lists it and starts anew
        values |= _parked(claim, ParkReason.SERVICE_NOT_LISTED, error, now)
    elif 0 < left <= LAST_POLL_MARGIN:  # claimed although the token is paused: its last chance
        delay = max(left / 4, ERROR_BASE)
    elif left <= 0 and error.is_outage and left > -VERDICT_PATIENCE.total_seconds():
        delay = ERROR_CEILING  # claimed although the token is paused: its time is over, its result maybe not
        values |= _parked(claim, ParkReason.UNREACHABLE, error, now)
    elif left <= 0:
        delay = None
        values |= {"state": State.EXPIRED.value, "completed_at": now, **_UNPARKED}
        values["remarks"] = [f"Its 24 hours ended before we could ask: {error}"]
    elif not error.is_paused:
        is_key = isinstance(error, TokenUnreadable)
        values |= _parked(claim, ParkReason.KEY_MISSING if is_key else ParkReason.UNREACHABLE, error, now)
    return Change(
        claim=claim,
        values=values,
        next_delay=None if delay is None else _until_next(claim, delay, now),
        attempt=None,
        earlier=report.earlier,
        visible=_is_visible(claim, values),
    )


def _calls(claim: Claim, report: Report) -> dict[str, Any]:
    """The count of calls, where a poll took more than the one that was counted with the claim."""
    return {"polls": claim.polls + len(report.earlier)} if report.earlier else {}


def _retry_delay(claim: Claim, error: CloudError, errors: int, *, now: datetime, rng: random.Random) -> float:
    """When to ask again after an error; in the last minutes before expiry soon, whatever went before.

    Each retry then waits at most a quarter of the time left: about ten more calls, and the result is not
    gone because an outage of some hours, or a Retry-After, has made the delays long.
    """
    delay = error_delay(errors=errors, retry_after=error.retry_after, rng=rng)
    left = (claim.expires_at - now).total_seconds()
    return min(delay, max(left / 4, ERROR_BASE)) if 0 < left <= LAST_POLL_MARGIN else delay


def _pause_for_rejection(claim: Claim, error: CloudError, now: datetime) -> Pause | None:
    if claim.credential_id is None:
        return None
    if isinstance(error, NotAllowed):
        return Pause(reason=ParkReason.PLAN_REFUSED, until=now + PLAN_RETRY, detail=str(error))
    token = claim.token
    if token is not None and token.kind is CredentialKind.CLIENT_CREDENTIALS:
        detail = f"Even a token minted just now was refused: {error}"
        return Pause(reason=ParkReason.TOKEN_REJECTED, until=now + PLAN_RETRY, detail=detail)
    is_over = token is not None and token.expires_at is not None and token.expires_at <= now
    reason = ParkReason.TOKEN_EXPIRED if is_over else ParkReason.TOKEN_REJECTED
    return Pause(reason=reason, until=None, detail=str(error))


def _parked(claim: Claim, reason: ParkReason, error: CloudError, now: datetime) -> Mapping[str, Any]:
    since = claim.parked_since or now
    return {"parked": reason.value, "parked_since": since, "parked_detail": str(error)}


def _until_next(claim: Claim, wanted: float, now: datetime) -> float:
    return clamp_to_deadline(wanted, until_expiry=(claim.expires_at - now).total_seconds())


def _is_visible(claim: Claim, values: Mapping[str, Any]) -> bool:
    state = values.get("state", claim.state.value)
    parked = values.get("parked", claim.parked.value if claim.parked else None)
    before = claim.parked.value if claim.parked else None
    return bool(state != claim.state.value or parked != before)
