"""How many tasks are claimed ahead follows from how fast calls end."""

import pytest

from dashboard.polling.claim_ahead import AHEAD_SECONDS, ClaimAhead


@pytest.mark.parametrize(
    ("rate", "most", "expected"),
    [
        pytest.param(0, 48, 0, id="calls that hang: none"),
        pytest.param(2, 48, 0, id="a call now and then: none"),
        pytest.param(133, 48, 33, id="16 calls of 120 ms at a time"),
        pytest.param(5000, 48, 48, id="never more than these"),
    ],
)
def test_a_steady_pace(rate: float, most: int, expected: int) -> None:
    """As many as end while they wait."""
    claiming = ClaimAhead(most=most)
    ahead = [claiming.ahead(ended=round(rate * turn * 0.05), at=turn * 0.05) for turn in range(100)]
    assert ahead[0] == 0
    assert ahead[-1] == pytest.approx(expected, abs=1)
    assert max(ahead) <= min(most, rate * AHEAD_SECONDS + 2)


def test_a_service_that_begins_to_hang() -> None:
    """After some seconds nothing is claimed ahead any more."""
    claiming = ClaimAhead(most=48)
    for turn in range(20):
        claiming.ahead(ended=turn * 13, at=turn * 0.05)
    assert claiming.ahead(ended=19 * 13, at=4.0) == 0


def test_two_looks_at_the_same_moment() -> None:
    """There is no pace to be seen in no time."""
    claiming = ClaimAhead(most=48)
    assert claiming.ahead(ended=0, at=5.0) == claiming.ahead(ended=100, at=5.0) == 0
