"""How often something may happen a minute from one address. Kept in memory: it is about noise, not about secrets."""

import time

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

from dashboard.elapsed import elapsed
from dashboard.web.doorkeeper import neighbourhood_of

_SET_BACK = 5.0
"""Seconds from which on a clock counts as set back."""


class PerAddress:
    """Counts for each client address by itself."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._begin()

    def hit(self, scope: Scope) -> bool:
        """Count once more; False when that is too much."""
        if _clock_ahead() < self._clock_ahead - _SET_BACK:
            # What was counted lies in the future now, and would count until that comes.
            self._begin()
        return self._limiter.hit(self._limit, neighbourhood_of(scope))

    def forget(self, scope: Scope) -> None:
        """Begin to count from nothing."""
        self._limiter.clear(self._limit, neighbourhood_of(scope))

    def _begin(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._clock_ahead = _clock_ahead()


def _clock_ahead() -> float:
    """Seconds by which the clock that the library counts by is ahead of one that nobody sets."""
    return time.time() - elapsed()
