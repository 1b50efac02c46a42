from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text, update
from sqlmodel import Session, col, select

from dashboard.models import Claim, Lane, Task
from dashboard.polling.fair_shares import GUARANTEED
from dashboard.store import claims
from dashboard.store.claims import claim_due
from dashboard.store.database import Database
from dashboard.store.database_clock import db_now
from dashboard.store.lanes import Order, first_of, waiting

HERE, THERE = "https://ocr.example", "https://other.example"
PAST = datetime(2001, 1, 1, tzinfo=UTC)

AddTask = Callable[..., int]
AddCredential = Callable[..., int]
MakeTask = Callable[..., Task]


def claim(
    database: Database,
    fence: str = "mine",
    *,
    limit: int = 16,
    busy: Mapping[Lane, int] | None = None,
    turn: int = 0,
) -> list[Claim]:
    """Claim in a block of its own."""
    with database.writing() as session:
        return claim_due(session, limit=limit, lease_seconds=60, fence=fence, busy=busy or {}, turn=turn)


def now_of(database: Database) -> datetime:
    """The database's time."""
    with database.reading() as session:
        return session.exec(select(db_now())).one()


@pytest.fixture
def crowd(database: Database, team_id: int, make_task: MakeTask) -> Callable[..., None]:
    """Stores many tasks that are due, all alike."""

    def add(number: int, **given: object) -> None:
        rows = [make_task(team_id=team_id, **given).model_dump(exclude={"id"}) for _ in range(number)]
        with database.writing() as session:
            session.connection().execute(insert(Task), rows)

    return add


def test_lanes_are_services_and_tokens(
    database: Database, crowd: Callable[..., None], add_credential: AddCredential
) -> None:
    """Evaluation mode, with or without a token, and tasks without one are one lane of their service."""
    token, other = add_credential(), add_credential()
    crowd(2, credential_id=token)
    crowd(2, credential_id=other, next_poll_at=datetime(2900, 1, 1, tzinfo=UTC))
    crowd(2, credential_id=other, trial=True)
    crowd(2)
    crowd(2, api_url=THERE)
    crowd(2, api_url=THERE, credential_id=token, next_poll_at=None, state="completed")
    with database.reading() as session:
        lanes = {one.lane: one.soonest for one in waiting(session)}
        assert [one.lane for one in waiting(session, skip_api_urls=[HERE])] == [Lane(THERE, None)]
    assert list(lanes) == [Lane(HERE, None), Lane(HERE, token), Lane(HERE, other), Lane(THERE, None)]
    assert [moment == PAST for moment in lanes.values()] == [True, True, False, True]
    assert {one.lane for one in claim(database)} == set(lanes) - {Lane(HERE, other)}


def test_statements_walk_indexes(database: Database, crowd: Callable[..., None]) -> None:
    """No statement reads all open tasks: what they cost must not depend on how many there are."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads a small table whole, whatever the index")
    crowd(3)
    with database.reading() as session:
        told = spied(session)
        waiting(session)
        for order in Order:
            first_of(session, {Lane(HERE, None): 3}, order)
    plans = " ".join(told)
    assert plans.count("ix_task_lane") + plans.count("ix_task_deadline") >= len(Order)
    assert "SCAN task_" not in plans


def spied(session: Session) -> list[str]:
    """The plans of what is asked from now on."""
    connection = session.connection()
    told: list[str] = []
    asked = connection.exec_driver_sql

    def explained(statement: str, parameters: Mapping[str, object]) -> object:
        told.extend(str(row[3]) for row in asked(f"EXPLAIN QUERY PLAN {statement}", dict(parameters)))
        return asked(statement, dict(parameters))

    connection.exec_driver_sql = explained  # type: ignore[method-assign,assignment]
    session.connection = lambda *_, **__: connection  # type: ignore[method-assign]
    return told


def longest_due(session: Session, _lanes: object, *, limit: int, **_others: object) -> Sequence[int | None]:
    """How not to choose: whatever is longest due, whoever else waits."""
    due = select(Task.id).where(col(Task.next_poll_at) <= db_now()).order_by(col(Task.next_poll_at))
    return session.exec(due.limit(limit)).all()


@pytest.mark.parametrize(
    ("is_fair", "healthy"), [(True, GUARANTEED), (False, 0)], ids=["fair", "longest due"]
)
def test_a_lane_is_guaranteed_calls(
    database: Database,
    crowd: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    is_fair: bool,  # noqa: FBT001 - a column
    healthy: int,
) -> None:
    """A service whose calls hang holds all slots: another one gets calls all the same, at once."""
    crowd(200, api_url=THERE)
    if not is_fair:
        monkeypatch.setattr(claims, "choose", longest_due)
    assert len(claim(database)) == 16
    crowd(20, next_poll_at=PAST + timedelta(days=1))
    claimed = claim(database, "next", limit=0, busy={Lane(THERE, None): 16})
    assert Counter(one.lane for one in claimed) == ({Lane(HERE, None): healthy} if healthy else {})


def test_slots_are_shared_out(
    database: Database, crowd: Callable[..., None], add_credential: AddCredential
) -> None:
    """Each token gets as many as the others; who has fewer due tasks leaves the rest to them."""
    many, more, few = add_credential(), add_credential(), add_credential()
    crowd(100, credential_id=many)
    crowd(100, credential_id=more, next_poll_at=PAST + timedelta(days=9))
    crowd(2, credential_id=few, next_poll_at=PAST + timedelta(days=10))
    shares = Counter(one.credential_id for one in claim(database, limit=22))
    assert shares == {many: 10, more: 10, few: 2}
    busy = {Lane(HERE, many): 10, Lane(HERE, more): 4}
    assert Counter(one.credential_id for one in claim(database, "next", limit=4, busy=busy)) == {more: 4}


def test_deadlines_and_fresh_tasks_go_first(
    database: Database, crowd: Callable[..., None], add_task: AddTask
) -> None:
    """Where there is not enough for all: what is at risk by its deadline, and every fourth turn for the youngest."""
    now = now_of(database)
    crowd(50, expires_at=now + timedelta(hours=12))
    risky = [add_task(expires_at=now + timedelta(minutes=left), next_poll_at=now) for left in (70, 60, 80)]
    fresh = [
        add_task(registered_at=now, expires_at=now + timedelta(hours=24, seconds=-age), next_poll_at=now)
        for age in (50, 5)
    ]
    claimed = {one.id for one in claim(database, limit=4)}
    assert claimed == {*risky, fresh[1]}
    claimed = {one.id for one in claim(database, "next", limit=4)}
    assert fresh[0] in claimed
    assert len(claimed) == 4


@pytest.mark.parametrize(("is_fair", "late"), [(True, 0), (False, 100)], ids=["fair", "longest due"])
def test_quick_tasks_beside_thousands_of_slow_ones(
    database: Database,
    crowd: Callable[..., None],
    add_task: AddTask,
    monkeypatch: pytest.MonkeyPatch,
    is_fair: bool,  # noqa: FBT001 - a column
    late: int,
) -> None:
    """With 5,000 overdue tasks of the same token, a quick one waits for one claim and not for all of them."""
    now = now_of(database)
    crowd(5000, expires_at=now + timedelta(hours=20), next_poll_at=now - timedelta(minutes=10))
    if not is_fair:
        monkeypatch.setattr(claims, "choose", longest_due)
    waited = []
    for number in range(5):
        quick = add_task(registered_at=now, expires_at=now + timedelta(hours=24), next_poll_at=now)
        for turn in range(100):
            if quick in {
                one.id for one in claim(database, f"{number} {turn}", limit=2, turn=2 * number + turn)
            }:
                break
        else:
            turn = 100
        waited.append(turn)
    assert sorted(waited)[2] == late


def test_claims_that_meet_share_the_work(
    database: Database, database_url: str, crowd: Callable[..., None]
) -> None:
    """Who finds that another claim, not yet ended, holds what it chose, passes over that and gets the next ones."""
    crowd(30)
    other = Database(database_url, busy_seconds=10.0)
    try:
        with database.writing() as session:
            first = claim_due(session, limit=10, lease_seconds=60, fence="first")
            if not database.is_sqlite:  # which lets one write at a time
                second = claim(other, "second", limit=10)
        if database.is_sqlite:
            second = claim(other, "second", limit=10)
    finally:
        other.close()
    assert (len(first), len(second)) == (10, 10)
    assert not {one.id for one in first} & {one.id for one in second}


def test_no_more_than_the_limit_whatever_the_plan(database: Database, crowd: Callable[..., None]) -> None:
    """PostgreSQL may carry out a locking subquery more often than once; ours it cannot."""
    crowd(40)
    with database.writing() as session:
        if not database.is_sqlite:
            for plan in ("enable_hashjoin", "enable_mergejoin", "enable_material", "enable_hashagg"):
                session.connection().execute(text(f"SET LOCAL {plan} = off"))
        assert len(claim_due(session, limit=3, lease_seconds=60, fence="mine")) == 3
    with database.writing() as session:
        session.exec(update(Task).values(next_poll_at=PAST))
    assert len(claim(database, "rest", limit=40)) == 40
