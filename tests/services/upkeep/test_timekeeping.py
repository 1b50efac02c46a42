"""Whether the clock can be relied on, and whose it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from dashboard.errors import StoreUnavailable
from dashboard.models import ClockSeen
from dashboard.services.upkeep import timekeeping
from dashboard.services.upkeep.timekeeping import (
    GAP,
    DatabaseClock,
    Steadiness,
    Timekeeper,
    first_look,
    next_look,
)
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time
from dashboard.testing import FakeClock
from tests.chaos.waiting import wait_until
from tests.conftest import NOW

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class Ran:
    """Seconds for which a process runs, by hand."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        """How many there are."""
        return self.seconds


def keeper(database: Database, clock: FakeClock, ran: Ran | None = None) -> Timekeeper:
    """What looks at this clock."""
    return Timekeeper(database=database, moment=lambda _: clock(), monotonic=ran or Ran())


@pytest.mark.parametrize(
    ("passed", "ran", "steady", "gap"),
    [
        pytest.param(MINUTE, 60.0, 1060.0, None, id="running"),
        pytest.param(MINUTE, 0.0, 1000.0, None, id="a new process does not count what it has not run"),
        pytest.param(timedelta(hours=20), 0.0, 1000.0, None, id="off over night"),
        pytest.param(timedelta(hours=20), 60.0, 1060.0, None, id="asleep over night"),
        pytest.param(MINUTE, 7200.0, 1060.0, None, id="set back by less than a day"),
        pytest.param(-MINUTE, 60.0, 1000.0, None, id="set back by a little"),
        pytest.param(GAP, 60.0, 1060.0, None, id="a day"),
        pytest.param(GAP + MINUTE, 60.0, 0.0, GAP + MINUTE, id="more than a day"),
        pytest.param(60 * DAY, 60.0, 0.0, 60 * DAY, id="sixty days ahead"),
        pytest.param(-60 * DAY, 60.0, 0.0, -60 * DAY, id="and back"),
    ],
)
def test_looks(passed: timedelta, ran: float, steady: float, gap: timedelta | None) -> None:
    """A gap of more than a day begins the count anew; other than that, only running counts."""
    found = next_look(Steadiness(seen_at=NOW, steady_seconds=1000.0), now=NOW + passed, ran=ran)
    seconds = None if gap is None else gap.total_seconds()
    assert (found.steady_seconds, found.gap_seconds) == (steady, seconds)
    assert found.seen_at == NOW + passed
    assert found.gap_at == (None if gap is None else found.seen_at)


@pytest.mark.parametrize(("is_new", "is_steady"), [(True, True), (False, False)])
def test_the_first_look(*, is_new: bool, is_steady: bool) -> None:
    """A new deployment has nothing to lose; about one that was there before nothing is known."""
    assert first_look(now=NOW, is_new=is_new).is_steady is is_steady


def test_a_day_of_running_makes_it_steady() -> None:
    """Whatever is done to the clock meanwhile, and however often a process starts."""
    found = first_look(now=NOW, is_new=False)
    now = NOW
    for minute in range(24 * 60 + 10):
        now += MINUTE
        ran = 0.0 if minute % 200 == 0 else 60.0
        found = next_look(found, now=now, ran=ran)
    assert found.is_steady
    assert found.seconds_left == 0.0
    assert not next_look(found, now=now + 2 * DAY, ran=60.0).is_steady


def test_it_is_kept_for_all_processes(database: Database, add_task: Callable[..., int]) -> None:
    """One that starts goes on where the last one ended; several together count no minute twice."""
    add_task()
    clock, ran = FakeClock(), Ran()
    first, second = keeper(database, clock, ran), keeper(database, clock, ran)
    assert not first.trusts_clock()
    assert first.look().steady_seconds == 0.0
    second.look()
    for _ in range(3):
        for one in (first, second):
            clock.advance(seconds=30.0)
            ran.seconds += 30.0
            one.look()
    assert keeper(database, clock).look().steady_seconds == pytest.approx(180.0)
    with database.reading() as session:
        assert len(session.exec(select(ClockSeen)).all()) == 1


def test_a_gap_is_seen_by_whoever_comes_next(database: Database) -> None:
    """And remembered with its size until there is another one."""
    clock = FakeClock()
    assert keeper(database, clock).look().is_steady
    clock.advance(seconds=60 * 86_400.0)
    later = keeper(database, clock)
    assert later.look().gap_seconds == 60 * 86_400.0
    assert not later.trusts_clock()
    again = keeper(database, clock).look()
    assert (again.gap_seconds, again.steady_seconds) == (60 * 86_400.0, 0.0)


def test_the_thread_looks_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And goes on when the database refuses."""
    monkeypatch.setattr(timekeeping, "SYNC_SECONDS", 0.02)
    refusals = [2]

    def sync() -> None:
        if refusals[0]:
            refusals[0] -= 1
            raise StoreUnavailable("away")

    made = Timekeeper(database=database, sync=sync)
    made.start()
    wait_until(made.trusts_clock, "it has looked")
    made.stop()
    assert refusals == [0]


def test_the_clock_is_the_databases(database: Database) -> None:
    """Whatever this machine's says; with SQLite they are the same."""
    ahead = timedelta(hours=1)
    seconds = Ran()
    clock = DatabaseClock(database, wall=lambda: datetime.now(UTC) + ahead, elapsed=seconds)
    if database.is_sqlite:
        assert clock.machine_ahead() == pytest.approx(0.0, abs=0.1)
        return
    with database.reading() as session:
        there = database_time(session)
    assert abs(clock() - there) < timedelta(seconds=30)
    assert clock.machine_ahead() == pytest.approx(3600.0, abs=30.0)
    before = clock()
    seconds.seconds += 500.0
    assert clock() - before == timedelta(seconds=500)  # carried on, not asked again
    clock.sync()
    assert abs(clock() - there) < timedelta(seconds=60)


def test_a_clock_that_was_never_asked_says_so() -> None:
    """Rather than the time of this machine."""
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable):
        DatabaseClock(away, wall=lambda: NOW)()
    away.close()
