"""How polling goes: what health checks, metrics and pages are told of it."""

from dataclasses import dataclass, field

from dashboard.models import AttemptRecord


@dataclass(slots=True)
class Pulse:
    """What the loop is doing, for health checks and metrics."""

    started_at: float | None = None
    beat_at: float | None = None
    """Monotonic seconds of the last turn that reached the database."""
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
