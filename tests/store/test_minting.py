"""Minted tokens as they are kept for all replicas: one right to mint, fenced, counted, and seen by screens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from dashboard.models import FOREVER, CallCredential, Credential, ParkReason, Pause, Team, Usage
from dashboard.store.database import Database
from dashboard.store.minting import TokenShelf

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(seconds=45)
LATER = NOW + timedelta(hours=1)
OUTAGE = Pause(reason=ParkReason.UNREACHABLE, until=LATER, detail="Silence.")

AddCredential = Callable[..., int]


@pytest.fixture
def shelf(database: Database) -> TokenShelf:
    """The one under test."""
    return TokenShelf(database)


@pytest.fixture
def pair(add_credential: AddCredential) -> int:
    """A client ID with its secret."""
    return add_credential(kind="client_credentials", client_id="id")


@pytest.fixture
def token(shelf: TokenShelf, pair: int) -> CallCredential:
    """The pair as it was read before anything happened."""
    found = shelf.read(pair)
    assert found is not None
    return found


def row_of(database: Database, credential_id: int) -> Credential:
    """The whole row."""
    with database.reading() as session:
        return session.get_one(Credential, credential_id)


def logins(database: Database) -> int:
    """Logins on the meter."""
    with database.reading() as session:
        return sum(row.calls for row in session.exec(select(Usage).where(Usage.kind == "login")).all())


def revision(database: Database, team_id: int) -> int:
    """What screens look at."""
    with database.reading() as session:
        return session.get_one(Team, team_id).revision


def test_the_right_to_mint_is_taken_once(shelf: TokenShelf, token: CallCredential, pair: int) -> None:
    """Until it is given back, or its time is over; only its owner can give it back."""
    assert shelf.lease(token, fence="a", now=NOW, until=UNTIL)
    assert not shelf.lease(token, fence="b", now=NOW, until=UNTIL)
    assert not shelf.lease(token, fence="b", now=UNTIL - timedelta(microseconds=1), until=LATER)
    shelf.give_back(pair, fence="b")
    assert not shelf.lease(token, fence="b", now=NOW, until=UNTIL)
    shelf.give_back(pair, fence="a")
    assert shelf.lease(token, fence="b", now=NOW, until=UNTIL)
    assert shelf.lease(token, fence="c", now=UNTIL, until=LATER)
    shelf.give_back(pair, fence="b")
    assert not shelf.lease(token, fence="d", now=UNTIL, until=LATER)


@pytest.mark.parametrize(
    "change",
    [{"minted": "other"}, {"secret": "other"}, {"login_failures": 1}],
    ids=lambda change: next(iter(change)),
)
def test_not_on_old_news(shelf: TokenShelf, token: CallCredential, change: dict[str, object]) -> None:
    """Whoever read something else has to look again first."""
    assert not shelf.lease(replace(token, **change), fence="a", now=NOW, until=UNTIL)  # type: ignore[arg-type]  # by name
    assert shelf.lease(token, fence="a", now=NOW, until=UNTIL)


def test_keeping(
    database: Database, shelf: TokenShelf, token: CallCredential, pair: int, team_id: int
) -> None:
    """The token is there for all, the login is counted, and screens are not disturbed: nothing looks different."""
    before = revision(database, team_id)
    assert shelf.lease(token, fence="a", now=NOW, until=UNTIL)
    shelf.keep(token, fence="a", minted="encrypted", until=LATER, now=NOW)
    row = row_of(database, pair)
    assert (row.minted, row.minted_until, row.last_success_at) == ("encrypted", LATER, NOW)
    assert (row.minting, row.minting_until) == (None, None)
    assert (logins(database), revision(database, team_id)) == (1, before)


@pytest.mark.parametrize(
    ("reason", "ends"),
    [
        ("unreachable", True),
        ("login_locked", True),
        ("rate_limited", False),
        ("budget_reached", False),
        ("plan_refused", False),
        ("token_rejected", False),
    ],
)
def test_which_pauses_a_login_ends(
    database: Database,
    shelf: TokenShelf,
    add_credential: AddCredential,
    team_id: int,
    reason: str,
    *,
    ends: bool,
) -> None:
    """Those that were about logins; failures are forgotten either way."""
    pair = add_credential(paused_until=LATER, pause_reason=reason, login_failures=4, login_refusals=2)
    token, before = shelf.read(pair), revision(database, team_id)
    assert token is not None
    assert shelf.lease(token, fence="a", now=NOW, until=UNTIL)
    shelf.keep(token, fence="a", minted="encrypted", until=LATER, now=NOW)
    row = row_of(database, pair)
    assert (row.paused_until, row.pause_reason) == ((None, None) if ends else (LATER, reason))
    assert (row.login_failures, row.login_refusals, row.login_failed_at) == (0, 0, None)
    assert (revision(database, team_id) > before) is ends


@pytest.mark.parametrize(
    ("until", "refused", "stored"),
    [(LATER, False, LATER), (None, True, FOREVER)],
    ids=["a while", "for good"],
)
def test_failing(
    database: Database,
    shelf: TokenShelf,
    token: CallCredential,
    pair: int,
    team_id: int,
    until: datetime | None,
    stored: datetime,
    *,
    refused: bool,
) -> None:
    """Paused for all, counted twice over, and told to screens."""
    before = revision(database, team_id)
    for number in (1, 2):
        current = shelf.read(pair)
        assert current is not None
        assert shelf.lease(current, fence="a", now=NOW, until=UNTIL)
        shelf.fail(token, fence="a", pause=replace(OUTAGE, until=until), was_refused=refused, now=NOW)
        row = row_of(database, pair)
        assert (row.paused_until, row.pause_reason, row.pause_detail) == (stored, "unreachable", "Silence.")
        assert (row.login_failures, row.login_refusals) == (number, number if refused else 0)
        assert (row.login_failed_at, row.paused_since, row.minting) == (NOW, NOW, None)
        assert logins(database) == number
    assert revision(database, team_id) == before + 2


def test_stale_writers_are_fenced_off(
    database: Database, shelf: TokenShelf, token: CallCredential, pair: int, team_id: int
) -> None:
    """Neither a token nor a pause of somebody whose right is over is stored, counted or told."""
    assert shelf.lease(token, fence="stale", now=NOW, until=UNTIL)
    assert shelf.lease(token, fence="next", now=UNTIL, until=LATER)
    before = revision(database, team_id)
    shelf.keep(token, fence="stale", minted="late", until=LATER, now=NOW)
    shelf.fail(token, fence="stale", pause=OUTAGE, was_refused=True, now=NOW)
    row = row_of(database, pair)
    assert (row.minted, row.paused_until, row.login_refusals, row.minting) == (None, None, 0, "next")
    assert (logins(database), revision(database, team_id)) == (0, before)


def test_a_removed_one(shelf: TokenShelf, token: CallCredential) -> None:
    """Is nowhere, and nothing is stored of it."""
    gone = replace(token, credential_id=4711)
    assert shelf.read(4711) is None
    assert not shelf.lease(gone, fence="a", now=NOW, until=UNTIL)
    shelf.keep(gone, fence="a", minted="late", until=LATER, now=NOW)
    shelf.fail(gone, fence="a", pause=OUTAGE, was_refused=False, now=NOW)
    assert shelf.read(4711) is None


def test_a_right_of_the_future_is_none(shelf: TokenShelf, token: CallCredential) -> None:
    """Taken by a clock that was a day ahead, by somebody who died: it holds nobody up now."""
    day = timedelta(days=1)
    assert shelf.lease(token, fence="dead", now=NOW + day, until=UNTIL + day)
    assert shelf.lease(token, fence="next", now=NOW, until=UNTIL)
    assert not shelf.lease(token, fence="too soon", now=NOW, until=UNTIL)
    assert not shelf.lease(token, fence="a little behind", now=NOW, until=UNTIL - timedelta(seconds=10))
