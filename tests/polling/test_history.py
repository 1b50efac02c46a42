"""How long tasks have taken, as counts; and the waits that follow from them."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.polling.history import BINS, EDGES, ENOUGH, REMEMBERED, Estimate, History, Seen, estimated
from dashboard.polling.schedule import next_poll_delay
from dashboard.polling.waits import Waits, guarded

SOON, LATE = Seen(1.8, 2.2), Seen(55.0, 65.0)


def seeded(seed: int = 1) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311 - durations, not secrets


def lognormal(count: int, middle: float, *, seed: int = 1) -> list[Seen]:
    """Results that were found within a tenth of their time."""
    rng = seeded(seed)
    durations = [middle * rng.lognormvariate(0, 0.5) for _ in range(count)]
    return [Seen(it * 0.95, it * 1.05) for it in durations]


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(Seen(0.0, 0.0), id="at once"),
        pytest.param(Seen(0.0, 0.05), id="within the first bin"),
        pytest.param(Seen(0.0, 100.0), id="over many bins"),
        pytest.param(Seen(3.0, 3.1), id="within one bin"),
        pytest.param(Seen(100.0, 110.0, entered=90.0), id="heard of late"),
        pytest.param(Seen(80_000.0, 90_000.0), id="after a day"),
        pytest.param(Seen(5.0, 4.0), id="clocks differ"),
    ],
)
def test_one_result_counts_as_one(seen: Seen) -> None:
    """Wherever it falls; and nothing is negative."""
    history = History().with_seen([seen])
    assert history.results == pytest.approx(1.0)
    assert min((*history.events, *history.open_seconds)) >= 0


def test_who_was_heard_of_late_tells_nothing_of_before() -> None:
    """What was quicker was never heard of; it would else look as if nothing were."""
    history = History().with_seen([Seen(100.0, 110.0, entered=90.0)])
    assert not any(history.open_seconds[number] for number in range(BINS) if EDGES[number + 1] < 90)


def test_older_results_fade() -> None:
    """A service that has become slower is known as slow after a thousand results."""
    history = History().with_seen([SOON] * 1000)
    assert history.results == pytest.approx(REMEMBERED)
    for _ in range(60):
        history = history.with_seen([LATE] * 50)
    assert history.results == pytest.approx(REMEMBERED)
    assert (history.quantile(0.5) or 0) > 50


def test_what_is_usual() -> None:
    """Quantiles are those of what was seen, within a bin; nothing is said of a handful."""
    assert estimated(History().with_seen([SOON] * 9)) is None
    few = estimated(History().with_seen(lognormal(50, 3.0)))
    assert few is not None
    assert few.slowest is None
    many = estimated(History().with_seen(lognormal(1000, 3.0)))
    assert many is not None
    assert many.quick == pytest.approx(3 * 0.527, rel=0.15)
    assert many.middle == pytest.approx(3, rel=0.15)
    assert many.slow == pytest.approx(3 * 1.9, rel=0.15)
    assert many.slowest == pytest.approx(3 * 3.2, rel=0.25)


def test_the_slowest_are_known_from_a_hundred_on() -> None:
    """Not before."""
    known: list[Estimate | None] = [
        estimated(History().with_seen([SOON] * count)) for count in (ENOUGH - 1, ENOUGH)
    ]
    assert [it is not None and it.slowest is not None for it in known] == [False, True]


def test_nothing_known_says_nothing() -> None:
    """Then the square root of the age holds."""
    waits = Waits(History(), cost=0.2)
    assert [waits.after(age) for age in (0.0, 1.0, 100.0, 1e6)] == [None] * 4


def test_the_first_poll_comes_when_results_do() -> None:
    """Neither at once nor long after."""
    waits = Waits(History().with_seen([SOON] * 200), cost=0.2)
    first = waits.after(0.0)
    assert first is not None
    assert 1.8 < first < 2.8


def test_between_two_kinds_of_images_nobody_asks_often() -> None:
    """Some take two seconds and some a minute: fewer calls are made between than without history."""
    waits = Waits(History().with_seen([SOON] * 160 + [LATE] * 40), cost=0.2)
    assert (waits.after(5.0) or 0) > 2 * next_poll_delay(age=5.0, cost=0.2, rng=seeded())
    assert (waits.after(57.0) or 99) < next_poll_delay(age=57.0, cost=0.2, rng=seeded())


@given(
    durations=st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e4)), min_size=1, max_size=30),
    cost=st.sampled_from([0.01, 0.05, 0.2, 0.8, 20.0, 240.0]),
    ages=st.lists(st.floats(0, 1e5), min_size=1, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_waits_are_guarded(durations: list[tuple[float, float]], cost: float, ages: list[float]) -> None:
    """Whatever was seen: no wait is negative, endless or longer than the guard allows."""
    waits = Waits(History().with_seen(Seen(since, since + more) for since, more in durations), cost=cost)
    for age in ages:
        wait = waits.after(age)
        assert wait is None or 0 <= wait <= (guarded(age, cost) - age) * 1.5 + 1.0


def test_dearer_calls_are_fewer() -> None:
    """For each age, on the whole."""
    history = History().with_seen(lognormal(300, 5.0))
    calls = []
    for cost in (0.05, 0.2, 0.8):
        waits, age, polls = Waits(history, cost=cost), 0.0, 0
        while age < 30:
            age += max(waits.after(age) or 1.0, 0.3)
            polls += 1
        calls.append(polls)
    assert all(before > after for before, after in pairwise(calls))


def test_a_service_that_has_become_faster_is_noticed() -> None:
    """A minute became half a second: after two hundred results they are found soon, without anybody's help."""
    history, cost, rng = History().with_seen([LATE] * 1000), 0.2, seeded()
    delays = []
    for number in range(400):
        if number % 20 == 0:
            waits = Waits(history, cost=cost)
        age = before = 0.0
        while age < 0.5:
            before, age = age, age + next_poll_delay(age=age, cost=cost, rng=rng, learned=waits.after(age))
        history = history.with_seen([Seen(before, age)])
        delays.append(age - 0.5)
    assert max(delays) < 5  # the guard alone
    assert sum(delays[200:]) / 200 < 1.5


@pytest.mark.parametrize("cost", [0.05, 0.2, 0.8, 3.2])
def test_an_hour_is_covered_by_what_is_known(cost: float) -> None:
    """Where many take half an hour, the waits there are learned as well."""
    waits = Waits(History().with_seen([Seen(1780.0, 1820.0)] * 200), cost=cost)
    assert waits.after(1700.0) is not None
