"""Schedules after a clock was set: brought back where no rule would have put them, left alone everywhere else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from dashboard.models import FOREVER, Credential, ParkReason, Task
from dashboard.polling.schedule import (
    LEASE_SECONDS,
    OVERDUE_DELAY_SECONDS,
    POLL_CEILING_SECONDS,
    RETRY_AFTER_CEILING_SECONDS,
)
from dashboard.polling.silence import longest_pause
from dashboard.polling.token_keeper import LONGEST_LOCK_SECONDS
from dashboard.store.claims import claim_due
from dashboard.store.clock_mending import (
    BACK,
    FAR,
    LOOK_SECONDS,
    SLACK,
    SWEEP_SECONDS,
    Mending,
)
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.testing import no_index
from tests.conftest import NOW

AddTask = Callable[..., int]
AddCredential = Callable[..., int]
HOUR = 3600.0
DAY = 86_400.0


class Elapsed:
    """Seconds that only grow, by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """How many there are."""
        return self.seconds


def now_of(database: Database) -> datetime:
    """The database's time."""
    with database.reading() as session:
        return database_time(session)


def look(database: Database, mending: Mending) -> int:
    """Look once."""
    with database.writing() as session:
        return mending.look(session)


def left(database: Database, task_ref: int) -> float:
    """Seconds until a task is due, by the database's clock."""
    with database.reading() as session:
        due = session.get_one(Task, task_ref).next_poll_at
        assert due is not None
        return (due - database_time(session)).total_seconds()


def set_back(mending: Mending, seconds: float) -> None:
    """As if the database's clock had been so much ahead when it was looked at last."""
    assert mending._seen is not None
    mending._seen.moment += timedelta(seconds=seconds)
    mending._seen.at -= LOOK_SECONDS


@pytest.mark.parametrize(
    ("ahead", "columns", "is_due"),
    [
        pytest.param(60.0, {}, False, id="soon"),
        pytest.param(POLL_CEILING_SECONDS, {}, False, id="the longest pause between two polls"),
        pytest.param(POLL_CEILING_SECONDS + 2 * SLACK, {}, True, id="further than any"),
        pytest.param(HOUR, {}, True, id="an hour ahead and corrected"),
        pytest.param(DAY, {}, True, id="a day back"),
        pytest.param(DAY, {"claim": "somebody's"}, True, id="a lease of a day"),
        pytest.param(RETRY_AFTER_CEILING_SECONDS, {"errors": 3}, False, id="as the service asked"),
        pytest.param(
            RETRY_AFTER_CEILING_SECONDS + 2 * SLACK, {"errors": 3}, True, id="further than it may ask"
        ),
        pytest.param(DAY, {"parked": "unreachable", "errors": 9}, True, id="a day back, unreachable"),
        pytest.param(HOUR, {"parked": "service_not_listed"}, False, id="parked"),
        pytest.param(OVERDUE_DELAY_SECONDS, {"expires_at": NOW - timedelta(days=3)}, False, id="overdue"),
        pytest.param(DAY, {"expires_at": NOW - timedelta(days=3)}, True, id="overdue, and a day back"),
    ],
)
def test_too_far_away_is_due_now(
    database: Database, add_task: AddTask, ahead: float, columns: dict[str, object], *, is_due: bool
) -> None:
    """At the first look of a process: whatever happened to the clock, happened before."""
    now = now_of(database)
    given = {"expires_at": now + timedelta(hours=20), **columns}
    task_ref = add_task(next_poll_at=now + timedelta(seconds=ahead), **given)
    assert look(database, Mending()) == is_due
    assert (left(database, task_ref) <= 0) is is_due
    with database.writing() as session:
        claimed = claim_due(session, limit=5, lease_seconds=75, fence="mine")
    assert [claim.id for claim in claimed] == [task_ref] * is_due


@pytest.mark.parametrize(
    ("ahead", "is_due"),
    [pytest.param(20 * HOUR, False, id="its last poll"), pytest.param(30 * HOUR, True, id="after its end")],
)
def test_without_a_token_a_task_may_wait_for_its_last_poll(
    database: Database, add_task: AddTask, ahead: float, *, is_due: bool
) -> None:
    """That may be a day away, and is no mistake."""
    now = now_of(database)
    add_task(
        next_poll_at=now + timedelta(seconds=ahead),
        expires_at=now + timedelta(hours=24),
        parked="token_missing",
    )
    assert look(database, Mending()) == is_due


@pytest.mark.parametrize("back", [10.0, HOUR, DAY])
def test_a_clock_that_is_set_back_takes_schedules_along(
    database: Database, add_task: AddTask, back: float
) -> None:
    """Each is asked about when it would have been, also where a rule would allow the wait; twice does no harm."""
    elapsed = Elapsed()
    mending, other = Mending(elapsed), Mending(elapsed)
    look(database, mending)
    look(database, other)
    now = now_of(database)
    ahead = now + timedelta(seconds=back + 40.0)
    before = add_task(next_poll_at=ahead)
    leased = add_task(next_poll_at=ahead, claim="somebody's")
    held_up = add_task(next_poll_at=ahead, errors=2, parked="unreachable")
    since = add_task(next_poll_at=now + timedelta(seconds=back / 3))
    for one in (mending, other):
        set_back(one, back)
        look(database, one)
    assert left(database, leased) == pytest.approx(40.0, abs=20.0)
    assert left(database, held_up) == pytest.approx(40.0, abs=20.0)
    # By a clock that was far ahead it seemed old, and was to be asked about rarely.
    assert left(database, before) == pytest.approx(40.0 if back < FAR else -10.0, abs=20.0)
    if back < POLL_CEILING_SECONDS:
        assert left(database, since) == pytest.approx(back / 3, abs=20.0)


def test_a_clock_that_is_nearly_right_is_left_alone(database: Database, add_task: AddTask) -> None:
    """Clocks are put right by fractions of a second all the time; and one that is ahead makes nothing late."""
    elapsed = Elapsed()
    mending = Mending(elapsed)
    look(database, mending)
    task_ref = add_task(next_poll_at=now_of(database) + timedelta(seconds=300))
    for seconds in (BACK - 1.0, -HOUR):
        set_back(mending, seconds)
        assert look(database, mending) == 0
    assert left(database, task_ref) == pytest.approx(300, abs=20)


def test_it_is_cheap(database: Database) -> None:
    """Between two looks nothing is asked."""
    elapsed = Elapsed()
    mending = Mending(elapsed)
    assert look(database, mending) == 0

    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    assert mending.look(Untouchable()) == 0  # type: ignore[arg-type]  # nobody may touch it
    elapsed.seconds += LOOK_SECONDS / 2
    assert mending.look(Untouchable()) == 0  # type: ignore[arg-type]  # as above


def test_it_is_swept_again_and_again(database: Database, add_task: AddTask) -> None:
    """Another process may have written by another clock."""
    elapsed = Elapsed()
    mending = Mending(elapsed)
    look(database, mending)
    task_ref = add_task(next_poll_at=now_of(database) + timedelta(days=1))
    elapsed.seconds += SWEEP_SECONDS
    set_back(mending, -SWEEP_SECONDS + LOOK_SECONDS)
    assert look(database, mending) == 1
    assert left(database, task_ref) <= 0


def test_the_poller_looks(database: Database, add_task: AddTask) -> None:
    """With its first claim."""
    task_ref = add_task(next_poll_at=now_of(database) + timedelta(days=1))
    ledger = DatabaseLedger(database, index=no_index)
    claimed = ledger.claim(limit=5, lease_seconds=75, fence="mine", busy={})
    assert [claim.id for claim in claimed] == [task_ref]


def test_a_lease_is_no_mistake(database: Database, add_task: AddTask) -> None:
    """However new the process is that finds it, and however often it looks."""
    task_ref = add_task()
    ledger = DatabaseLedger(database, index=no_index)
    assert ledger.claim(limit=5, lease_seconds=LEASE_SECONDS, fence="mine", busy={})
    assert look(database, Mending()) == 0
    assert left(database, task_ref) > LEASE_SECONDS - 60


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [
        (ParkReason.RATE_LIMITED, RETRY_AFTER_CEILING_SECONDS),
        (ParkReason.PLAN_REFUSED, 900.0),
        (ParkReason.TOKEN_REJECTED, 900.0),
        (ParkReason.UNREACHABLE, 300.0),
        (ParkReason.LOGIN_LOCKED, LONGEST_LOCK_SECONDS),
        (ParkReason.TOKEN_EXPIRED, None),
        (ParkReason.TOKEN_MISSING, None),
    ],
)
def test_how_long_a_token_may_be_paused(reason: ParkReason, seconds: float | None) -> None:
    """As the rules that pause it say; None where only a person ends it."""
    until = longest_pause(reason, now=NOW)
    assert until == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_a_budget_pauses_until_it_begins_anew() -> None:
    """At midnight, or on the first of the month."""
    assert longest_pause(ParkReason.BUDGET_REACHED, now=NOW) == NOW.replace(hour=0) + timedelta(days=1)
    monthly = longest_pause(ParkReason.BUDGET_REACHED, now=NOW, monthly=True)
    assert monthly == NOW.replace(month=6, day=1, hour=0)


@pytest.mark.parametrize(
    ("reason", "hours", "is_over"),
    [
        pytest.param("unreachable", 0.05, False, id="as long as it may"),
        pytest.param("unreachable", 1.0, True, id="an hour ahead and corrected"),
        pytest.param("rate_limited", 0.9, False, id="a rate limit"),
        pytest.param("rate_limited", 25.0, True, id="a rate limit, a day back"),
        pytest.param("budget_reached", 49.0, True, id="a budget of the day, two days back"),
    ],
)
def test_pauses_of_tokens_that_are_too_long_end(
    database: Database, add_credential: AddCredential, reason: str, hours: float, *, is_over: bool
) -> None:
    """Their tasks are asked about again; a budget that is still used up pauses it anew."""
    until = now_of(database) + timedelta(hours=hours)
    token = add_credential(paused_until=until, pause_reason=reason, daily_budget=5)
    look(database, Mending())
    assert (paused_until(database, token) <= now_of(database)) is is_over


def test_what_waits_for_a_person_waits_on(database: Database, add_credential: AddCredential) -> None:
    """For ever is no mistake, also when a clock is set back."""
    token = add_credential(paused_until=FOREVER, pause_reason="token_rejected")
    mending = Mending()
    look(database, mending)
    set_back(mending, DAY)
    look(database, mending)
    assert paused_until(database, token) == FOREVER


def paused_until(database: Database, token: int) -> datetime:
    """Until when a token is paused."""
    with database.reading() as session:
        found = session.get_one(Credential, token).paused_until
        assert found is not None
        return found
