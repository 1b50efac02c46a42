"""When to ask next. Pure: no clock, no database; durations in seconds.

Two policies that never mix: polls of a healthy service, and retries after a call that brought no answer.
Both are fitted to the 24 hours (fact sheet 5) by :func:`clamp_to_deadline`::

    submitted                                              last poll     expiry  verdict
        |--o-o--o---o----o------o--------o- ... -o-----------o--------------|------o
           square root      a thirtieth     at most       two minutes       five seconds
           of the age       of the age      15 min         before it          after it

Polls wait as history says (``polling.waits``). Without any they wait with the square root of the age, because that is
best for a service about whose durations nothing is known; exponential backoff answers another question, that of
contention. Jitter is small for polls, where it only costs, and large for errors, where it spreads the load.
"""

import math
import random

from dashboard.models.retention import RETENTION

FLOOR_SECONDS = 0.3
"""Never ask sooner than this."""

POLL_CEILING_SECONDS = 900.0
"""Between two polls of a task that is taking hours: 15 minutes."""

LATE_SHARE = 1 / 30
"""Least delay as a share of the age. At the usual cost it takes over from the square root after six minutes:
calls may be billed (fact sheet 5, D12), and who has waited for an hour can wait two minutes more. A task
that never ends costs about 260 calls this way, against 930 by the square root alone."""

ERROR_BASE_SECONDS = 2.0
ERROR_CEILING_SECONDS = 300.0

RETRY_AFTER_CEILING_SECONDS = 3600.0
"""Longer hints are not believed: a mistaken one must not cost a result."""

LEASE_SECONDS = 900.0
"""How long a claim holds: longer than any call. A process that dies is noticed within seconds by its heartbeat, so this
is for a thread that is stuck in a process that lives, and for who cannot say that it lives. No longer than a task may
wait anyway, so that the future of a lease is never taken for a clock's mistake."""

LAST_POLL_MARGIN_SECONDS = 120.0
"""How long before expiry the last poll is made: enough for several retries."""

VERDICT_DELAY_SECONDS = 5.0
"""How long after expiry the service is asked for its verdict; clocks may differ by a little."""

OVERDUE_DELAY_SECONDS = 3600.0
"""Between two polls of a task that the service still knows a day after its expiry."""


def next_poll_delay(
    *, age: float, cost: float = 0.2, rng: random.Random, learned: float | None = None
) -> float:
    """How long to wait before asking again about a task that is still open.

    Args:
        age: since its submission, or its registration when that is unknown.
        cost: how many seconds of waiting one call is worth; dearer calls are made less often.
        rng: where the jitter of 10 % comes from.
        learned: what the history of such tasks says (``polling.waits``); None where it says nothing.

    Returns:
        From :data:`FLOOR_SECONDS` to :data:`POLL_CEILING_SECONDS`.
    """
    age = max(age, 0.0)
    delay = max(math.sqrt(2 * cost * age), age * LATE_SHARE) if learned is None else learned
    return min(max(delay * rng.uniform(0.9, 1.1), FLOOR_SECONDS), POLL_CEILING_SECONDS)


def age_of(*, elapsed: float, polls: int, cost: float) -> float:
    """How old a task is for the schedule.

    Args:
        elapsed: since its submission or registration, by the clock; negative when the clock was set back.
        polls: how often it was asked about.
        cost: as for :func:`next_poll_delay`.

    Returns:
        ``elapsed``, or what the number of polls tells about the age: a task of the future would else be asked about
        without a pause until its time comes.
    """
    return elapsed if elapsed >= 0 else cost * polls**2 / 2


def error_delay(*, errors: int, retry_after: float | None, rng: random.Random) -> float:
    """How long to wait after a call that brought no usable answer.

    Args:
        errors: such calls in a row, this one included.
        retry_after: what the service asked for; at least that is waited, up to :data:`RETRY_AFTER_CEILING_SECONDS`.
        rng: where the jitter comes from: half of the delay is certain, half is chance.
    """
    doublings = min(max(errors - 1, 0), 10)  # the ceiling is reached long before; larger powers overflow
    delay = min(ERROR_BASE_SECONDS * 2.0**doublings, ERROR_CEILING_SECONDS) * rng.uniform(0.5, 1.0)
    if retry_after is None:
        return delay
    return max(delay, min(retry_after, RETRY_AFTER_CEILING_SECONDS))


def clamp_to_deadline(
    delay: float, *, until_expiry: float, retention: float = RETENTION.total_seconds()
) -> float:
    """Shorten a delay so that the task is asked about right before and right after it expires.

    ==========================  ==========================================================
    now is                      the next poll is after
    ==========================  ==========================================================
    before the last poll        ``delay``, but no later than the last poll; a poll that would
                                come within :data:`FLOOR_SECONDS` before the last poll becomes it
    between it and expiry       ``delay`` (an error is retried), but no later than the verdict
    after expiry                ``delay``: only whether an unreachable service is asked on
                                counts then, and the caller decides that
    ==========================  ==========================================================

    This holds for Retry-After as well: rather one refused call than a result that is gone.

    Args:
        delay: what the schedule or the error policy wants.
        until_expiry: from now; negative when it is over.
        retention: of the whole task. The last poll keeps :data:`LAST_POLL_MARGIN_SECONDS` before expiry, and at
            most a tenth of this, so that a service with a short memory is not asked once and given up.

    Returns:
        At least :data:`FLOOR_SECONDS`, so that no task can turn the poller into a loop.
    """
    delay = max(delay, FLOOR_SECONDS)
    if until_expiry <= 0:
        return delay
    until_last_poll = until_expiry - min(LAST_POLL_MARGIN_SECONDS, retention / 10)
    if until_last_poll < FLOOR_SECONDS:
        return min(delay, until_expiry + VERDICT_DELAY_SECONDS)
    return until_last_poll if delay > until_last_poll - FLOOR_SECONDS else delay
