"""A clock that was seen to be steady, or not yet."""

from collections.abc import Callable
from datetime import datetime

from dashboard.services.upkeep.housekeeping import Housekeeping
from dashboard.services.upkeep.timekeeping import STEADY_SECONDS, Steadiness
from tests.services.conftest import Desk


def looks(clock: Callable[[], datetime], *, steady: float = STEADY_SECONDS) -> Callable[[], Steadiness]:
    """What looking at this clock finds; ``steady`` seconds after the last gap."""
    return lambda: Steadiness(seen_at=clock(), steady_seconds=steady)


def housekeeping(desk: Desk, *, steady: float = STEADY_SECONDS) -> Housekeeping:
    """The housekeeping of a deployment whose clock has been steady for so many seconds."""
    look = looks(desk.clock, steady=steady)
    return Housekeeping(database=desk.database, look=look, rest=lambda _: None)
