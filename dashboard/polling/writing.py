"""Writes what polls have found: at once when little arrives, in batches as large as have gathered when much does.

What the database refuses is kept and tried again, with growing pauses; nothing that goes wrong with one outcome
holds up the others.
"""

import threading
import time
from collections.abc import Callable, Sequence

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import Change
from dashboard.polling.one_poll import set_aside
from dashboard.polling.ports import Ledger
from dashboard.polling.preparing import Preparation
from dashboard.polling.pulse import Pulse
from dashboard.retrying import pause_after

log = get_logger(__name__)

SPACING_SECONDS = 0.02
"""From the beginning of one write to that of the next; what comes alone never waits."""

GATHERING_SECONDS = 0.1
"""The same once there are :data:`MANY` in a batch: each transaction costs as much as twenty outcomes."""

MANY = 4

MOST_AT_ONCE = 100
"""Outcomes in one transaction, so that nobody waits long for its end."""

BUG_SECONDS = 5.0
"""After a bug in writing; what was to be written is kept."""


class Writer:
    """The outcomes that are not stored yet, and the thread that stores them.

    Args:
        ledger: where to.
        pulse: is told how it goes.
        preparation: makes texts ready for the index, before anything is locked.
        written: hears after each write in how many seconds the first of its tasks is due again; None for never.
    """

    def __init__(
        self,
        ledger: Ledger,
        pulse: Pulse,
        *,
        preparation: Preparation,
        written: Callable[[float | None], None],
    ) -> None:
        self._ledger = ledger
        self._pulse = pulse
        self._preparation = preparation
        self._written = written
        self._changed = threading.Condition()
        self._arrived: list[Change] = []
        self._batch: list[Change] = []
        self._turn = threading.Lock()
        self._failures = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def unwritten(self) -> int:
        """Outcomes that are not stored yet."""
        return len(self._arrived) + len(self._batch)

    @property
    def is_refused(self) -> bool:
        """Whether the database refused the last write."""
        return self._failures > 0

    def add(self, change: Change) -> None:
        """Have one more written."""
        with self._changed:
            self._arrived.append(change)
            self._changed.notify()

    def start(self) -> None:
        """Write whatever arrives, on a thread of its own."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="poll-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End that thread after the write that is under way; what has arrived since is kept."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def write(self) -> None:
        """Write all that has arrived, now, on this thread.

        Raises:
            StoreError: when the database refuses; everything is kept.
        """
        while self.unwritten:
            self.write_batch()

    def write_batch(self) -> int:
        """Write some of what has arrived in one transaction, and say how many; raises the same."""
        with self._turn:
            with self._changed:
                kept = len(self._batch)
                room = MOST_AT_ONCE - kept
                self._batch += self._arrived[:room]
                del self._arrived[:room]
            self._batch[kept:] = self._preparation.in_a_row(self._batch[kept:])
            number = len(self._batch)
            delays = [it.next_delay_seconds for it in self._batch if it.next_delay_seconds is not None]
            try:
                self._store()
            except StoreError:
                self._failures += 1
                raise
        self._failures = 0
        self._written(min(delays, default=None))
        return number

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self.unwritten or self._stopping.is_set())
            if self._stopping.is_set():
                return
            began = time.monotonic()
            try:
                number = self.write_batch()
                self._pulse.works()
                spacing = GATHERING_SECONDS if number >= MANY else SPACING_SECONDS
                pause = spacing - (time.monotonic() - began)
            except StoreError as error:
                self._pulse.refused(error)
                pause = pause_after(self._failures - 1)
            except Exception:
                log.exception("poller.writing_failed")
                pause = BUG_SECONDS
            self._stopping.wait(max(0.0, pause))

    def _store(self) -> None:
        """Write the batch in one transaction; where a bug keeps all from being written, each in its own."""
        if not self._batch:
            return
        try:
            self._record(self._batch)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - see next line
            # A bug that one outcome brings out. It costs this task some time, and no other task anything.
            log.error("poller.batch_failed", kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote a result
            self._store_singly()
        self._batch = []

    def _store_singly(self) -> None:
        while self._batch:
            change = self._batch[0]
            if not self._is_recorded(change):
                self._is_recorded(set_aside(change.claim))
            del self._batch[0]

    def _is_recorded(self, change: Change) -> bool:
        try:
            self._record([change])
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            task_id, kind = change.claim.address.task_id, type(error).__name__
            log.error("task.outcome_dropped", task_id=task_id, kind=kind)  # noqa: TRY400 - a traceback could quote a result
            return False
        return True

    def _record(self, changes: Sequence[Change]) -> None:
        lost = {(claim.id, claim.fence) for claim in self._ledger.record(changes)}
        for change in changes:
            if (change.claim.id, change.claim.fence) in lost:
                self._pulse.fenced += 1
                log.info("task.fenced", task_id=change.claim.address.task_id)
            else:
                self._tell(change)

    def _tell(self, change: Change) -> None:
        for earlier in change.earlier:
            self._pulse.count(earlier)
        attempt = change.attempt
        if attempt is None:
            return
        self._pulse.count(attempt)
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
