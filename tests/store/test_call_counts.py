"""The meter of calls over both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from dashboard.models import CallKind, Team
from dashboard.store import call_counts
from dashboard.store.call_counts import calls_used, count_calls
from dashboard.store.database import Database

NOW = datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)

AddCredential = Callable[..., int]


def count(database: Database, token: int, kind: CallKind, calls: int = 1, *, at: datetime = NOW) -> None:
    """Count in a block of its own."""
    with database.writing() as session:
        count_calls(session=session, credential_id=token, kind=kind, moment=at, calls=calls)


def used(database: Database, *tokens: int, at: datetime = NOW) -> dict[int, tuple[int, int]]:
    """What budgets see."""
    with database.reading() as session:
        return calls_used(session=session, credential_ids=set(tokens), moment=at)


def read(database: Database, team_id: int, at: datetime = NOW) -> dict[int, tuple[int, dict[CallKind, int]]]:
    """What people see."""
    with database.reading() as session:
        month = call_counts.of_month(session=session, team_id=team_id, moment=at)
    return {token: (today, dict(by_kind)) for token, (today, by_kind) in month.items()}


def test_calls_are_counted_by_day_and_kind(
    database: Database, team_id: int, add_credential: AddCredential
) -> None:
    """Today, and this month by kind; logins are seen and cost nothing; yesterday and last month fade."""
    token, other = add_credential(), add_credential()
    for kind, calls in ((CallKind.POLL, 3), (CallKind.RESULT, 1), (CallKind.LOGIN, 7), (CallKind.POLL, 2)):
        count(database, token, kind, calls)
    count(database, token, CallKind.STATUS, 10, at=NOW - timedelta(days=1))
    count(database, token, CallKind.STATUS, 100, at=NOW - timedelta(days=31))
    count(database, other, CallKind.SUBMIT, at=NOW - timedelta(days=30))
    assert used(database, token, other) == {token: (6, 16), other: (0, 1)}
    assert read(database, team_id) == {
        token: (6, {CallKind.POLL: 5, CallKind.RESULT: 1, CallKind.LOGIN: 7, CallKind.STATUS: 10}),
        other: (0, {CallKind.SUBMIT: 1}),
    }
    later = NOW + timedelta(seconds=1)
    assert used(database, token, other, at=later) == {}
    assert read(database, team_id, later) == {}


def test_the_year_before_is_another_month(database: Database, add_credential: AddCredential) -> None:
    """January begins with nothing, and December of another year is not this one."""
    token = add_credential()
    count(database, token, CallKind.POLL, at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    count(database, token, CallKind.POLL, at=datetime(2025, 1, 1, tzinfo=UTC))
    assert used(database, token, at=datetime(2026, 1, 1, tzinfo=UTC)) == {}
    assert used(database, token, at=datetime(2025, 12, 31, tzinfo=UTC)) == {token: (1, 1)}


def test_what_was_reserved_is_taken_back(database: Database, add_credential: AddCredential) -> None:
    """Down to nothing; and taking back what was never counted leaves no debt."""
    token = add_credential()
    count(database, token, CallKind.POLL, 2)
    count(database, token, CallKind.POLL, -2)
    count(database, token, CallKind.STATUS, -1)
    count(database, token, CallKind.RESULT, 0)
    assert used(database, token) == {token: (0, 0)}


def test_teams_see_their_own(database: Database, team_id: int, add_credential: AddCredential) -> None:
    """And nothing of others."""
    with database.writing() as session:
        team = Team(slug="others", name="Others", created_at=NOW)
        session.add(team)
        session.flush()
        theirs = team.id or 0
    token = add_credential(team_id=theirs)
    count(database, token, CallKind.POLL)
    assert read(database, team_id) == {}
    assert list(read(database, theirs)) == [token]


def test_many_count_at_once(database: Database, add_credential: AddCredential) -> None:
    """None is lost, also of the first ones, which all find no row yet."""
    token = add_credential()
    together = threading.Barrier(8)

    def add(_: int) -> None:
        together.wait(10)
        for _turn in range(5):
            count(database, token, CallKind.POLL)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert used(database, token) == {token: (40, 40)}
