"""How polling goes: what health checks, metrics and pages are told of it."""

import time
from dataclasses import dataclass, field

from dashboard.errors import DiskFull, StoreError
from dashboard.logs import get_logger
from dashboard.models import AttemptRecord

log = get_logger(__name__)


@dataclass(slots=True)
class Pulse:
    """What the loop is doing, for health checks and metrics."""

    started_at: float | None = None
    beat_at: float | None = None
    """Monotonic seconds of the last time that the database was reached."""
    in_flight: int = 0
    polls: dict[str, int] = field(default_factory=dict)
    """Calls so far, by their result."""
    poll_seconds: float = 0.0
    fenced: int = 0
    store_trouble: str | None = None
    """The database's last refusal, until it works again."""
    is_full: bool = False
    """Whether it refused for want of room on its disk: waiting alone does not help then."""

    def count(self, attempt: AttemptRecord) -> None:
        """Note a call."""
        self.polls[attempt.result] = self.polls.get(attempt.result, 0) + 1
        self.poll_seconds += attempt.duration_ms / 1000

    def refused(self, error: StoreError) -> None:
        """Note that the database refused."""
        if self.store_trouble is None:
            log.error("poller.store_trouble", reason=str(error))
        self.store_trouble, self.is_full = str(error), isinstance(error, DiskFull)

    def works(self) -> None:
        """Note that the database does what is asked of it."""
        if self.store_trouble is not None:
            log.info("poller.store_recovered")
        self.store_trouble, self.is_full = None, False
        self.beat_at = time.monotonic()
