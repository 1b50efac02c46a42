"""The poller: claims due tasks, has them asked about on request threads, and what comes of it written.

::

    claimed on the loop's thread ──► queue ──► asked on request threads ──► written on the writer's thread
       when something is due,                  that live on                 what has gathered meanwhile
       a call has ended, somebody rings

None waits for another. Nothing that goes wrong with one task, and no trouble of the database, ends the loop: what
could not be written is kept and tried again, and if this process dies, others notice it and ask again.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import Claim
from dashboard.polling.alarm import Alarm
from dashboard.polling.asking import Asker
from dashboard.polling.claim_ahead import ClaimAhead
from dashboard.polling.heartbeat import Heartbeat
from dashboard.polling.learning import Learning
from dashboard.polling.one_poll import OnePoll, unasked
from dashboard.polling.ports import Beside, Decode, Ledger, OcrApi, Prepare, Processes, Tokens
from dashboard.polling.preparing import Preparation
from dashboard.polling.pulse import Pulse
from dashboard.polling.request_threads import RequestThreads
from dashboard.polling.schedule import LEASE_SECONDS
from dashboard.polling.turns import Turns
from dashboard.polling.writing import Writer
from dashboard.retrying import pause_after

log = get_logger(__name__)

MAX_SLEEP_SECONDS = 5.0
"""An idle loop looks at least this often, for tasks that nobody told it of."""

FULL_SLEEP_SECONDS = 0.5
"""While every thread is busy, for tasks of lanes that have none; a call that ends is heard of at once."""

IDLE_SLEEP_SECONDS = 0.2
SHORTEST_SLEEP_SECONDS = 0.02
"""Least rests while something is due, after a turn that claimed nothing and after one that did."""

SPACING_SECONDS = 0.05
"""From one turn to the next, however many calls end and however many ring."""

TROUBLE_SPACING_SECONDS = 0.5
"""The same while the database refuses."""

QUEUED_SECONDS = 1.0
"""What was claimed ahead and found no free thread for so long is given back."""

MOST_TIMES = 4
"""Held at once are at most so many times the workers: with what is claimed ahead, and what lanes are guaranteed."""


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
        load: Callable[[], None] = lambda: None,
        processes: Processes | None = None,
        workers: int = 16,
        learning: Learning | None = None,
        lease_seconds: float = LEASE_SECONDS,
        rng: random.Random | None = None,
        service_time: Callable[[str], datetime | None] = lambda _: None,
        trusts_clock: Callable[[], bool] = lambda: True,
        beside: Beside | None = None,
    ) -> None:
        if lease_seconds <= api.get_seconds:
            raise ValueError("the lease is no longer than a call may be")
        turns = Turns()
        self._preparation = preparation = Preparation(prepare, turns, load=load)
        self._one_poll = OnePoll(
            asker=Asker(api=api, tokens=tokens, decode=decode, turns=turns),
            preparation=preparation,
            learning=learning or Learning(),
            rng=rng or random.Random(),  # noqa: S311 - jitter, not cryptography
            service_time=service_time,
            trusts_clock=trusts_clock,
        )
        self._ledger = ledger
        self._processes = processes
        self._beside = beside
        self._workers, self._most = workers, MOST_TIMES * workers
        self._lease_seconds = lease_seconds
        self.pulse = Pulse()
        self._alarm = Alarm()
        self._threads = RequestThreads(self._poll, told=self._on_held, workers=workers, most=self._most)
        self._writer = Writer(ledger, self.pulse, preparation=preparation, written=self._on_written)
        self._claim_ahead = ClaimAhead(most=self._most - workers)
        self._heartbeat: Heartbeat | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waits_for_writer = False
        self._few = -1
        self._failures = 0
        self._nudged_at = 0.0

    @property
    def is_running(self) -> bool:
        """Whether the loop thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the loop; a second call does nothing."""
        if self.is_running:
            return
        self._stopping.clear()
        self._alarm.begin()
        self._threads.begin()
        self.pulse.started_at = time.monotonic()
        self._writer.start()
        if self._processes is not None:
            self._heartbeat = Heartbeat(self._processes, is_busy=self._is_busy, freed=self.wake)
            self._heartbeat.start()
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)
        self._thread.start()
        log.info("poller.started", workers=self._workers)

    def wake(self) -> None:
        """Look at the schedule now: something was added, or somebody is looking."""
        self.ring()
        if self._beside:
            self._beside.wake()

    def ring(self) -> None:
        """The same where only a task was added: nobody beside is woken."""
        self._alarm.ring()

    def nudge(self) -> None:
        """Like :meth:`wake`, but many viewers together cause at most one extra look a second."""
        now = time.monotonic()
        if now - max(self.pulse.beat_at or 0.0, self._nudged_at) > 1.0:
            self._nudged_at = now
            self._alarm.ring()

    def begin_to_stop(self) -> None:
        """Claim nothing more; the loop writes what has arrived, gives back the rest, and ends."""
        self._stopping.set()
        self._alarm.end()

    def stop(self, *, timeout_seconds: float = 3.0) -> None:
        """The same, and wait for it; returns within the timeout."""
        self.begin_to_stop()
        self._threads.end()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
            log.info("poller.stopped", clean=not self._thread.is_alive())

    def run_once(self, *, wait_seconds: float = 0.0) -> float:
        """One turn of a loop of one's own, while this one is not started: write what arrived, claim, have it asked.

        Args:
            wait_seconds: how long to wait for the answers; those that came are written.

        Returns:
            Seconds to rest until the next turn, unless something happens.

        Raises:
            StoreError: when the database refuses; what arrived is kept for the next turn.
        """
        self._writer.write()
        rest = self._turn()
        if wait_seconds:
            self._threads.wait(wait_seconds)
            self._writer.write()
        return rest

    def _run(self) -> None:
        while not self._stopping.is_set():
            began, spacing = time.monotonic(), SPACING_SECONDS
            try:
                rest = self._turn()
                self._failures = 0
            except StoreError as error:
                self.pulse.refused(error)
                rest, spacing = pause_after(self._failures), TROUBLE_SPACING_SECONDS
                self._failures += 1
            except Exception:
                # A bug in one turn must not end polling for good; heartbeat and leases heal what it dropped.
                log.exception("poller.turn_failed")
                rest = MAX_SLEEP_SECONDS
            self._alarm.within(rest)
            self._alarm.sleep(least=began + spacing - time.monotonic())
        self._wind_down()

    def _turn(self) -> float:
        """Claim what is due and have it asked; how long to rest then."""
        for claim in self._threads.take_back(claimed_before=time.monotonic() - QUEUED_SECONDS):
            self._writer.add(unasked(claim))
        if self._writer.is_refused or self._writer.unwritten >= self._most:
            self._waits_for_writer = True  # who rings as soon as it gets on
            return MAX_SLEEP_SECONDS
        held = self._threads.held()
        ahead = self._claim_ahead.ahead(ended=self._threads.ended, at=time.monotonic())
        limit = max(0, self._workers + ahead - len(held))
        claims: list[Claim] = []
        is_full = True
        if len(held) < self._most:
            claims = self._ledger.claim(
                limit=limit,
                lease_seconds=self._lease_seconds,
                fence=uuid.uuid4().hex,
                busy=Counter(claim.lane for claim in held),
            )
            is_full = len(claims) >= limit
            self._few = len(held) + len(claims) - max(1, ahead // 2) if is_full else -1
            self._threads.put(claims, at_once=len(claims) > limit)
        self.pulse.works()
        if is_full:
            return FULL_SLEEP_SECONDS
        due = self._ledger.seconds_until_due()
        # Due, yet not ours to claim: do not spin.
        shortest = SHORTEST_SLEEP_SECONDS if claims else IDLE_SLEEP_SECONDS
        return MAX_SLEEP_SECONDS if due is None else min(max(due, shortest), MAX_SLEEP_SECONDS)

    def _poll(self, claim: Claim, since: float) -> None:
        self._preparation.begin()
        """Poll one task, on a request thread."""
        self._writer.add(self._one_poll.change_of(claim, since))

    def _on_held(self, number: int) -> None:
        self.pulse.in_flight = number
        if number <= self._few:
            self._alarm.ring()  # the next are to be claimed before threads wait for them

    def _on_written(self, due_in: float | None) -> None:
        if self._waits_for_writer:
            self._waits_for_writer = False
            self._alarm.ring()
        if due_in is not None:
            self._alarm.within(due_in)

    def _is_busy(self) -> bool:
        is_beside = self._beside is not None and self._beside.is_busy
        return bool(self.pulse.in_flight or self._writer.unwritten) or is_beside

    def _wind_down(self) -> None:
        """Before the thread ends: keep what has arrived, free what has not."""
        try:
            for claim in self._threads.take_back():
                self._writer.add(unasked(claim))
            self._threads.wait(0.5)
            self._writer.stop()
            self._writer.write()
            self._ledger.release(self._threads.held())
            if self._processes is not None and self._heartbeat is not None:
                self._heartbeat.stop()  # its last beat would make the row anew
                self._processes.leave()
        except StoreError as error:
            log.warning("poller.release_failed", reason=str(error))
        except Exception:
            log.exception("poller.wind_down_failed")
        finally:
            if self._heartbeat is not None:
                self._heartbeat.begin_to_stop()
