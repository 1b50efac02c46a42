"""The calls of one poll: usually one; a status first where that is wanted; once more after a rejected minted token."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.errors import CloudError, StoreError, TokenHeld, TokenRejected, UnreadableAnswer
from dashboard.logs import get_logger
from dashboard.models import Answer, CallCredential, CallKind, Claim, DecodedPart, State
from dashboard.polling.ports import Decode, OcrApi, Tokens
from dashboard.polling.report import Report, attempt_of
from dashboard.polling.token_keeper import call_with
from dashboard.polling.turns import Turns

log = get_logger(__name__)

_Call = Callable[[str | None], Answer]


@dataclass(slots=True)
class _Poll:
    """One poll under way; ``now`` carries the database's clock on."""

    claim: Claim
    now: Callable[[], datetime]
    credential: CallCredential | None
    reports: list[Report]


class Asker:
    """Makes the calls of a poll and reports them; never raises for the service's sake."""

    def __init__(self, *, api: OcrApi, tokens: Tokens, decode: Decode, turns: Turns | None = None) -> None:
        self._api = api
        self._tokens = tokens
        self._decode = decode
        self._turns = turns or Turns()

    def ask(self, claim: Claim, *, now: Callable[[], datetime]) -> Report:
        """Ask about a task.

        Args:
            claim: what to ask about, and with which token.
            now: aware UTC, by the database's clock.

        Returns:
            The report of the last call, with attempts for the ones before it.
        """
        address = claim.address
        poll = _Poll(claim, now, None if address.trial else claim.credential, [])
        if poll.credential is not None and poll.credential.status_first:
            self._call(
                poll,
                CallKind.STATUS,
                lambda access_token: self._api.status(address, access_token=access_token),
            )
            if not _is_worth_fetching(poll.reports[-1]):
                return _joined(poll)
        self._call(
            poll, CallKind.POLL, lambda access_token: self._api.fetch(address, access_token=access_token)
        )
        return _joined(poll)

    def _call(self, poll: _Poll, kind: CallKind, call: _Call) -> None:
        """Make one call, and once more with a new token where the minted one was rejected."""

        def made(access_token: str | None) -> None:
            report = self._made(poll, kind, call, access_token)
            poll.reports.append(report)
            if isinstance(report.error, TokenRejected):
                poll.credential = poll.credential and replace(poll.credential, minted=None, minted_until=None)
                raise report.error

        try:
            call_with(self._tokens, poll.credential, made, now=poll.now)
        except TokenRejected:
            pass  # it is in the report
        except (TokenHeld, StoreError) as error:
            poll.reports.append(_held(error, kind, poll.now()))

    def _made(self, poll: _Poll, kind: CallKind, call: _Call, access_token: str | None) -> Report:
        began, started_at = time.monotonic(), poll.now()
        answer: Answer | None = None
        parts: tuple[DecodedPart, ...] = ()
        error: CloudError | None = None
        try:
            answer = call(access_token)
            with self._turns.of(sum(len(raw.data or "") for raw in answer.raw_parts)):
                parts = self._decode(answer.raw_parts, trial=poll.claim.address.trial)
            answer = replace(answer, raw_parts=())  # as large as the parts, and not needed any more
        except CloudError as problem:
            error = problem
        except Exception:
            # Whatever a stranger's answer provoked, the task stays open and the loop goes on.
            log.exception("task.answer_not_understood", task_id=poll.claim.address.task_id)
            answer, error = None, UnreadableAnswer("The answer of the OCR service could not be understood.")
        if kind is CallKind.POLL and answer is not None and (answer.state.has_result or parts):
            kind = CallKind.RESULT
        return Report(
            started_at=started_at,
            duration_ms=round((time.monotonic() - began) * 1000),
            kind=kind,
            answer=answer,
            parts=parts,
            error=error,
        )


def _is_worth_fetching(report: Report) -> bool:
    """Whether a status says that there is more to be had than the status itself."""
    answer = report.answer
    return answer is not None and not answer.state.is_open and answer.state is not State.NOT_FOUND


def _held(error: TokenHeld | StoreError, kind: CallKind, now: datetime) -> Report:
    held = error if isinstance(error, TokenHeld) else TokenHeld(str(error), is_paused=False, is_outage=True)
    return Report(started_at=now, duration_ms=0, kind=kind, error=held)


def _joined(poll: _Poll) -> Report:
    *before, last = poll.reports
    return replace(last, earlier=tuple(attempt for one in before if (attempt := attempt_of(one))))
