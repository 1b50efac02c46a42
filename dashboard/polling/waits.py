"""When to ask about tasks of one kind, learned from how long such tasks have taken. Pure; seconds throughout.

Each call costs as much as ``cost`` seconds of waiting. Whoever knows how durations are distributed knows the best
moments to ask (the inspection problem of Barlow, Hunter and Proschan): going backwards through the ages, the best next
poll is the one after which calls and waiting together are least::

    expected(age) = least over next of:  cost + time a result lies there unfound + expected(next)

The distribution comes from :class:`dashboard.polling.history.History` and an assumption of little weight, a
hazard of one by age, which is what polls at the square root of the age are best for: nothing is known at first, and
what is known takes over. A guard limits how much history is believed: it may make the first poll, and each wait
after it, so much later than without any, and no more; a service that has become faster is noticed by it.
"""

import math
from bisect import bisect_right

from dashboard.polling.history import EDGES, History, hazards

PRIOR = 2.0
"""How many tasks the assumption weighs as much as."""

GUARD = 3.0
"""A wait is at most so many times what it would be without history."""

_POINTS_A_WAIT = 6
"""How finely ages are looked at, in points for each wait without history."""

_RARE = 0.002
"""Where no more than this share is still open, history says nothing any more."""

_MOST_POINTS = 2_400
_FARTHEST = 3_600.0


class Waits:
    """The best waits for one kind of task at one cost; immutable.

    Args:
        history: of that kind.
        cost: how many seconds of waiting one call is worth.
    """

    def __init__(self, history: History, *, cost: float) -> None:
        self._cost = cost
        self._ages, self._nexts = _best(history, cost) if history.results > 0 else ([0.0], [0.0])

    def after(self, age: float) -> float | None:
        """How long to wait at this age of an open task; None where history says nothing."""
        place = bisect_right(self._ages, age)
        if place >= len(self._ages):
            return None
        before, behind = self._ages[place - 1], self._ages[place]
        share = (age - before) / (behind - before)
        at = self._nexts[place - 1] * (1 - share) + self._nexts[place] * share
        return max(at - age, 0.0)


def guarded(age: float, cost: float) -> float:
    """The latest age for the next poll of a task that is open at this age."""
    # wait = GUARD * sqrt(2 cost (age + wait)), solved for the wait
    half = GUARD**2 * cost
    return age + max(half + math.sqrt(half * (half + 2 * age)), age)


def _best(history: History, cost: float) -> tuple[list[float], list[float]]:
    """Ages, and for each when to ask next."""
    ages = _points(cost)
    done, area = _distribution(history, ages)
    known = next((number for number, share in enumerate(done) if share > 1 - _RARE), len(ages) - 1)
    last = max(known, 1)
    expected = [0.0] * (last + 1)
    nexts = [0] * (last + 1)
    # Behind the last point: as if the hazard were one by age.
    expected[last] = (1 - done[last]) * 2 * math.sqrt(2 * cost * ages[last])
    for here in range(last - 1, -1, -1):
        age, come, left = ages[here], done[here], 1 - done[here]
        best, at = math.inf, here + 1
        for there in range(here + 1, min(bisect_right(ages, guarded(age, cost)), last + 1) or here + 2):
            unfound = area[there] - area[here] - come * (ages[there] - age)
            sum_ = cost * left + unfound + expected[there]
            if sum_ < best:
                best, at = sum_, there
        expected[here], nexts[here] = best, at
    return ages[:last], [ages[it] for it in nexts[:last]]


def _points(cost: float) -> list[float]:
    """Ages that lie a fixed share of a wait without history apart: evenly in the square root."""
    step = math.sqrt(cost / 2) / _POINTS_A_WAIT
    count = min(_MOST_POINTS, int(math.sqrt(_FARTHEST) / step) + 1)
    return [(number * step) ** 2 for number in range(count + 1)]


def _distribution(history: History, ages: list[float]) -> tuple[list[float], list[float]]:
    """The share of results that have come by each age, and the area below it from age 0 on."""
    rates = hazards(history, prior=PRIOR)
    done, area = [0.0], [0.0]
    survival, number, age = 1.0, 0, 0.0
    lived = 0.0
    for point in ages[1:]:
        while age < point:
            end = min(point, EDGES[number + 1])
            rate, span = rates[number], end - age
            after = survival * math.exp(-rate * span)
            lived += (survival - after) / rate if rate * span > 1e-9 else survival * span  # noqa: PLR2004 - both are the same there
            survival, age = after, end
            if age >= EDGES[number + 1]:
                number += 1
        done.append(1 - survival)
        area.append(point - lived)
    return done, area
