"""The poller: claims due tasks, asks the service on request threads, writes outcomes in batches.

One loop thread claims and writes; one thread for each call waits on the network. Nothing that goes wrong with one
task, and no trouble of the database, ends the loop: what could not be written is kept and tried again, and if
this process dies the lease runs out and another poll brings the same answer.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import datetime

from dashboard.errors import DiskFull, StoreError
from dashboard.logs import get_logger
from dashboard.models import Change, Claim
from dashboard.polling.asking import Asker
from dashboard.polling.ports import Decode, Ledger, OcrApi, Prepare, Tokens
from dashboard.polling.pulse import Pulse
from dashboard.polling.token_keeper import carried_on
from dashboard.polling.transition import decide
from dashboard.polling.turns import Turns
from dashboard.retrying import pause_after

log = get_logger(__name__)

LEASE_SECONDS = 75.0
"""Longer than the longest call, so that a slow answer is still ours to write."""

MAX_SLEEP_SECONDS = 5.0
"""An idle loop looks at least this often, for tasks that other processes added."""

SHORTEST_SLEEP_SECONDS = 0.02
IDLE_SLEEP_SECONDS = 0.2
"""Least pauses between two turns, after one that claimed something and after one that did not."""


class Poller:
    """Polls every open task of every team, until stopped. A lease that a call could outlast is a ValueError."""

    def __init__(
        self,
        *,
        api: OcrApi,
        tokens: Tokens,
        ledger: Ledger,
        decode: Decode,
        prepare: Prepare = lambda _parts, _trial: None,
        workers: int = 16,
        cost: float = 0.2,
        lease_seconds: float = LEASE_SECONDS,
        rng: random.Random | None = None,
        service_time: Callable[[str], datetime | None] = lambda _: None,
        trusts_clock: Callable[[], bool] = lambda: True,
    ) -> None:
        if lease_seconds <= api.get_seconds:
            raise ValueError("the lease is no longer than a call may be")
        self._turns = Turns()
        self._asker = Asker(api=api, tokens=tokens, decode=decode, turns=self._turns)
        self._prepare = prepare
        self._ledger = ledger
        self._workers = workers
        self._cost = cost
        self._lease_seconds = lease_seconds
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not cryptography
        self._service_time = service_time
        self._trusts_clock = trusts_clock
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._in_flight: dict[Future[Change], Claim] = {}
        self._unwritten: list[Change] = []
        self._store_failures = 0
        self._nudged_at = 0.0
        self.pulse = Pulse()

    @property
    def is_running(self) -> bool:
        """Whether the loop thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the loop; a second call does nothing."""
        if self.is_running:
            return
        self._stopping.clear()
        self.pulse.started_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)
        self._thread.start()
        log.info("poller.started", workers=self._workers)

    def wake(self) -> None:
        """Look at the schedule now: something was added, or somebody is looking."""
        self._wake.set()

    def nudge(self) -> None:
        """Like :meth:`wake`, but many viewers together cause at most one extra look a second."""
        now = time.monotonic()
        if now - max(self.pulse.beat_at or 0.0, self._nudged_at) > 1.0:
            self._nudged_at = now
            self._wake.set()

    def begin_to_stop(self) -> None:
        """Claim nothing more; the loop writes what has arrived, gives back the rest, and ends."""
        self._stopping.set()
        self._wake.set()

    def stop(self, *, timeout_seconds: float = 3.0) -> None:
        """The same, and wait for it; returns within the timeout."""
        self.begin_to_stop()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
            log.info("poller.stopped", clean=not self._thread.is_alive())

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self.run_once()
            except StoreError as error:
                pause = self._on_store_trouble(error)
            except Exception:
                # A bug in one turn must not end polling for good; the leases heal what it dropped.
                log.exception("poller.turn_failed")
                pause = MAX_SLEEP_SECONDS
            self._rest(pause)
        self._wind_down()

    def run_once(self) -> float:
        """One turn of the loop, for whoever brings a loop of their own: write what arrived, claim what is due.

        Returns:
            Seconds to rest until the next turn, unless something happens.

        Raises:
            StoreError: when the database refuses; what arrived is kept for the next turn.
        """
        self._collect()
        self._write()
        claims = self._ledger.claim(
            limit=max(0, self._workers - len(self._in_flight)),
            lease_seconds=self._lease_seconds,
            fence=uuid.uuid4().hex,
            busy=Counter(claim.lane for claim in self._in_flight.values()),
        )
        started = time.monotonic()
        for claim in claims:
            self._in_flight[self._ask(claim, started)] = claim
        self.pulse.in_flight = len(self._in_flight)
        self._store_works()
        if len(self._in_flight) >= self._workers:
            return IDLE_SLEEP_SECONDS  # a finished call ends the rest early, and lanes may be owed more
        due = self._ledger.seconds_until_due()
        # Due, yet not ours to claim: do not spin.
        shortest = SHORTEST_SLEEP_SECONDS if claims else IDLE_SLEEP_SECONDS
        return MAX_SLEEP_SECONDS if due is None else min(max(due, shortest), MAX_SLEEP_SECONDS)

    def _rest(self, seconds: float) -> None:
        """Sleep until the pause is over, a call finished, or somebody woke us."""
        self._wake.wait(seconds)
        if not self._stopping.is_set():
            self._wake.clear()

    def _collect(self) -> None:
        for future in [f for f in self._in_flight if f.done()]:
            claim = self._in_flight.pop(future)
            if (error := future.exception()) is None:
                self._unwritten.append(future.result())
            else:
                # Our own bug while handling this one task: say so, leave the row to its lease.
                log.error("task.handling_failed", task_id=claim.address.task_id, exc_info=error)

    def _write(self) -> None:
        """Write what has arrived, in one transaction; what the database refuses is kept for the next turn."""
        if not self._unwritten:
            return
        try:
            self._write_batch(self._unwritten)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - see next line
            # A bug that one outcome brings out. It costs this task a lease, and no other task anything.
            log.error("poller.batch_failed", kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote a result
            self._write_singly()
        self._unwritten = []

    def _write_singly(self) -> None:
        while self._unwritten:
            change = self._unwritten[0]
            try:
                self._write_batch([change])
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                task_id, kind = change.claim.address.task_id, type(error).__name__
                log.error("task.outcome_dropped", task_id=task_id, kind=kind)  # noqa: TRY400 - a traceback could quote a result
            del self._unwritten[0]

    def _write_batch(self, changes: Sequence[Change]) -> None:
        lost = {(claim.id, claim.fence) for claim in self._ledger.record(changes)}
        for change in changes:
            if (change.claim.id, change.claim.fence) in lost:
                self.pulse.fenced += 1
                log.info("task.fenced", task_id=change.claim.address.task_id)
            else:
                self._log(change)

    def _ask(self, claim: Claim, started: float) -> Future[Change]:
        """Poll on a thread of its own: unlike those of an executor it never holds up the end of the process."""
        future: Future[Change] = Future()

        def run() -> None:
            try:
                future.set_result(self._poll(claim, started))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever collects the future
                future.set_exception(error)

        future.add_done_callback(lambda _: self._wake.set())
        threading.Thread(target=run, name=f"poll-{claim.id}", daemon=True).start()
        return future

    def _poll(self, claim: Claim, started: float) -> Change:
        """Ask about one task; runs on a request thread and never raises for the service's sake."""
        now = carried_on(claim.claimed_at, started)
        report = self._asker.ask(claim, now=now)
        report = replace(report, service_time=self._service_time(claim.address.api_url))
        trusts = self._trusts_clock()
        return self._prepared(
            decide(claim, report, now=now(), cost=self._cost, rng=self._rng, trusts_clock=trusts)
        )

    def _prepared(self, change: Change) -> Change:
        """The same with its text made ready for the index, so that nobody waits for that while it is written."""
        if not change.parts:
            return change
        try:
            with self._turns.of(sum(len(part.text or "") for part in change.parts)):
                return replace(change, searchable=self._prepare(change.parts, change.claim.address.trial))
        except Exception as error:  # noqa: BLE001 - a result is never lost for the sake of a search
            log.error("library.not_prepared", id=change.claim.id, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
            return change

    def _wind_down(self) -> None:
        """Before the thread ends: keep what has arrived, free what has not."""
        try:
            wait(self._in_flight, timeout=0.5)
            self._collect()
            self._write()
            self._ledger.release(list(self._in_flight.values()))
        except StoreError as error:
            log.warning("poller.release_failed", reason=str(error))
        except Exception:
            log.exception("poller.wind_down_failed")

    def _on_store_trouble(self, error: StoreError) -> float:
        if self.pulse.store_trouble is None:
            log.error("poller.store_trouble", reason=str(error))
        self.pulse.store_trouble, self.pulse.is_full = str(error), isinstance(error, DiskFull)
        pause = pause_after(self._store_failures)
        self._store_failures += 1
        return pause

    def _store_works(self) -> None:
        if self.pulse.store_trouble is not None:
            log.info("poller.store_recovered")
        self.pulse.store_trouble, self.pulse.is_full, self._store_failures = None, False, 0
        self.pulse.beat_at = time.monotonic()

    def _log(self, change: Change) -> None:
        for earlier in change.earlier:
            self.pulse.count(earlier)
        attempt = change.attempt
        if attempt is None:
            return
        self.pulse.count(attempt)
        write = log.info if change.visible else log.debug
        write(
            "task.polled",
            task_id=change.claim.address.task_id,
            id=change.claim.id,
            result=attempt.result,
            state=change.values.get("state", change.claim.state.value),
            parked=change.values.get("parked"),
            ms=attempt.duration_ms,
            next_in=None if change.next_delay_seconds is None else round(change.next_delay_seconds, 1),
        )
