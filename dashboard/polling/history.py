"""How long tasks of one kind have taken, as counts in bins of age. Pure; ages and durations in seconds.

A result is never seen to come: it was not there at one poll, and there at the next. It is therefore spread evenly
over the time between the two; counted where it was found, all would seem to take longer than it does, and the
schedule would be later and later. For each bin two numbers are kept, how many results came in it and how many
seconds tasks were open in it, so that tasks of which only the later part was seen count as well.

::

    events    ▁▅█▅▁               ▁▃▁        results that came in each bin
    open      ████▇▃▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▁▁        seconds during which there was something to wait for
              0.1 s     1 s     10 s     100 s             1 day     logarithmic
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

BINS = 72
_YOUNGEST, _OLDEST = 0.1, 86_400.0
EDGES: tuple[float, ...] = (
    0.0,
    *(_YOUNGEST * (_OLDEST / _YOUNGEST) ** (number / (BINS - 1)) for number in range(BINS)),
)
"""Ages at which bins begin and end; the first one holds all that is younger than a tenth of a second."""

REMEMBERED = 1_000.0
"""So many results count; older ones fade away as new ones come, so that a service may change."""

ENOUGH = 100
"""From so many results on something is said about the slowest of a hundred."""

_A_FEW = 10
"""From so many results on people are told what is usual."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When one result came: between two ages of its task.

    Attributes:
        since: the last poll that did not find it; the age since which it was watched where there was none.
        until: the poll that found it.
        entered: the age at which the task was heard of; what took less is never heard of, and tells nothing.
    """

    since: float
    until: float
    entered: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one kind of task.

    Attributes:
        events: how many results came in each bin; fractions, as they are spread and fade.
        open_seconds: how long tasks were open in each bin.
    """

    events: tuple[float, ...] = (0.0,) * BINS
    open_seconds: tuple[float, ...] = (0.0,) * BINS

    @property
    def results(self) -> float:
        """How many results it rests on; at most :data:`REMEMBERED`."""
        return math.fsum(self.events)

    def with_seen(self, seen: Iterable[Seen]) -> "History":
        """The same, with more results; older ones fade."""
        events, open_seconds = list(self.events), list(self.open_seconds)
        for it in seen:
            _add(it, events, open_seconds)
        fading = min(1.0, REMEMBERED / max(math.fsum(events), 1.0))
        return History(tuple(it * fading for it in events), tuple(it * fading for it in open_seconds))

    def quantile(self, share: float) -> float | None:
        """The age at which so many of all have come; None where too few are known to say it."""
        if self.results < _A_FEW:
            return None
        survival = 1.0
        last = max(number for number, events in enumerate(self.events) if events > 0)
        for number in range(last + 1):
            begin, end = EDGES[number], EDGES[number + 1]
            seconds = self.open_seconds[number]
            hazard = self.events[number] / seconds if seconds > 0 else 0.0
            after = survival * math.exp(-hazard * (end - begin))
            if after <= 1 - share:
                return begin + math.log(survival / (1 - share)) / hazard
            survival = after
        return EDGES[last + 1]  # whoever was left came in this bin: no hazard says that


def _add(it: Seen, events: list[float], open_seconds: list[float]) -> None:
    """Spread one result evenly over the time in which it came."""
    until = min(max(it.until, 1e-3), _OLDEST * 0.999)
    since = min(max(it.since, 0.0), until * 0.999)
    width = until - since
    for number in range(bisect_right(EDGES, until)):
        begin, end = EDGES[number], EDGES[number + 1]
        waited = max(0.0, min(end, since) - max(begin, it.entered))
        low, high = max(begin, since), min(end, until)
        if high > low:
            share = (high - low) / width
            events[number] += share
            # Who came in this stretch was open for half of it; who came later, for all of it.
            waited += (high - low) * (share / 2 + (until - high) / width)
        open_seconds[number] += waited


def hazards(history: History, *, prior: float) -> Sequence[float]:
    """Results a second in each bin, for a task that is open there.

    Args:
        history: what was seen.
        prior: weight of what is assumed of a service nobody knows, in tasks: a hazard of one by age.
    """
    rates = []
    for (begin, end), events, seconds in zip(
        pairwise(EDGES), history.events, history.open_seconds, strict=True
    ):
        assumed = math.log(end / max(begin, _YOUNGEST / 10))
        rates.append((events + prior * assumed) / (seconds + prior * (end - begin)))
    return rates


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long tasks of a kind usually take.

    Attributes:
        quick: one in ten is done sooner.
        middle: half of them are.
        slow: nine in ten are.
        slowest: 99 in a hundred are; None while fewer than :data:`ENOUGH` are known.
    """

    quick: float
    middle: float
    slow: float
    slowest: float | None


def estimated(history: History) -> Estimate | None:
    """What a history says to people; None while it is too little."""
    quick, middle, slow = (history.quantile(share) for share in (0.1, 0.5, 0.9))
    if quick is None or middle is None or slow is None:
        return None
    slowest = history.quantile(0.99) if history.results >= ENOUGH - 0.5 else None  # they fade a little
    return Estimate(quick, middle, slow, slowest)
