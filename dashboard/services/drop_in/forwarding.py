"""A submission of a script on its way to the service: written down first, passed on as it is, its task ID kept.

::

    begin ── a row that says *being sent* ── send ── the service's own answer ── a task on the board
                                               └── no answer: *perhaps sent*, a person decides
    not taken (token rejected, 429, 503): nothing is left of it, and the script is told to try again

A process that is killed in between leaves *being sent* behind, which others turn into *perhaps sent*.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from dashboard.errors import CloudError, StoreError
from dashboard.logs import get_logger
from dashboard.models import Operation, Role, SubmissionState
from dashboard.models.dispatches import Dispatch, Relayable, Relayed, Verdict
from dashboard.polling.counted_calls import CountedCalls
from dashboard.polling.ports import Tokens
from dashboard.polling.sending import PERHAPS, verdict_of
from dashboard.retrying import pause_after
from dashboard.services.drop_in.drop_in_tokens import DropInTokens
from dashboard.services.drop_in.new_dispatches import NewDispatches, Order
from dashboard.services.sending.kept_sources import KeptSources
from dashboard.services.team_scope import TeamScope
from dashboard.store import drop_in as rows
from dashboard.store.outbox import DatabaseOutbox

log = get_logger(__name__)

KEPT_WITHIN = 10.0
"""Seconds in which a task ID has to be stored before the answer says that it is not, and goes out."""

_TRY_AGAIN = "Nothing was taken: it can be sent again."
_DECIDE = "Look at the batch on the dashboard before it is sent again."


class Relay(Protocol):
    """Passes requests on; ``dashboard.cloud.client.CloudClient``."""

    def relay(
        self, request: Relayable, *, api_url: str, operation: Operation, trial: bool, access_token: str | None
    ) -> Relayed:
        """Send it, and give the answer as it came; raises CloudError where there is none to give."""
        ...


class NotForwarded(CloudError):
    """The service has given no answer that could be passed on.

    Args:
        detail: what to do, in a sentence.
        cause: what happened.
        is_perhaps: whether there may be a task all the same.
    """

    def __init__(self, detail: str, *, cause: CloudError, is_perhaps: bool) -> None:
        super().__init__(detail, http_status=cause.http_status, retry_after=cause.retry_after)
        self.cause = cause
        self.is_perhaps = is_perhaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """What the script is answered.

    Attributes:
        answer: the service's own.
        is_kept: whether its task is on the board; False only where the database has refused for too long.
    """

    answer: Relayed
    is_kept: bool


class Forwarding:
    """What scripts submit through the drop-in address of one team; for editors.

    Args:
        team: whose, and by which key.
        tokens: opens them.
        relay: the service.
        outbox: writes down what has become of it.
        chosen: which token is for what.
        kept_sources: keep the images, where the team wants that.
        wake: has the poller look at once.
        holder: this process, where it beats; None where the lease alone says how long it may take.
        stopping: set when the process is about to end.
    """

    def __init__(
        self,
        team: TeamScope,
        *,
        tokens: Tokens,
        relay: Relay,
        outbox: DatabaseOutbox,
        chosen: DropInTokens,
        kept_sources: KeptSources,
        wake: Callable[[], None],
        holder: str | None,
        stopping: threading.Event,
    ) -> None:
        self._team = team
        self._new = NewDispatches(team, chosen=chosen, kept_sources=kept_sources, holder=holder)
        self._chosen = chosen
        self._tokens = tokens
        self._relay = relay
        self._wake = wake
        self._stopping = stopping
        self._outbox = outbox
        self._rng = random.Random()  # noqa: S311 - jitter, not cryptography

    def require(self) -> None:
        """Refuse whoever may not submit, before anything is read; raises NotPermitted."""
        with self._team.reading(Role.EDITOR) as session:
            self._chosen.require_on(session)

    def begin(self, order: Order) -> Dispatch:
        """Write down that it is being sent; from here on it is sent at most once.

        Raises:
            Held: no call may be made with the token now.
            InputRefused: there is no such token, or none at all.
            NotPermitted: for viewers, for revoked keys, and where the address is switched off.
        """
        return self._new.begin(order)

    def send(self, dispatch: Dispatch, request: Relayable) -> Forwarded:
        """Pass it on, once, and write down what became of it.

        Args:
            dispatch: what :meth:`begin` gave.
            request: as the script has written it.

        Raises:
            NotForwarded: the service has given no answer that could be passed on.
        """
        calls = CountedCalls(self._outbox, dispatch, since=time.monotonic())

        def relay(access_token: str | None) -> Relayed:
            return self._relay.relay(
                request,
                api_url=dispatch.api_url,
                operation=dispatch.operation,
                trial=dispatch.trial,
                access_token=access_token,
            )

        try:
            answer = calls.make(self._tokens, relay)
        except CloudError as error:
            verdict = verdict_of(dispatch, error, now=calls.now(), rng=self._rng)
            raise self._not_forwarded(dispatch, error, verdict, is_called=calls.is_called) from error
        except StoreError:  # while a token was read, or a call counted: nothing was taken
            ended = Verdict(state=SubmissionState.REFUSED, detail=_TRY_AGAIN)
            self._keep(lambda: self._forget(dispatch, ended, is_called=calls.is_called))
            raise
        except Exception:
            # Our own bug: what was on its way may have arrived.
            perhaps = Verdict(state=SubmissionState.PERHAPS_SENT, detail=PERHAPS)
            self._keep(lambda: self._outbox.settle(dispatch, perhaps))
            raise
        task_id = answer.task_id
        if task_id is None:
            refused = Verdict(
                state=SubmissionState.REFUSED, detail=f"The service refused it (HTTP {answer.status})."
            )
            self._keep(lambda: self._outbox.settle(dispatch, refused))
            return Forwarded(answer=answer, is_kept=True)
        # The log has it first of all: nobody else knows this ID, and the service does not list it.
        log.info("drop_in.sent", id=dispatch.id, task_id=task_id, operation=dispatch.operation.value)
        is_kept = self._keep(lambda: self._outbox.sent(dispatch, task_id, at=calls.sent_at))
        if is_kept:
            self._wake()
        else:
            log.error("drop_in.not_kept", task_id=task_id, operation=dispatch.operation.value)
        return Forwarded(answer=answer, is_kept=is_kept)

    def _not_forwarded(
        self, dispatch: Dispatch, error: CloudError, verdict: Verdict, *, is_called: bool
    ) -> NotForwarded:
        log.info("drop_in.not_sent", id=dispatch.id, state=verdict.state, reason=type(error).__name__)
        if verdict.state is SubmissionState.PERHAPS_SENT:
            self._keep(lambda: self._outbox.settle(dispatch, verdict, is_called=is_called))
            return NotForwarded(f"{verdict.detail} {_DECIDE}", cause=error, is_perhaps=True)
        # It waits for nobody here: the script has it, and hears that it can be sent again.
        ended = replace(verdict, state=SubmissionState.REFUSED, again_in_seconds=None)
        self._keep(lambda: self._forget(dispatch, ended, is_called=is_called))
        return NotForwarded(f"{error} {_TRY_AGAIN}", cause=error, is_perhaps=False)

    def _forget(self, dispatch: Dispatch, ended: Verdict, *, is_called: bool) -> None:
        """Have the token rest where it has to, and leave nothing of the submission."""
        self._outbox.settle(dispatch, ended, is_called=is_called)
        with self._team.database.writing() as session:
            rows.forget(session=session, submission_id=dispatch.id)

    def _keep(self, write: Callable[[], None]) -> bool:
        """Write what is known; whether the database has taken it in time. Where it has not, it is tried on beside."""
        ends_at = time.monotonic() + KEPT_WITHIN
        failures = 0
        while True:
            try:
                write()
            except StoreError as error:
                log.warning("drop_in.kept_later", reason=str(error))
                pause = min(pause_after(failures), max(0.0, ends_at - time.monotonic()))
                failures += 1
                if self._stopping.wait(pause) or time.monotonic() >= ends_at:
                    threading.Thread(
                        target=self._keep_trying, args=(write,), name="drop-in", daemon=True
                    ).start()
                    return False
            else:
                return True

    def _keep_trying(self, write: Callable[[], None]) -> None:
        failures = 0
        while not self._stopping.wait(pause_after(failures)):
            try:
                write()
            except StoreError:
                failures += 1
            else:
                self._wake()
                return
