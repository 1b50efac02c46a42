"""What came of one poll, and how a call goes into the timeline. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import CloudError, TokenHeld
from dashboard.models import Answer, AttemptRecord, CallKind, DecodedPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of one poll: an answer with its decoded parts, or an error.

    Attributes:
        started_at: aware UTC, by the database's clock.
        duration_ms: from sending to the last byte, or to giving up.
        kind: which call the answer or the error came of.
        earlier: calls that were made before it, oldest first.
        service_time: aware; the time by the service's own clock now, None when that is not known.
    """

    started_at: datetime
    duration_ms: int
    kind: CallKind = CallKind.POLL
    answer: Answer | None = None
    parts: tuple[DecodedPart, ...] = ()
    error: CloudError | None = None
    earlier: tuple[AttemptRecord, ...] = ()
    service_time: datetime | None = None


def attempt_of(report: Report, *, result: str | None = None) -> AttemptRecord | None:
    """A report as it goes into the timeline; None when no call was made.

    Args:
        report: what came of the call.
        result: what was made of the answer, where that is more than its own word.
    """
    answer, error = report.answer, report.error
    if isinstance(error, TokenHeld):
        return None
    word = answer.state.value if answer else (error or CloudError()).word
    detail = str(error) if error else "; ".join((*(answer.notices if answer else ()),))
    return AttemptRecord(
        kind=report.kind,
        started_at=report.started_at,
        duration_ms=report.duration_ms,
        http_status=answer.http_status if answer else (error.http_status if error else None),
        task_status=answer.task_status if answer else None,
        response_status_code=answer.response_status_code if answer else None,
        result=result or word,
        detail=detail[:500],
    )
