"""What is counted for an address, whatever is done to the clock."""

import time

import pytest
from limits import RateLimitItemPerMinute
from starlette.types import Scope

from dashboard.web.rate_limits import PerAddress

SOMEBODY: Scope = {"type": "http", "client": ("192.0.2.1", 1), "headers": []}


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0, -60.0])
def test_a_clock_that_jumps_locks_nobody_out(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    """Neither for a day, nor for longer than the limit says; a clock that is nearly right changes nothing."""
    ours, limit = time.time, PerAddress(RateLimitItemPerMinute(2))
    assert [limit.hit(SOMEBODY) for _ in range(3)] == [True, True, False]
    monkeypatch.setattr(time, "time", lambda: ours() - 1.0)
    assert not limit.hit(SOMEBODY)
    monkeypatch.setattr(time, "time", lambda: ours() + jump)
    assert [limit.hit(SOMEBODY) for _ in range(3)] == [True, True, False]
