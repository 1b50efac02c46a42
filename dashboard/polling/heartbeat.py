"""Says that this process lives while it holds tasks, and gives tasks of processes that have died to the others."""

from collections.abc import Callable

from dashboard.background import Background
from dashboard.elapsed import elapsed
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.polling.ports import Processes
from dashboard.polling.watch import BEAT_SECONDS, Watch

log = get_logger(__name__)


class Heartbeat(Background):
    """Beats and looks every two seconds, on a thread of its own. An idle process writes nothing.

    Args:
        processes: the rows of all.
        is_busy: whether this one holds tasks.
        freed: hears that tasks are due which another one held.
        now: seconds that only grow.
    """

    def __init__(
        self,
        processes: Processes,
        *,
        is_busy: Callable[[], bool],
        freed: Callable[[], None],
        now: Callable[[], float] = elapsed,
    ) -> None:
        super().__init__("heartbeat")
        self._processes = processes
        self._is_busy = is_busy
        self._freed = freed
        self._now = now
        self._watch = Watch()

    def beat_and_look(self) -> None:
        """Do both once; trouble of the database only makes the watch begin anew."""
        try:
            if self._is_busy() or self._watch.suspects:
                self._processes.beat()
            for silent in self._watch.look(self._processes.beats_of_others(), at=self._now()):
                tasks = self._processes.free(silent.holder, beats=silent.beats)
                if tasks:
                    log.warning("poller.freed", holder=silent.holder, tasks=tasks)
                    self._freed()
        except StoreError as error:
            log.debug("poller.no_look", reason=str(error))  # the poller says it better
            self._watch.begin_anew()

    def _run(self) -> None:
        while True:
            try:
                self.beat_and_look()
            except Exception:
                log.exception("poller.heartbeat_failed")
                self._watch.begin_anew()
            if self._stopping.wait(BEAT_SECONDS):
                return
