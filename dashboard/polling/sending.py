"""What it means for a submission that no task ID came back. Pure.

The service has no idempotency key, so a second POST makes a second, possibly billed, task (fact sheet 7): it is tried
again by itself only where it is known that nothing was taken. Everything else is *perhaps sent*, and a person decides.
"""

import random
from datetime import datetime, timedelta

from dashboard.errors import (
    CloudError,
    InputRefused,
    NoAnswer,
    RateLimited,
    RequestRefused,
    ServiceFault,
    TokenHeld,
    TokenRejected,
)
from dashboard.models import ParkReason, Pause, SubmissionState
from dashboard.models.dispatches import Dispatch, Verdict
from dashboard.polling.schedule import error_delay
from dashboard.polling.silence import HELD_DELAY_SECONDS, pause_for_rejection

PERHAPS = "It may have arrived, and may have been billed: no task ID came back."
"""Said before what went wrong; only a person decides whether it is sent again."""

_NOT_TAKEN = frozenset({503})
"""Statuses of trouble that say that the request was not taken; gateways give 502 and 504 after they passed it on."""


def verdict_of(
    dispatch: Dispatch, error: CloudError | InputRefused, *, now: datetime, rng: random.Random
) -> Verdict:
    """What becomes of a submission whose sending has failed.

    Args:
        dispatch: what was sent.
        error: what it brought.
        now: aware, by the database's clock.
        rng: for jitter.
    """
    detail = str(error)
    if isinstance(error, InputRefused | RequestRefused):
        return Verdict(state=SubmissionState.REFUSED, detail=detail)
    if isinstance(error, TokenHeld):
        delay = 0.0 if error.is_paused else HELD_DELAY_SECONDS
        return Verdict(state=SubmissionState.WAITING, detail=detail, again_in_seconds=delay)
    if isinstance(error, TokenRejected) and dispatch.credential is not None:
        rejected = pause_for_rejection(dispatch.credential, error, now=now)
        return Verdict(state=SubmissionState.WAITING, detail=detail, again_in_seconds=0.0, pause=rejected)
    if not was_taken(error):
        delay = error_delay(errors=dispatch.tries + 1, retry_after=error.retry_after, rng=rng)
        limited = isinstance(error, RateLimited) and dispatch.credential is not None
        until = now + timedelta(seconds=delay)
        pause = Pause(reason=ParkReason.RATE_LIMITED, until=until, detail=detail) if limited else None
        return Verdict(state=SubmissionState.WAITING, detail=detail, again_in_seconds=delay, pause=pause)
    return Verdict(state=SubmissionState.PERHAPS_SENT, detail=f"{PERHAPS} {detail}")


def was_taken(error: CloudError) -> bool:
    """Whether the service may have made a task although no ID came back."""
    if isinstance(error, NoAnswer):
        return error.has_arrived
    if isinstance(error, TokenRejected | RateLimited):
        return False
    return not (isinstance(error, ServiceFault) and error.http_status in _NOT_TAKEN)
