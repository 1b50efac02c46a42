"""When a task's time is over: by our clock, and by the service's own where it is known, for clocks jump."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.polling.schedule import clamp_to_deadline

VERDICT_PATIENCE = timedelta(hours=24)
"""How long after the deadline an unreachable service is still asked: it may delete late."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Whether the time of a task is over, by every clock that we can ask."""

    expires_at: datetime
    now: datetime
    service_time: datetime | None
    trusts_clock: bool

    @property
    def left(self) -> float:
        """Seconds until then, by our clock; negative afterwards."""
        return (self.expires_at - self.now).total_seconds()

    def is_over(self, *, patience: timedelta = timedelta(0)) -> bool:
        """Whether it is over, and so much time more."""
        if self.service_time is None and not self.trusts_clock:
            return False
        moment = self.now if self.service_time is None else min(self.now, self.service_time)
        return moment >= self.expires_at + patience

    def clamped(self, delay: float) -> float:
        """A delay until the next poll, fitted to the deadline."""
        return clamp_to_deadline(delay, until_expiry=self.left)
