"""The loop that sends what waits: some at a time, each once, with every browser closed."""

import random
import threading
import time
import uuid
from collections.abc import Callable

from dashboard.errors import CloudError, InputRefused, StoreError
from dashboard.logs import get_logger
from dashboard.models import SubmissionState
from dashboard.models.dispatches import Dispatch, Verdict
from dashboard.polling.alarm import Alarm
from dashboard.polling.counted_calls import CountedCalls
from dashboard.polling.ports import OcrApi, Outbox, Tokens
from dashboard.polling.schedule import LEASE_SECONDS
from dashboard.polling.sending import PERHAPS, verdict_of
from dashboard.retrying import pause_after

log = get_logger(__name__)

MOST_AT_ONCE = 8
"""Sent at once by one process, whatever the tokens: each stands in memory while it is sent."""

MAX_SLEEP_SECONDS = 5.0
SPACING_SECONDS = 0.02
FULL_SECONDS = 1.0
"""How soon a loop looks again at what it could not take; it is woken when something has been sent."""


class Sender:
    """Sends the submissions of every team, until stopped.

    Args:
        api: the service.
        tokens: what to send with.
        outbox: what waits.
        rng: for jitter.
    """

    def __init__(
        self, *, api: OcrApi, tokens: Tokens, outbox: Outbox, rng: random.Random | None = None
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._outbox = outbox
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not cryptography
        self._alarm = Alarm()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._under_way = 0
        self._failures = 0
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being sent."""
        return self._under_way > 0

    def start(self) -> None:
        """Start the loop; a second call does nothing."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopping.clear()
        self._alarm.begin()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at once: something is to be sent."""
        self._alarm.ring()

    def begin_to_stop(self) -> None:
        """Send nothing more; returns at once."""
        self._stopping.set()
        self._alarm.end()

    def stop(self, *, timeout_seconds: float = 1.0) -> None:
        """The same, and wait for what is being sent; returns within the timeout."""
        self.begin_to_stop()
        ends_at = time.monotonic() + timeout_seconds
        if self._thread is not None:
            self._thread.join(timeout_seconds)
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, max(0.0, ends_at - time.monotonic()))

    def run_once(self, *, wait_seconds: float = 60.0) -> int:
        """One turn of a loop of one's own; how many were sent, or tried. Raises StoreError."""
        count = self._turn()
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, wait_seconds)
        return count

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                # What is due and was not claimed waits for a token, a place or a probe: that changes slowly.
                least = SPACING_SECONDS if self._turn() else FULL_SECONDS
                due = self._outbox.seconds_until_due()
                rest = MAX_SLEEP_SECONDS if due is None else min(max(due, least), MAX_SLEEP_SECONDS)
                self._failures = 0
            except StoreError as error:
                log.warning("sender.no_turn", reason=str(error))
                rest = pause_after(self._failures)
                self._failures += 1
            except Exception:
                log.exception("sender.turn_failed")
                rest = MAX_SLEEP_SECONDS
            self._alarm.within(rest)
            self._alarm.sleep(least=began + SPACING_SECONDS - time.monotonic())

    def _turn(self) -> int:
        room = MOST_AT_ONCE - self._under_way
        if room <= 0:
            return 0
        claimed = self._outbox.claim(limit=room, lease_seconds=LEASE_SECONDS, fence=uuid.uuid4().hex)
        since = time.monotonic()
        for dispatch in claimed:
            with self._changed:
                self._under_way += 1
            name = f"send-{dispatch.id}"
            threading.Thread(target=self._send, args=(dispatch, since), name=name, daemon=True).start()
        return len(claimed)

    def _send(self, dispatch: Dispatch, since: float) -> None:
        try:
            self._send_once(dispatch, since)
        except Exception as error:
            # Our own bug: what was on its way may have arrived.
            log.exception("submission.handling_failed", id=dispatch.id)
            detail = f"{PERHAPS} Something went wrong here ({type(error).__name__})."
            perhaps = Verdict(state=SubmissionState.PERHAPS_SENT, detail=detail)
            self._keep(lambda: self._outbox.settle(dispatch, perhaps))
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
            self._alarm.ring()

    def _send_once(self, dispatch: Dispatch, since: float) -> None:
        calls = CountedCalls(self._outbox, dispatch, since=since)

        def submit(access_token: str | None) -> str:
            return self._api.submit(
                api_url=dispatch.api_url,
                operation=dispatch.operation,
                trial=dispatch.trial,
                image=self._outbox.image(dispatch),
                access_token=access_token,
                settings=dispatch.settings,
            )

        try:
            task_id = calls.make(self._tokens, submit)
        except (CloudError, InputRefused) as error:
            verdict = verdict_of(dispatch, error, now=calls.now(), rng=self._rng)
            log.info("submission.not_sent", id=dispatch.id, state=verdict.state, reason=type(error).__name__)
            self._keep(lambda: self._outbox.settle(dispatch, verdict, is_called=calls.is_called))
            return
        except StoreError as error:  # before anything was sent
            held = Verdict(state=SubmissionState.WAITING, detail=str(error), again_in_seconds=5.0)
            self._keep(lambda: self._outbox.settle(dispatch, held, is_called=calls.is_called))
            return
        # Written down first of all: nobody else knows this ID, and the service does not list it.
        log.info("submission.sent", id=dispatch.id, task_id=task_id, operation=dispatch.operation.value)
        self._keep(lambda: self._outbox.sent(dispatch, task_id, at=calls.sent_at))

    def _keep(self, write: Callable[[], None]) -> None:
        """Write what is known, until the database takes it; the log has the task ID where the process ends before."""
        failures = 0
        while True:
            try:
                write()
            except StoreError as error:
                log.warning("submission.kept_later", reason=str(error))
                if self._stopping.wait(pause_after(failures)) and failures > 1:
                    return
                failures += 1
            else:
                return
