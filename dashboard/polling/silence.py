"""What it means for a task that a call brought no usable answer, or that none could be made. Pure.

The state stays as it is: a task does not fail because we could not ask. Only when its time is over for sure is it
*expired*, and says that nobody could ask.
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
from dashboard.models import CallCredential, Change, Claim, CredentialKind, ParkReason, Pause, State
from dashboard.models.call_usage import next_day, next_month
from dashboard.polling.expiry import VERDICT_PATIENCE, Deadline
from dashboard.polling.outages import is_answer
from dashboard.polling.report import Report, attempt_of
from dashboard.polling.schedule import (
    ERROR_BASE_SECONDS,
    ERROR_CEILING_SECONDS,
    LAST_POLL_MARGIN_SECONDS,
    RETRY_AFTER_CEILING_SECONDS,
    error_delay,
)
from dashboard.polling.token_keeper import LONGEST_LOCK_SECONDS

PLAN_RETRY = timedelta(minutes=15)
"""How long a credential rests after 402 or 403, which a change of plan can heal by itself; and after a token that
was minted just now was rejected."""

HELD_DELAY_SECONDS = 60.0
"""Seconds until a task is looked at again that could not be asked about and whose token is not paused."""

UNPARKED: Mapping[str, Any] = {"parked": None, "parked_since": None, "parked_detail": None}
"""What is set when a task is not held up any more."""


def unanswered(
    claim: Claim, report: Report, error: CloudError, deadline: Deadline, *, rng: random.Random
) -> Change:
    """A call was made and brought no usable answer."""
    now = deadline.now
    values: dict[str, Any] = {"last_polled_at": report.started_at}
    pause: Pause | None = None
    delay: float | None
    rejected = isinstance(error, TokenRejected) and not claim.address.trial  # which sends no token
    if rejected:
        delay, pause = 0.0, None
        if claim.credential_id is not None:
            pause = pause_for_rejection(claim.credential, error, now=now)
        if claim.credential_id is None:
            values |= _parked(claim, ParkReason.TOKEN_MISSING, error, now)
            values["polls"] = claim.polls - 1  # nothing was sent
            delay = deadline.left  # nothing changes until a person acts
        if deadline.left <= 0:  # no pause holds it back any more
            delay = ERROR_CEILING_SECONDS
    else:
        errors = claim.errors + 1
        delay = _retry_delay(claim, error, errors, now=now, rng=rng)
        values["errors"] = errors
        if isinstance(error, RateLimited):
            values |= _parked(claim, ParkReason.RATE_LIMITED, error, now)
            if claim.credential_id is not None:
                # No longer than this task can wait: the pause would hold back its last poll as well.
                until = now + timedelta(seconds=deadline.clamped(delay))
                pause = Pause(reason=ParkReason.RATE_LIMITED, until=until, detail=str(error))
        else:
            values |= _parked(claim, ParkReason.UNREACHABLE, error, now)
            if errors == 1:
                values["parked"] = claim.parked.value if claim.parked else None  # one hiccup is not an outage
    delay = deadline.clamped(delay)
    patience = timedelta(0) if rejected else VERDICT_PATIENCE
    if deadline.is_over(patience=patience):
        delay = None
        values |= {"state": State.EXPIRED.value, "completed_at": now, **UNPARKED}
        values["remarks"] = [f"Its 24 hours ended before we could ask: {error}"]
    return Change(
        claim=claim,
        values=calls(claim, report) | values,
        next_delay_seconds=delay,
        attempt=None if "polls" in values else attempt_of(report),
        earlier=report.earlier,
        pause=pause,
        answered=None if "polls" in values else is_answer(error, errors=claim.errors),
        visible=pause is not None or is_visible(claim, values),
    )


def held(claim: Claim, report: Report, error: TokenHeld, deadline: Deadline) -> Change:
    """No call was made with the token. Its own pause says when the task comes up again, or a short wait does."""
    values: dict[str, Any] = {"polls": claim.polls - 1 + len(report.earlier)}
    now, left = deadline.now, deadline.left
    may_still_be_there = not deadline.is_over(patience=VERDICT_PATIENCE)
    delay: float | None = 0.0 if error.is_paused else HELD_DELAY_SECONDS
    if isinstance(error, ServiceNotListed) and may_still_be_there:
        delay = ERROR_CEILING_SECONDS  # nothing changes until the operator lists it and starts anew
        values |= _parked(claim, ParkReason.SERVICE_NOT_LISTED, error, now)
    elif 0 < left <= LAST_POLL_MARGIN_SECONDS:  # claimed although the token is paused: its last chance
        delay = max(left / 4, ERROR_BASE_SECONDS)
    elif left <= 0 and error.is_outage and may_still_be_there:
        delay = ERROR_CEILING_SECONDS  # claimed although the token is paused: its time is over, its result maybe not
        values |= _parked(claim, ParkReason.UNREACHABLE, error, now)
    elif deadline.is_over():
        delay = None
        values |= {"state": State.EXPIRED.value, "completed_at": now, **UNPARKED}
        values["remarks"] = [f"Its 24 hours ended before we could ask: {error}"]
    elif left <= 0:
        delay = ERROR_CEILING_SECONDS
    elif not error.is_paused:
        is_key = isinstance(error, TokenUnreadable)
        values |= _parked(claim, ParkReason.KEY_MISSING if is_key else ParkReason.UNREACHABLE, error, now)
    return Change(
        claim=claim,
        values=values,
        next_delay_seconds=None if delay is None else deadline.clamped(delay),
        attempt=None,
        earlier=report.earlier,
        answered=False if error.is_outage and error.has_tried else None,
        visible=is_visible(claim, values),
    )


def _retry_delay(claim: Claim, error: CloudError, errors: int, *, now: datetime, rng: random.Random) -> float:
    """When to ask again after an error; in the last minutes before expiry soon, whatever went before.

    Each retry then waits at most a quarter of the time left: about ten more calls, and the result is not
    gone because an outage of some hours, or a Retry-After, has made the delays long.
    """
    delay = error_delay(errors=errors, retry_after=error.retry_after, rng=rng)
    left = (claim.expires_at - now).total_seconds()
    return min(delay, max(left / 4, ERROR_BASE_SECONDS)) if 0 < left <= LAST_POLL_MARGIN_SECONDS else delay


def pause_for_rejection(credential: CallCredential | None, error: CloudError, *, now: datetime) -> Pause:
    """For how long a token rests that the service has rejected, and why.

    Args:
        credential: the token; None where the claim came without it.
        error: what the service said.
        now: aware, by the database's clock.
    """
    if isinstance(error, NotAllowed):
        return Pause(reason=ParkReason.PLAN_REFUSED, until=now + PLAN_RETRY, detail=str(error))
    if credential is not None and credential.kind is CredentialKind.CLIENT_CREDENTIALS:
        detail = f"Even a token minted just now was refused: {error}"
        return Pause(reason=ParkReason.TOKEN_REJECTED, until=now + PLAN_RETRY, detail=detail)
    is_over = credential is not None and credential.expires_at is not None and credential.expires_at <= now
    reason = ParkReason.TOKEN_EXPIRED if is_over else ParkReason.TOKEN_REJECTED
    return Pause(reason=reason, until=None, detail=str(error))


def longest_pause(reason: ParkReason, *, now: datetime, monthly: bool = False) -> datetime | None:
    """The furthest moment until which a token can be paused that ends its pause by itself; None when there is none.

    Args:
        reason: why it is paused.
        now: aware, by the database's clock.
        monthly: whether it has a budget for the month.
    """
    if reason is ParkReason.BUDGET_REACHED:
        return next_month(now) if monthly else next_day(now)
    seconds = {
        ParkReason.RATE_LIMITED: RETRY_AFTER_CEILING_SECONDS,
        ParkReason.PLAN_REFUSED: PLAN_RETRY.total_seconds(),
        ParkReason.TOKEN_REJECTED: PLAN_RETRY.total_seconds(),
        ParkReason.LOGIN_LOCKED: LONGEST_LOCK_SECONDS,
        ParkReason.UNREACHABLE: ERROR_CEILING_SECONDS,
    }.get(reason)
    return None if seconds is None else now + timedelta(seconds=seconds)


def _parked(claim: Claim, reason: ParkReason, error: CloudError, now: datetime) -> Mapping[str, Any]:
    since = claim.parked_since or now
    return {"parked": reason.value, "parked_since": since, "parked_detail": str(error)}


def calls(claim: Claim, report: Report) -> dict[str, Any]:
    """The count of calls, where a poll took more than the one that was counted with the claim."""
    return {"polls": claim.polls + len(report.earlier)} if report.earlier else {}


def is_visible(claim: Claim, values: Mapping[str, Any]) -> bool:
    """Whether somebody looking at a screen would see a difference."""
    state = values.get("state", claim.state.value)
    parked = values.get("parked", claim.parked.value if claim.parked else None)
    before = claim.parked.value if claim.parked else None
    return bool(state != claim.state.value or parked != before)
