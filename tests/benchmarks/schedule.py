"""How close the learned schedule comes to the best there can be: ``python tests/benchmarks/schedule.py [--learned N]``.

Four distributions of durations, in virtual time. The bound knows the distribution and nothing else: the exact solution
of the inspection problem. Ours has seen so many tasks, each found by its own polls, and keeps its jitter and guard.
Exponential backoff is tuned in hindsight, over intervals, factors and caps. Each is given the cost of a call (or the
interval) with which results are found a second late on average; then the calls are compared.
"""

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from dashboard.polling.history import History, Seen
from dashboard.polling.schedule import next_poll_delay
from dashboard.polling.waits import Waits
from tests.benchmarks.measuring import show

DELAY = 1.0
TASKS = 4_000
FARTHEST = 20_000.0
JITTERED = 24

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Durations:
    """A distribution, by what share of tasks is done at an age."""

    name: str
    goal: float
    done: Callable[[Array], Array]

    def sample(self, count: int) -> Array:
        """Durations at even shares of all: no luck in it."""
        ages = np.concatenate([np.linspace(0, 100, 50_001), np.geomspace(100.01, FARTHEST, 20_000)])
        shares = (np.arange(count) + 0.5) / count
        return np.asarray(np.interp(shares, self.done(ages), ages))


def _normal(at: Array) -> Array:
    return 0.5 * (1 + np.array([math.erf(it / math.sqrt(2)) for it in at]))


def _lognormal(middle: float, spread: float) -> Callable[[Array], Array]:
    return lambda ages: _normal(np.log(np.maximum(ages, 1e-9) / middle) / spread)


def _bimodal(ages: Array) -> Array:
    quick, slow = _lognormal(2, 0.3)(ages), _lognormal(60, 0.3)(ages)
    return 0.8 * quick + 0.2 * slow


def _pareto(ages: Array) -> Array:
    return np.where(ages > 1.5, 1 - (1.5 / np.maximum(ages, 1.5)) ** 1.2, 0.0)


DISTRIBUTIONS = (
    Durations("lognormal 3 s, 0.8", 1.05, _lognormal(3, 0.8)),
    Durations("lognormal 3 s, 1.5", 1.10, _lognormal(3, 1.5)),
    Durations("bimodal 2 s and 60 s", 1.20, _bimodal),
    Durations("Pareto 1.2", 1.12, _pareto),
)


@dataclass(frozen=True, slots=True)
class Way:
    """What a schedule costs and brings, on average."""

    calls: float
    delay: float


def main() -> None:
    """Compare, distribution by distribution."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learned", type=int, default=200, help="tasks it has seen")
    parser.add_argument("--seeds", type=int, default=3)
    wanted = parser.parse_args()
    show(
        f"Calls for each task against the bound, at a mean delay of {DELAY:g} s, after {wanted.learned} tasks",
        ["durations", "bound, calls", "no history", "exponential", "learned", "each seed", "goal"],
        [row_of(it, wanted.learned, wanted.seeds) for it in DISTRIBUTIONS],
        {
            "bound": "knows the distribution, and not the duration of any one task",
            "exponential": "the best of its family in hindsight",
        },
    )


def row_of(of: Durations, count: int, seeds: int) -> list[str]:
    """How each way does with one distribution."""
    durations = of.sample(TASKS)
    bound = at_delay(lambda cost: played([best(of, cost)], durations)).calls
    without = at_delay(lambda cost: played(jittered(lambda _: None, cost, 1), durations)).calls
    backoff = exponential(durations)

    def ours(seed: int) -> float:
        return at_delay(lambda cost: learned(of, durations, count, cost, seed)).calls / bound

    ratios = [ours(seed) for seed in range(seeds)]
    figures = (bound, without / bound, backoff / bound)
    each = " ".join(f"{ratio:.3f}" for ratio in ratios)
    return [of.name, *(f"{it:.2f}" for it in figures), f"{median(ratios):.3f}", each, f"{of.goal:.2f}"]


def at_delay(way: Callable[[float], Way]) -> Way:
    """What it costs where the mean delay is as wanted, by halving the range of the cost."""
    low, high = math.log(0.02), math.log(20)
    for _ in range(9):
        middle = (low + high) / 2
        if way(math.exp(middle)).delay > DELAY:
            high = middle
        else:
            low = middle
    below, above = way(math.exp(low)), way(math.exp(high))
    if above.delay <= below.delay:
        return below
    share = (DELAY - below.delay) / (above.delay - below.delay)
    return Way(below.calls + share * (above.calls - below.calls), DELAY)


def played(polls: Sequence[Array], durations: Array) -> Way:
    """What these moments of polls cost and bring."""
    calls, delay = 0.0, 0.0
    for moments in polls:
        places = np.searchsorted(moments, durations)
        calls += float(np.mean(places + 1))
        delay += float(np.mean(moments[np.minimum(places, len(moments) - 1)] - durations))
    return Way(calls / len(polls), delay / len(polls))


def best(of: Durations, cost: float) -> Array:
    """The moments of the polls of who knows the distribution: exact, going backwards."""
    roots = np.arange(0, math.sqrt(FARTHEST), 0.05 * math.sqrt(cost))
    ages = np.concatenate([np.arange(0, 100, 0.04), (roots**2)[roots**2 > 100]])
    done = of.done(ages)
    area = np.concatenate([[0.0], np.cumsum((done[1:] + done[:-1]) / 2 * np.diff(ages))])
    expected = np.zeros(len(ages))
    following = np.zeros(len(ages), dtype=int)
    for here in range(len(ages) - 2, -1, -1):
        there = slice(here + 1, min(here + 2_000, len(ages)))
        sums = area[there] - area[here] - done[here] * (ages[there] - ages[here]) + expected[there]
        at = int(np.argmin(sums))
        expected[here] = cost * (1 - done[here]) + sums[at]
        following[here] = here + 1 + at
    moments, here = [], 0
    while here < len(ages) - 1:
        here = int(following[here])
        moments.append(ages[here])
    return np.array(moments)


def jittered(after: Callable[[float], float | None], cost: float, seed: int) -> list[Array]:
    """Moments of polls as the product would make them, some times."""
    rng = random.Random(seed)  # noqa: S311 - jitter
    polls = []
    for _ in range(JITTERED):
        moments, age = [], 0.0
        while age < FARTHEST:
            age += next_poll_delay(age=age, cost=cost, rng=rng, learned=after(age))
            moments.append(age)
        polls.append(np.array(moments))
    return polls


def learned(of: Durations, durations: Array, count: int, cost: float, seed: int) -> Way:
    """Ours after so many tasks, each found by its own polls."""
    rng = random.Random(seed)  # noqa: S311 - a choice
    sample = rng.sample(list(of.sample(TASKS)), count)
    history = History()
    waits = Waits(history, cost=cost)
    for number, duration in enumerate(sample):
        age = before = 0.0
        while age < duration:
            before = age
            age += next_poll_delay(age=age, cost=cost, rng=rng, learned=waits.after(age))
        history = history.with_seen([Seen(before, age)])
        if number % 20 == 19:
            waits = Waits(history, cost=cost)
    return played(jittered(waits.after, cost, seed), durations)


def exponential(durations: Array) -> float:
    """The fewest calls of exponential backoff at the wanted delay."""
    fewest = math.inf
    for factor in (1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0):
        for cap in (2.0, 3.0, 5.0, 10.0, 20.0, 60.0, 300.0):
            ways = [played([_backoff(base, factor, cap)], durations) for base in np.geomspace(0.2, 6, 40)]
            fewest = min([fewest, *(way.calls for way in ways if way.delay <= DELAY)])
    return fewest


def _backoff(base: float, factor: float, cap: float) -> Array:
    moments, age, wait = [], 0.0, base
    while age < FARTHEST:
        age += min(wait, cap)
        wait = min(wait * factor, cap)
        moments.append(age)
    return np.array(moments)


if __name__ == "__main__":
    main()
