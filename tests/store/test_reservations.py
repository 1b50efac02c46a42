"""Budgets: counted before a call is made, settled by what was made, never exceeded, and heard of in words."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from dashboard.models import (
    AttemptRecord,
    CallKind,
    Change,
    Claim,
    Credential,
    ParkReason,
    Pause,
    Task,
    Team,
    Usage,
)
from dashboard.models.call_usage import day_of
from dashboard.store import credentials
from dashboard.store.call_counts import count_calls
from dashboard.store.claims import claim_due, seconds_until_due
from dashboard.store.database import Database
from dashboard.store.database_clock import db_now
from dashboard.store.outcomes import record
from dashboard.store.reservations import credentials_of, reserve
from dashboard.testing import no_index

AddRow = Callable[..., int]

DAY = datetime(2026, 5, 1, tzinfo=UTC)


def claim(database: Database, fence: str = "mine", *, limit: int = 50) -> list[Claim]:
    """Claim in a block of its own."""
    with database.writing() as session:
        return claim_due(session, limit=limit, lease_seconds=60, fence=fence)


def write(database: Database, *changes: Change) -> list[Claim]:
    """Record in a block of its own."""
    with database.writing() as session:
        return record(session, changes, no_index)


def now_of(database: Database) -> datetime:
    """The database's time."""
    with database.reading() as session:
        return session.exec(select(db_now())).one()


def meter(database: Database, credential_id: int) -> dict[str, int]:
    """What is counted for a token on all days together, without kinds nothing was counted for."""
    with database.reading() as session:
        rows = session.exec(select(Usage).where(Usage.credential_id == credential_id)).all()
    found: dict[str, int] = {}
    for row in rows:
        found[row.kind] = found.get(row.kind, 0) + row.calls
    return {kind: calls for kind, calls in found.items() if calls}


def credential(database: Database, credential_id: int) -> Credential:
    """A token as it is stored."""
    with database.reading() as session:
        return session.get_one(Credential, credential_id)


def use(database: Database, credential_id: int, calls: int, kind: CallKind = CallKind.POLL) -> None:
    """Have made so many calls today."""
    with database.writing() as session:
        count_calls(
            session=session, credential_id=credential_id, kind=kind, moment=now_of(database), calls=calls
        )


def attempt(kind: CallKind) -> AttemptRecord:
    """A call that was answered."""
    return AttemptRecord(
        kind=kind,
        started_at=DAY,
        duration_ms=1,
        http_status=200,
        task_status=None,
        response_status_code=None,
        result="processing",
        detail="",
    )


def after(claimed: Claim, *kinds: CallKind, pause: Pause | None = None) -> Change:
    """What a poll that made these calls changes."""
    attempts = [attempt(kind) for kind in kinds]
    return Change(
        claim=claimed,
        values={},
        next_delay_seconds=60,
        attempt=attempts[-1] if attempts else None,
        earlier=tuple(attempts[:-1]),
        pause=pause,
    )


def may_call(claims: list[Claim]) -> int:
    """For how many of them a call may be made."""
    return sum(one.credential is not None and not one.credential.over_budget for one in claims)


@pytest.fixture
def crowd(add_task: AddRow, now: datetime) -> Callable[..., list[int]]:
    """Adds due tasks of a token that end in the far future, the first one first."""

    def add(credential_id: int, number: int, **given: object) -> list[int]:
        ends = {"expires_at": now + timedelta(days=9999)}
        return [add_task(**{"credential_id": credential_id, **ends, **given}) for _ in range(number)]

    return add


Crowd = Callable[..., list[int]]


class TestCounting:
    """The meter."""

    @pytest.mark.parametrize(
        ("status_first", "made", "counted"),
        [
            (False, [CallKind.POLL], {"poll": 1}),
            (False, [CallKind.RESULT], {"result": 1}),
            (False, [CallKind.POLL, CallKind.RESULT], {"poll": 1, "result": 1}),
            (False, [], {}),
            (True, [CallKind.STATUS], {"status": 1}),
            (True, [CallKind.STATUS, CallKind.RESULT], {"status": 1, "result": 1}),
            (True, [CallKind.STATUS, CallKind.STATUS, CallKind.POLL], {"status": 2, "poll": 1}),
            (True, [], {}),
        ],
        ids=[
            "poll",
            "result",
            "renewed",
            "held",
            "status alone",
            "status and result",
            "status renewed",
            "status held",
        ],
    )
    def test_reserved_and_settled(
        self,
        database: Database,
        add_credential: AddRow,
        crowd: Crowd,
        made: list[CallKind],
        counted: dict[str, int],
        *,
        status_first: bool,
    ) -> None:
        """A claim counts what a poll can take; its outcome replaces that by what was made, by kind."""
        token = add_credential(status_first=status_first)
        crowd(token, 1)
        [claimed] = claim(database)
        assert meter(database, token) == {"poll": 2 if status_first else 1}
        assert write(database, after(claimed, *made)) == []
        assert meter(database, token) == counted

    def test_a_crash_counts_too_many(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """What was reserved and never settled stays counted: the call may have been made."""
        token = add_credential()
        crowd(token, 3)
        claim(database)
        assert meter(database, token) == {"poll": 3}

    def test_lost_leases_count(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """The call was made, though somebody else took the task meanwhile."""
        token = add_credential()
        crowd(token, 1)
        [claimed] = claim(database)
        with database.writing() as session:
            session.exec(update(Task).values(claim="somebody"))
        assert write(database, after(claimed, CallKind.RESULT)) == [claimed]
        assert meter(database, token) == {"result": 1}

    def test_trials_cost_nothing(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """Evaluation mode sends no token: neither counted nor held back."""
        token = add_credential(daily_budget=1)
        use(database, token, 1)
        crowd(token, 2, trial=True)
        claims = claim(database)
        assert [one.credential for one in claims] == [None, None]
        write(database, *(after(one, CallKind.RESULT) for one in claims))
        assert meter(database, token) == {"poll": 1}
        assert credential(database, token).paused_until is None

    def test_a_removed_token_has_no_meter(
        self, database: Database, team_id: int, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """An outcome that arrives after its token was removed is stored all the same."""
        token = add_credential()
        [task] = crowd(token, 1)
        [claimed] = claim(database)
        with database.writing() as session:
            credentials.remove(session=session, team_id=team_id, credential_id=token, now=DAY)
        assert write(database, after(claimed, CallKind.POLL)) == []
        with database.reading() as session:
            assert session.get_one(Task, task).claim is None
        assert meter(database, token) == {}

    def test_calls_count_on_the_day_of_their_claim(
        self, database: Database, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """A poll over midnight replaces what was reserved, and leaves nothing behind on either day."""
        token = add_credential()
        crowd(token, 1)
        [claimed] = claim(database)
        with database.writing() as session:
            session.exec(update(Usage).values(day="2026-04-30"))
        yesterday = Claim(
            **{
                **{name: getattr(claimed, name) for name in Claim.__dataclass_fields__},
                "claimed_at": DAY - timedelta(seconds=1),
            }
        )
        write(database, after(yesterday, CallKind.RESULT))
        with database.reading() as session:
            rows = {(row.day, row.kind): row.calls for row in session.exec(select(Usage)).all()}
        assert rows == {("2026-04-30", "poll"): 0, ("2026-04-30", "result"): 1}


class TestLimits:
    """Parking at 100 %."""

    @pytest.mark.parametrize("limit", ["daily_budget", "monthly_budget"])
    @pytest.mark.parametrize("used", [0, 2, 3, 5], ids="{} used".format)
    def test_no_call_too_many(
        self, database: Database, add_credential: AddRow, crowd: Crowd, limit: str, used: int
    ) -> None:
        """Of more due tasks than calls are left, the first to expire are asked about; the rest wait."""
        token = add_credential(**{limit: 3})
        if used:
            use(database, token, used)
        later = crowd(token, 4)
        soonest = crowd(token, 1, expires_at=now_of(database) + timedelta(days=9))
        before = now_of(database)
        claims = claim(database)
        allowed = {one.id for one in claims if one.credential and not one.credential.over_budget}
        assert len(claims) == 5
        assert len(allowed) == max(3 - used, 0)
        assert not allowed or soonest[0] in allowed
        assert allowed <= {*later, *soonest}
        row = credential(database, token)
        assert (row.pause_reason, row.paused_since) == (ParkReason.BUDGET_REACHED, claims[0].claimed_at)
        assert row.paused_until is not None
        assert row.paused_until > before
        assert (row.paused_until.hour, row.paused_until.minute, row.paused_until.second) == (0, 0, 0)
        of = "day" if limit == "daily_budget" else "month"
        assert row.pause_detail is not None
        assert row.pause_detail.startswith(f"The budget of 3 calls a {of} is used up. It begins anew ")
        assert of == "day" or row.paused_until.day == 1

    def test_the_poller_does_not_spin(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """Once parked, nothing of it is claimed, and the loop sleeps until the budget begins anew."""
        token = add_credential(daily_budget=1)
        use(database, token, 1)
        crowd(token, 3)
        write(database, *(after(one) for one in claim(database)))
        with database.writing() as session:
            session.exec(update(Task).values(next_poll_at=DAY))
        assert claim(database, "again") == []
        with database.reading() as session:
            wait = seconds_until_due(session)
        until = credential(database, token).paused_until
        assert until is not None
        assert wait == pytest.approx((until - now_of(database)).total_seconds(), abs=5)

    def test_others_go_on(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """A used-up budget holds back no other token's tasks, after the one look that found it used up."""
        poor, rich = add_credential(daily_budget=1), add_credential()
        use(database, poor, 1)
        crowd(poor, 30)
        theirs = crowd(rich, 3, next_poll_at=DAY)
        claims = [*claim(database, "first", limit=10), *claim(database, "second", limit=10)]
        assert {one.id for one in claims if one.credential_id == rich} == set(theirs)
        assert may_call(claims) == len(theirs)

    def test_screens_are_told(
        self, database: Database, team_id: int, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """Once, when it is parked."""

        def revision() -> int:
            with database.reading() as session:
                return session.get_one(Team, team_id).revision

        token = add_credential(daily_budget=1)
        use(database, token, 1)
        crowd(token, 1)
        before = revision()
        claim(database)
        assert revision() == before + 1

    def test_logins_are_free(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """They are on the meter and count towards no budget."""
        token = add_credential(daily_budget=1, monthly_budget=1)
        use(database, token, 99, CallKind.LOGIN)
        crowd(token, 1)
        assert may_call(claim(database)) == 1

    def test_the_month_goes_before_the_day(
        self, database: Database, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """With both used up it begins anew with the month."""
        token = add_credential(daily_budget=2, monthly_budget=2)
        crowd(token, 3)
        assert may_call(claim(database)) == 2
        detail = credential(database, token).pause_detail
        assert detail == (
            "The budget of 2 calls a month is used up. It begins anew on the first of the month, UTC."
        )

    def test_a_longer_pause_stays(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """A budget never shortens what somebody else has paused for longer."""
        token = add_credential(daily_budget=1)
        use(database, token, 1)
        crowd(token, 1)
        until = now_of(database) + timedelta(days=400)
        with database.writing() as session:
            session.exec(
                update(Credential).values(paused_until=until, pause_reason=ParkReason.TOKEN_REJECTED.value)
            )
            session.exec(update(Task).values(expires_at=DAY))  # over: claimed in spite of the pause
        assert len(claim(database)) == 1
        assert credential(database, token).pause_reason == ParkReason.TOKEN_REJECTED

    @pytest.mark.parametrize(
        ("left", "allowed", "statuses"),
        [(1, 1, 0), (2, 1, 1), (3, 2, 1), (4, 2, 2), (9, 3, 3)],
        ids="{0} left".format,
    )
    def test_a_status_first_costs_two(
        self,
        database: Database,
        add_credential: AddRow,
        crowd: Crowd,
        left: int,
        allowed: int,
        statuses: int,
    ) -> None:
        """The last single call asks for the result at once, so that a budget of one is no dead end."""
        token = add_credential(daily_budget=10, status_first=True)
        use(database, token, 10 - left)
        crowd(token, 3)
        claims = claim(database)
        assert may_call(claims) == allowed
        asking = [one.credential for one in claims if one.credential and not one.credential.over_budget]
        assert sum(token.status_first for token in asking) == statuses
        write(database, *(after(one) for one in claims))
        assert meter(database, token) == ({"poll": 10 - left} if left < 10 else {})


class TestLastPoll:
    """The last poll before a result is deleted."""

    @pytest.mark.parametrize(
        ("keeps", "left", "claimed", "allowed"),
        [
            (True, 60, 1, 1),
            (True, 119, 1, 1),
            (True, 600, 0, 0),
            (False, 60, 0, 0),
            (True, -1, 1, 0),
            (False, -1, 1, 0),
        ],
        ids=[
            "kept",
            "kept, just",
            "not yet",
            "not kept",
            "its time is over",
            "its time is over and it is not kept",
        ],
    )
    def test_is_let_through_where_wanted(
        self,
        database: Database,
        add_credential: AddRow,
        crowd: Crowd,
        left: float,
        claimed: int,
        allowed: int,
        *,
        keeps: bool,
    ) -> None:
        """Also while it is parked already; the call is counted."""
        moment = now_of(database)
        token = add_credential(
            daily_budget=1,
            keeps_last_poll=keeps,
            paused_until=moment + timedelta(hours=5),
            pause_reason=ParkReason.BUDGET_REACHED.value,
        )
        use(database, token, 1)
        crowd(token, 1, expires_at=moment + timedelta(seconds=left))
        claims = claim(database)
        assert (len(claims), may_call(claims)) == (claimed, allowed)
        assert meter(database, token) == {"poll": 1 + allowed}

    def test_takes_one_call(self, database: Database, add_credential: AddRow, crowd: Crowd) -> None:
        """Beyond the budget no status is asked for first."""
        token = add_credential(daily_budget=1, status_first=True)
        use(database, token, 1)
        crowd(token, 1, expires_at=now_of(database) + timedelta(seconds=60))
        [claimed] = claim(database)
        assert claimed.credential is not None
        assert (claimed.credential.over_budget, claimed.credential.status_first) == (False, False)


@pytest.mark.parametrize(
    ("now", "of_day", "of_month"),
    [
        ("2026-05-01T00:00:00", "2026-05-02", "2026-06-01"),
        ("2026-05-31T23:59:59.999", "2026-06-01", "2026-06-01"),
        ("2026-01-31T12:00:00", "2026-02-01", "2026-02-01"),
        ("2028-02-28T23:59:59", "2028-02-29", "2028-03-01"),
        ("2026-12-31T23:59:59", "2027-01-01", "2027-01-01"),
    ],
)
def test_the_ends_of_days_months_and_years(
    database: Database,
    add_credential: AddRow,
    add_task: AddRow,
    now: str,
    of_day: str,
    of_month: str,
) -> None:
    """A budget begins anew at midnight UTC and on the first; calls of the day before count no more."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    daily, monthly = add_credential(daily_budget=1), add_credential(monthly_budget=1)
    rows = [
        {
            "id": add_task(credential_id=token),
            "credential_id": token,
            "trial": False,
            "expires_at": moment + timedelta(hours=9),
        }
        for token in (daily, monthly)
    ]

    def allowed(at: datetime) -> list[bool]:
        with database.writing() as session:
            tokens = reserve(session, rows, credentials_of(session, {daily, monthly}), at)  # type: ignore[arg-type]  # rows as mappings
        return [not tokens[row["id"]].over_budget for row in rows]  # type: ignore[index]  # as above

    assert allowed(moment) == [True, True]
    assert allowed(moment) == [False, False]
    untils = [credential(database, token).paused_until for token in (daily, monthly)]
    assert [str(until)[:19] for until in untils] == [f"{of_day} 00:00:00", f"{of_month} 00:00:00"]
    [until_day, until_month] = [until for until in untils if until]
    assert allowed(until_day - timedelta(milliseconds=1)) == [False, False]
    assert allowed(until_day) == [True, until_day == until_month]
    assert allowed(until_month)[1] is (until_day != until_month)
    assert day_of(until_month) == of_month


class TestTogether:
    """Several claimers at once, as threads and replicas are."""

    def test_never_exceed_a_budget(
        self, database: Database, database_url: str, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """Eight claimers over connections of their own take exactly what is left, however they meet."""
        token = add_credential(monthly_budget=40)
        use(database, token, 30)
        crowd(token, 60)
        others = [Database(database_url, busy_seconds=10.0) for _ in range(8)]
        together = threading.Barrier(len(others))

        def take(number: int) -> int:
            together.wait(10)
            return sum(may_call(claim(others[number], f"{number}-{turn}", limit=2)) for turn in range(4))

        try:
            with ThreadPoolExecutor(len(others)) as pool:
                taken = sum(pool.map(take, range(len(others))))
        finally:
            for other in others:
                other.close()
        assert taken == 10
        assert meter(database, token) == {"poll": 40}
        assert credential(database, token).pause_reason == ParkReason.BUDGET_REACHED

    def test_a_claim_waits_for_the_one_before(
        self, database: Database, database_url: str, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """The last call of a budget is taken once, also when the first claim has not ended yet."""
        token = add_credential(daily_budget=1)
        crowd(token, 2)
        other = Database(database_url, busy_seconds=10.0)
        try:
            with ThreadPoolExecutor(1) as pool:
                with database.writing() as session:
                    first = claim_due(session, limit=1, lease_seconds=60, fence="first")
                    second = pool.submit(claim, other, "second", limit=1)
                    threading.Event().wait(0.3)  # long enough for it to come to the lock
                claims = [*first, *second.result(20)]
        finally:
            other.close()
        assert (len(claims), may_call(claims)) == (2, 1)

    def test_a_raised_budget_wins_over_a_claim_that_found_it_used_up(
        self, database: Database, database_url: str, team_id: int, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """The owner raises it while a claim that has seen the old one is ending: it is not parked."""
        token = add_credential(daily_budget=1)
        use(database, token, 1)
        crowd(token, 1)
        other = Database(database_url, busy_seconds=10.0)

        def raise_it() -> None:
            with other.writing() as session:
                credentials.set_rules(
                    session=session, team_id=team_id, credential_id=token, values={"daily_budget": 5}
                )

        try:
            with ThreadPoolExecutor(1) as pool:
                with database.writing() as session:
                    claim_due(session, limit=1, lease_seconds=60, fence="first")
                    raised = pool.submit(raise_it)
                    threading.Event().wait(0.3)  # as above
                raised.result(20)
        finally:
            other.close()
        row = credential(database, token)
        assert (row.daily_budget, row.paused_until, row.pause_reason, row.paused_since) == (
            5,
            None,
            None,
            None,
        )

    def test_outcomes_in_any_order_do_not_deadlock(
        self, database: Database, database_url: str, add_credential: AddRow, crowd: Crowd
    ) -> None:
        """Replicas that write successes and pauses of the same tokens, claim and settle meanwhile, all get through."""
        tokens = [add_credential(daily_budget=1_000_000) for _ in range(4)]
        for token in tokens:
            crowd(token, 24)
        others = [Database(database_url, busy_seconds=20.0) for _ in range(6)]
        over = Pause(reason=ParkReason.RATE_LIMITED, until=DAY, detail="over already")
        together = threading.Barrier(len(others))

        def run(number: int) -> int:
            together.wait(10)
            done = 0
            for turn in range(4):
                claims = claim(others[number], f"{number}-{turn}", limit=4)
                changes = [
                    after(one, CallKind.POLL, pause=over if (one.id + number) % 2 else None) for one in claims
                ]
                done += len(claims) - len(write(others[number], *changes))
            return done

        try:
            with ThreadPoolExecutor(len(others)) as pool:
                done = sum(pool.map(run, range(len(others))))
        finally:
            for other in others:
                other.close()
        assert done == 96
        assert [meter(database, token) for token in tokens] == [{"poll": 24}] * 4
        with database.reading() as session:
            assert (
                session.exec(select(Credential).where(col(Credential.last_success_at).is_(None))).all() == []
            )
