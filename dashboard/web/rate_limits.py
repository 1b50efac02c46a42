"""How often something may happen a minute from one address. Kept in memory: it is about noise, not about secrets."""

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

from dashboard.web.doorkeeper import neighbourhood_of


class PerAddress:
    """Counts for each client address by itself."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, scope: Scope) -> bool:
        """Count once more; False when that is too much."""
        return self._limiter.hit(self._limit, neighbourhood_of(scope))

    def forget(self, scope: Scope) -> None:
        """Begin to count from nothing."""
        self._limiter.clear(self._limit, neighbourhood_of(scope))
