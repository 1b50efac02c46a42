"""Lets a claimed task hear an answer or an error, at a moment of its life."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from dashboard.errors import CloudError
from dashboard.models import Answer, Change, Claim
from dashboard.polling.report import Report
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)  # when make_claim's tasks are registered

MakeClaim = Callable[..., Claim]


def seconds(number: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=number)


def hear(claim: Claim, said: Answer | CloudError, *, after: float = 60.0, seed: int = 7) -> Change:
    """What the task becomes when it hears this, some seconds after its registration."""
    now = NOW + seconds(after)
    answer, error = (said, None) if isinstance(said, Answer) else (None, said)
    report = Report(
        started_at=now - seconds(0.2),
        duration_ms=200,
        answer=answer,
        parts=decode_parts(answer.raw_parts, trial=claim.address.trial) if answer else (),
        error=error,
    )
    return decide(claim, report, now=now, cost=0.2, rng=Random(seed))  # noqa: S311 - jitter
