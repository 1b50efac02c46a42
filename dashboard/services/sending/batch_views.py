"""A batch as people see it: what it consists of, how far it is, how long it still takes and what it costs."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Submission, Task
from dashboard.store.batches import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One submission of a batch, and the task it became."""

    submission: Submission
    task: Task | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch as people see it.

    Attributes:
        about_seconds: how long it still takes at the pace so far; None while that cannot be told.
    """

    id: int
    name: str
    created_at: datetime
    created_by: str
    is_paused: bool
    progress: Progress
    about_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What sending something costs a token that has a budget.

    Attributes:
        calls: at least so many: one to send each, and one to fetch its result.
        left: calls its budget has left in the day and the month; None without a budget.
    """

    calls: int
    left: int | None

    @property
    def is_over(self) -> bool:
        """Whether the budget does not reach."""
        return self.left is not None and self.calls > self.left


def about_seconds(progress: Progress, *, elapsed: float, is_paused: bool) -> float | None:
    """How long a batch still takes at its pace so far; None before anything is done, when paused and at its end."""
    done = progress.kept + progress.failed
    if is_paused or not done or not progress.open or elapsed <= 0:
        return None
    return elapsed / done * progress.open
