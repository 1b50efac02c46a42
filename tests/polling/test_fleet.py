"""Thousands of days of a whole deployment in virtual time: whatever happens, the promises hold.

A run prints its seed where a promise is broken. Longer by hand, from any seed on::

    FLEET_SEEDS=20000 FLEET_FIRST=1000 pytest tests/polling/test_fleet.py -k promises
"""

import math
import os
from collections import Counter
from random import Random

import pytest

from dashboard.models import State
from dashboard.polling.expiry import VERDICT_PATIENCE
from dashboard.polling.fair_shares import GUARANTEED
from dashboard.polling.history import History, Seen
from dashboard.polling.outages import LAST_CHANCE_SECONDS, STEP_SECONDS
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS, POLL_CEILING_SECONDS
from tests.polling.fleet import AT_RISK, DAY, HOUR, Fleet, Row, Service, Token, second

SEEDS = int(os.environ.get("FLEET_SEEDS", "480"))
FIRST = int(os.environ.get("FLEET_FIRST", "0"))
BLOCKS = 8

DAYS = 5.0
"""In which tasks are sent; a deployment lives on until the last of them has ended."""

MARGIN = 30.0
"""Seconds before the last poll in which a process that was dead or an outage may have ended."""


def duration(rng: Random) -> float:
    """How long one task takes: several distributions, as services have."""
    which = rng.choice((0, 0, 1, 1, 2, 2, 3, 3, 4, 5))
    if which == 0:
        return 3 * rng.lognormvariate(0, 0.8)
    if which == 1:
        return 3 * rng.lognormvariate(0, 1.5)
    if which == 2:
        return 2.0 if rng.random() < 0.8 else 60.0
    if which == 3:
        return min(1.5 * rng.paretovariate(1.2), 2 * DAY)
    return rng.uniform(0, 1.3 * DAY) if which == 4 else rng.uniform(0, HOUR)


def spells(
    rng: Random, numbers: tuple[int, ...], lengths: tuple[float, ...]
) -> tuple[tuple[float, float], ...]:
    """When something is not as it should be."""
    begins = [rng.uniform(0, DAYS * DAY) for _ in range(rng.choice(numbers))]
    return tuple((begin, begin + rng.choice(lengths)) for begin in begins)


def made(seed: int) -> Fleet:
    """A deployment with a fate of its own."""
    rng = Random(seed)  # noqa: S311 - a fate, not a secret
    service = Service(
        rng=rng,
        outages=spells(rng, (0, 0, 1, 3), (30, 600, HOUR, 3 * HOUR)),
        hangs=rng.random() < 0.3,
        failure_rate=rng.choice((0.0, 0.0, 0.05, 0.3)),
        calls_a_second=rng.choice((None, None, 5)),
        skew=rng.choice((0.0, 0.0, -40.0, 40.0)),
        known_after=rng.choice((0.0, rng.uniform(0, 5))),
    )
    tokens = [
        Token(
            id=number,
            rejected=next(iter(spells(rng, (0, 0, 1), (HOUR, 10 * HOUR))), (math.inf, math.inf)),
            daily_budget=rng.choice((None, None, 40)),
        )
        for number in (1, 2)
    ]
    processes = rng.choice((1, 2, 3))
    crashes = [
        (begin, rng.randrange(processes), end - begin)
        for begin, end in spells(rng, (0, 1, 4), (1.0, 60.0, 2 * HOUR))
    ]
    fleet = Fleet(
        service,
        seed=seed,
        slots=rng.choice((1, 4, 16)),
        processes=processes,
        tokens=tokens,
        crashes=crashes,
    )
    for _ in range(rng.choice((1, 3, 8))):
        submitted = rng.uniform(0, DAYS * DAY)
        late = rng.random() < 0.4
        fleet.add(
            submitted=submitted,
            takes=duration(rng),
            registered=submitted + rng.choice((5.0, 600.0, rng.uniform(0, 0.9 * DAY))) if late else None,
            told=submitted + rng.choice((0.0, -50.0, 50.0)) if late else None,
            known=not late or rng.random() < 0.6,
            token=rng.choice((1, 2)),
        )
    if rng.random() < 0.15:  # a herd
        begin, takes = rng.uniform(0, DAYS * DAY), rng.uniform(1, 20)
        for _ in range(40):
            fleet.add(submitted=begin, takes=takes * rng.uniform(0.8, 1.2), token=1)
    return fleet


class Promises:
    """Looked at after every event; what happens to final tasks, and how many calls there are."""

    def __init__(self) -> None:
        self.final: dict[int, tuple[State, bool, int]] = {}

    def __call__(self, fleet: Fleet) -> None:
        """Everything that must hold at any moment."""
        for row in fleet.changed:
            assert row.claim.id not in self.final, "final is final"
            assert (row.due is not None) is row.claim.state.is_open, "an open task always has a next poll"
            if not row.claim.state.is_open:
                assert row.parts is row.claim.state.has_result, "parts exist exactly when completed"
                self.final[row.claim.id] = _end_of(row)
        fleet.changed.clear()
        assert all(len(held) <= fleet.slots + 2 * GUARANTEED for held in fleet.under_way)

    def check_what_is_final(self, fleet: Fleet) -> None:
        """It is as it was when it became final, and nobody has asked about it since."""
        assert self.final == {task: _end_of(row) for task, row in fleet.rows.items()}, "final is final"


def _end_of(row: Row) -> tuple[State, bool, int]:
    return row.claim.state, row.parts, len(row.asked)


def check_the_end(fleet: Fleet) -> None:
    """What must hold when all is over."""
    for task, row in fleet.rows.items():
        assert not row.claim.state.is_open, f"task {task} is open for ever"
        end = row.expires + VERDICT_PATIENCE.total_seconds() + 2 * POLL_CEILING_SECONDS
        assert not row.asked or row.asked[-1] <= end, f"task {task} is asked about for ever"
        last = row.expires - LAST_POLL_MARGIN_SECONDS
        if not is_calm(fleet, row, last - MARGIN, row.expires):
            continue
        was_open = not row.asked or row.asked[-1] >= last - 1
        polls = [at for at in row.asked if last - 1 <= at < row.expires]
        if was_open and second(row.claim.registered_at) < last - MARGIN:
            assert polls, f"task {task} had no last poll before its expiry at {row.expires}"
        service = fleet.service
        gone = service.submitted[task] + DAY
        if service.ready[task] < last and polls and gone > polls[0] + 1:
            assert row.parts, f"task {task} was done in time and is lost: {row.claim.state}"
    for token in fleet.tokens.values():
        for day, used in token.used.items():
            if token.daily_budget is not None:
                assert used - token.last_polls[day] <= token.daily_budget, "over budget"
    for before, after in zip(fleet.probes, fleet.probes[1:], strict=False):
        assert after - before >= LAST_CHANCE_SECONDS - 0.01, (
            "a service that is away is asked more than once a second"
        )


def is_calm(fleet: Fleet, row: Row, begin: float, end: float) -> bool:
    """Whether nothing was in the way of a task's last poll: somebody could ask, and was answered."""
    token, service = fleet.tokens[row.claim.credential_id or 0], fleet.service
    if service.failure_rate or service.calls_a_second:
        return False
    bad = [*service.outages, token.rejected, *fleet.gone]
    # A service that returned a moment ago is asked by probes a while longer; a call may hang from before.
    return not any(start < end and begin < stop + 60 for start, stop in bad)


def run(seed: int) -> float:
    """One deployment to its end; how many days it lived."""
    fleet = made(seed)
    try:
        promises = Promises()
        fleet.run(checked=promises)
        promises.check_what_is_final(fleet)
        check_the_end(fleet)
    except Exception as error:
        raise AssertionError(f"seed {seed}, at {fleet.now:.1f} s: {error}") from error
    return fleet.now / DAY


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_promises_hold(block: int) -> None:
    """Some two thousand days together: outages, crashes, wrong clocks, lost tokens, budgets, herds."""
    seeds = range(FIRST + block, FIRST + SEEDS, BLOCKS)
    days = sum(map(run, seeds))
    assert days > 3 * len(seeds)


TASKS = 10_000
GONE = (100.0, 100.0 + HOUR)
BACK = GONE[1]


def test_ten_thousand_tasks_after_an_outage() -> None:
    """They wait for a service that was away for an hour; nothing that it still knows is lost."""
    rng = Random(5)  # noqa: S311 - a fate
    fleet = Fleet(Service(rng=rng, outages=(GONE,)), seed=5, slots=16, processes=2)
    for number in range(TASKS):
        # Sent over the last day, added together; those of the longest ago end soon after the return.
        submitted = BACK + 150 + (number * 7919 % TASKS) / TASKS * 20 * HOUR - DAY
        fleet.add(submitted=submitted, takes=BACK - 60 - submitted, registered=rng.uniform(0, 99))
    fleet.run(BACK + 1800)

    assert all(row.parts for row in fleet.rows.values())
    # It is left alone meanwhile: a few calls a minute, whoever waits.
    assert len([at for at, _ in fleet.service.calls if GONE[0] + 60 <= at < BACK]) <= HOUR / 15 + 10
    check_pace(fleet)
    check_order(fleet)


def check_pace(fleet: Fleet) -> None:
    """No herd: twice as many calls with each step, and never more than there are slots."""
    steps = Counter(int((at - BACK) // STEP_SECONDS) for at, _ in fleet.service.calls if at >= BACK)
    assert fleet.most_under_way <= 16
    # A call takes at least 50 ms: ten in half a second are the most for one slot, in each of two processes.
    first = min(steps)
    for step in range(4):
        assert steps[first + step] <= GUARANTEED * 2**step * 2 * STEP_SECONDS / 0.05
    assert max(steps.values()) <= 2 * 16 * STEP_SECONDS / 0.05


def check_order(fleet: Fleet) -> None:
    """The earliest deadlines come first, and what is at risk before nearly all that is not."""
    order = [task for at, task in fleet.service.calls if at >= BACK]
    first = {task: place for place, task in reversed(list(enumerate(order)))}
    soon = [row for row in fleet.rows.values() if row.expires <= BACK + AT_RISK]
    places = [first[row.claim.id] for row in sorted(soon, key=lambda it: it.expires)]
    assert len(places) > 900
    assert max(places) < 2 * len(places)
    quarter = len(places) // 4
    assert sum(places[:quarter]) < sum(places[-quarter:]) / 2


def test_a_herd_is_shared_out() -> None:
    """A thousand at once, of two teams: slots hold, and the small team does not wait for the large one."""
    rng = Random(3)  # noqa: S311 - a fate
    fleet = Fleet(Service(rng=rng), seed=3, processes=1, tokens=[Token(id=1), Token(id=2)])
    for _ in range(1000):
        fleet.add(submitted=10.0, takes=rng.lognormvariate(1, 0.8), token=1)
    small = [fleet.add(submitted=11.0, takes=2.0, token=2) for _ in range(5)]
    fleet.run(checked=None)
    assert all(row.parts for row in fleet.rows.values())
    assert fleet.most_under_way <= 16 + 2 * GUARANTEED
    assert max(fleet.rows[task].asked[-1] for task in small) < 20


def test_it_learns_from_what_it_finds() -> None:
    """After two hundred results the first call of the next task comes when results do, and few calls are needed."""
    rng = Random(4)  # noqa: S311 - a fate
    fleet = Fleet(Service(rng=rng), seed=4)
    tasks = [
        fleet.add(submitted=60.0 * number, takes=4 * rng.lognormvariate(0, 0.15)) for number in range(300)
    ]
    fleet.run()

    def calls(some: list[int]) -> float:
        return sum(len(fleet.rows[task].asked) for task in some) / len(some)

    assert calls(tasks[200:]) < calls(tasks[:20]) / 2
    first = [fleet.rows[task].asked[0] - fleet.service.submitted[task] for task in tasks[200:]]
    assert 2 < sum(first) / len(first) < 5


def test_what_was_learned_before_is_used_at_once() -> None:
    """As after a restart."""
    rng = Random(4)  # noqa: S311 - a fate
    fleet = Fleet(Service(rng=rng), seed=4, history=History().with_seen([Seen(3.8, 4.2)] * 200))
    task = fleet.add(submitted=5.0, takes=4.0)
    fleet.run()
    assert len(fleet.rows[task].asked) <= 3  # one of them because of the guard
