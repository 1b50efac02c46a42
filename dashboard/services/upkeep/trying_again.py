"""Patience with a database that is busy with others, for work that nobody waits for."""

from collections.abc import Callable
from typing import TypeVar

from dashboard.errors import DatabaseUnfit, StoreUnavailable
from dashboard.results.workers import WorkerFailed

T = TypeVar("T")

TRIES = 10
PAUSE_SECONDS = 0.5


def patiently(work: Callable[[], T], rest: Callable[[float], None]) -> T:
    """Do it, up to :data:`TRIES` times with ever longer rests (seconds) in between; raises what the last try did."""
    for tries in range(1, TRIES):
        try:
            return work()
        except DatabaseUnfit:
            raise  # no patience helps
        except (StoreUnavailable, WorkerFailed):
            rest(PAUSE_SECONDS * tries)
    return work()
