"""When to ask next: rules as tables, and whole lives in virtual time."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models.retention import RETENTION
from dashboard.polling.schedule import (
    FLOOR_SECONDS,
    LAST_POLL_MARGIN_SECONDS,
    POLL_CEILING_SECONDS,
    VERDICT_DELAY_SECONDS,
    clamp_to_deadline,
    error_delay,
    next_poll_delay,
)

DAY = RETENTION.total_seconds()


def seeded(seed: int) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311 - jitter, not a secret


class Middle(random.Random):
    """Chance without chance: always the middle of the range."""

    def uniform(self, a: float, b: float) -> float:
        """The middle."""
        return (a + b) / 2


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(-5.0, FLOOR_SECONDS, id="clock ran backwards"),
        pytest.param(0.0, FLOOR_SECONDS, id="new"),
        pytest.param(0.1, FLOOR_SECONDS, id="floor"),
        pytest.param(1.0, 0.632, id="one second"),
        pytest.param(10.0, 2.0, id="ten seconds"),
        pytest.param(90.0, 6.0, id="a minute and a half"),
        pytest.param(360.0, 12.0, id="six minutes: both rules agree"),
        pytest.param(3600.0, 120.0, id="an hour"),
        pytest.param(27_000.0, 900.0, id="ceiling"),
        pytest.param(86_400.0, 900.0, id="a day"),
    ],
)
def test_polls_wait_with_the_age(age: float, expected: float) -> None:
    """The square root of the age first, a thirtieth of it later, 15 minutes at most."""
    assert next_poll_delay(age=age, rng=Middle()) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        pytest.param(0.05, 1.0, id="cheap"),
        pytest.param(0.2, 2.0, id="normal"),
        pytest.param(5.0, 10.0, id="dear"),
    ],
)
def test_dear_calls_are_made_less_often(cost: float, expected: float) -> None:
    """The one knob: what a call is worth in seconds of waiting."""
    assert next_poll_delay(age=10.0, cost=cost, rng=Middle()) == pytest.approx(expected)


@given(st.floats(-10, 200_000), st.floats(0.001, 100), st.integers())
def test_poll_delays_keep_their_bounds(age: float, cost: float, seed: int) -> None:
    """Never below the floor, never above the ceiling, never more than a tenth off."""
    delay = next_poll_delay(age=age, cost=cost, rng=seeded(seed))

    assert FLOOR_SECONDS <= delay <= POLL_CEILING_SECONDS
    middle = next_poll_delay(age=age, cost=cost, rng=Middle())
    assert 0.9 * middle - 1e-9 <= delay <= 1.1 * middle + 1e-9 or delay in {
        FLOOR_SECONDS,
        POLL_CEILING_SECONDS,
    }


@pytest.mark.parametrize(
    ("errors", "retry_after", "least", "most"),
    [
        pytest.param(0, None, 1, 2, id="none yet"),
        pytest.param(1, None, 1, 2, id="first"),
        pytest.param(2, None, 2, 4, id="second"),
        pytest.param(5, None, 16, 32, id="fifth"),
        pytest.param(9, None, 150, 300, id="ceiling"),
        pytest.param(100_000, None, 150, 300, id="no overflow"),
        pytest.param(1, 0, 1, 2, id="hint of nothing"),
        pytest.param(1, -7, 1, 2, id="negative hint"),
        pytest.param(1, 60, 60, 60, id="hint"),
        pytest.param(9, 10, 150, 300, id="hint shorter than our own delay"),
        pytest.param(1, 7 * 86_400, 3600, 3600, id="absurd hint"),
        pytest.param(1, float("inf"), 3600, 3600, id="endless hint"),
        pytest.param(1, float("nan"), 1, 2, id="hint that is no number"),
    ],
)
def test_errors_are_retried_with_growing_patience(
    errors: int, retry_after: float | None, least: float, most: float
) -> None:
    """Doubling delays with equal jitter up to five minutes, and at least what the service asked for."""
    for seed in range(20):
        delay = error_delay(errors=errors, retry_after=retry_after, rng=seeded(seed))
        assert least <= delay <= most


@pytest.mark.parametrize(
    ("delay", "until_expiry", "retention", "expected"),
    [
        pytest.param(10, 5000, DAY, 10, id="far away"),
        pytest.param(0, 5000, DAY, FLOOR_SECONDS, id="never at once"),
        pytest.param(900, 700, DAY, 580, id="the last poll comes first"),
        pytest.param(579.9, 700, DAY, 580, id="just before the last poll becomes it"),
        pytest.param(579.7, 700, DAY, 579.7, id="a floor before the last poll is a poll of its own"),
        pytest.param(3600, 120.31, DAY, 0.31, id="the last poll is near"),
        pytest.param(900, 120.2, DAY, 125.2, id="this was the last poll: verdict"),
        pytest.param(900, 119, DAY, 124, id="late for the last poll: verdict"),
        pytest.param(2, 119, DAY, 2, id="an error is retried within the margin"),
        pytest.param(3600, 60, DAY, 65, id="an hour's Retry-After must not cost the result"),
        pytest.param(900, 0.1, DAY, 5.1, id="right before expiry"),
        pytest.param(30, 0, DAY, 30, id="at expiry"),
        pytest.param(30, -500, DAY, 30, id="after expiry the caller decides"),
        pytest.param(900, 50, 60, 44, id="short memory: a tenth of it"),
        pytest.param(900, 6, 60, 11, id="short memory: verdict"),
    ],
)
def test_delays_are_fitted_to_the_deadline(
    delay: float, until_expiry: float, retention: float, expected: float
) -> None:
    """One last poll before expiry, one verdict after it, whatever the delay was."""
    fitted = clamp_to_deadline(delay, until_expiry=until_expiry, retention=retention)
    assert fitted == pytest.approx(expected)


@given(st.floats(0, 1e6), st.floats(-1e5, 1e5), st.floats(1, DAY))
def test_the_next_poll_is_never_too_late(delay: float, until_expiry: float, retention: float) -> None:
    """A clamped delay is never below the floor, skips neither the last poll nor the verdict."""
    fitted = clamp_to_deadline(delay, until_expiry=until_expiry, retention=retention)

    assert fitted >= FLOOR_SECONDS
    assert fitted <= max(delay + FLOOR_SECONDS, FLOOR_SECONDS)
    if until_expiry > 0:
        assert fitted <= until_expiry + VERDICT_DELAY_SECONDS
    if until_expiry - min(LAST_POLL_MARGIN_SECONDS, retention / 10) >= FLOOR_SECONDS:
        assert fitted < until_expiry


def _life(rng: random.Random, *, start: float, retention: float, error_share: float) -> list[float]:
    """Ages at which one never-ending task is polled, from its registration to its verdict."""
    now, errors, polls = start, 0, []
    while now <= retention:
        polls.append(now)
        if rng.random() < error_share:
            errors += 1
            hint = rng.choice([None, None, 30.0, 600.0, 1e9])
            wanted = error_delay(errors=errors, retry_after=hint, rng=rng)
        else:
            errors = 0
            wanted = next_poll_delay(age=now, rng=rng)
        now += clamp_to_deadline(wanted, until_expiry=retention - now, retention=retention)
        now += rng.uniform(0, 0.2)  # the call itself takes time
    return [*polls, now]


@pytest.mark.parametrize("error_share", [0.0, 0.3, 1.0], ids=["healthy", "flaky", "down"])
@pytest.mark.parametrize("retention", [60.0, 3600.0, DAY], ids=["minute", "hour", "day"])
def test_every_open_task_is_polled_up_to_its_verdict(retention: float, error_share: float) -> None:
    """However old a task is when it comes and whatever is answered, it is asked about to the end.

    Not closer than the floor, at least once in the last stretch before expiry, and soon after it.
    """
    rng = seeded(20)
    margin = min(LAST_POLL_MARGIN_SECONDS, retention / 10)
    for _ in range(30):
        start = rng.choice([0.0, rng.uniform(0, retention - 0.01)])
        *polls, verdict = _life(rng, start=start, retention=retention, error_share=error_share)

        gaps = [later - earlier for earlier, later in zip(polls, [*polls[1:], verdict], strict=True)]
        assert min(gaps) >= FLOOR_SECONDS
        assert retention - margin - FLOOR_SECONDS <= polls[-1] <= retention
        assert retention < verdict <= retention + VERDICT_DELAY_SECONDS + FLOOR_SECONDS


def test_a_task_that_never_ends_costs_about_260_calls_a_day() -> None:
    """Calls may be billed: the square root alone would make some 930 of them."""
    lives = [len(_life(seeded(seed), start=0.0, retention=DAY, error_share=0)) for seed in range(10)]

    assert 250 <= sum(lives) / len(lives) <= 270


def test_most_calls_of_a_day_are_made_while_an_answer_is_likely() -> None:
    """Half a dozen calls in the first two seconds, sixty in six minutes, then four an hour in the end."""
    polls = _life(seeded(1), start=0.0, retention=DAY, error_share=0)

    assert 4 <= sum(poll <= 2 for poll in polls) <= 8
    assert 50 <= sum(poll <= 360 for poll in polls) <= 75
    assert 60 <= sum(poll > 27_000 for poll in polls) <= 75
