"""Keys of calls: taken once, remembered for a day, and nobody else's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from dashboard.models import SYSTEM, Actor, ActorKind, ApiCall
from dashboard.services.team import api_calls
from dashboard.services.team.api_calls import KEPT_FOR, ApiCalls
from dashboard.store.secrecy import SecretBox
from tests.services.conftest import Desk

ANSWER = b'{"url": "http://here/s/ods_planted"}'


def calls_of(desk: Desk, actor: Actor = SYSTEM) -> ApiCalls:
    """Those of a script."""
    return ApiCalls(desk.scope(actor), box=desk.box)


@pytest.fixture
def calls(desk: Desk) -> ApiCalls:
    """Those of this machine."""
    return calls_of(desk)


def test_the_first_call_and_the_next(calls: ApiCalls, desk: Desk) -> None:
    """The key is taken, then under way, then answered."""
    assert calls.begin("a") is None
    under_way = calls.begin("a")
    assert under_way is not None
    assert (under_way.status, under_way.answer) == (None, None)
    calls.keep("a", fingerprint="f", status=200, answer=ANSWER)
    desk.clock.now += timedelta(hours=1)
    again = calls.begin("a")
    assert again is not None
    assert (again.fingerprint, again.status, again.answer) == ("f", 200, ANSWER)
    assert again.age == timedelta(hours=1)
    assert calls.begin("b") is None


def test_a_call_that_changed_nothing(calls: ApiCalls) -> None:
    """Its key may be used again."""
    calls.begin("a")
    calls.give_back("a")
    assert calls.begin("a") is None


def test_a_day_later(calls: ApiCalls, desk: Desk) -> None:
    """It is forgotten, whoever comes by next."""
    calls.begin("a")
    calls.keep("a", fingerprint="f", status=200, answer=ANSWER)
    desk.clock.now += KEPT_FOR + timedelta(seconds=1)
    calls.begin("b")
    with desk.database.reading() as session:
        assert len(session.exec(select(ApiCall)).all()) == 1
    assert calls.begin("a") is None


OTHERS: list[Callable[[Desk, Desk], ApiCalls]] = [
    lambda desk, _: calls_of(desk, replace(SYSTEM, kind=ActorKind.SHARE)),
    lambda desk, _: calls_of(desk, replace(SYSTEM, person_id=7)),
    lambda _, other: calls_of(other),
]


@pytest.mark.parametrize("other", OTHERS, ids=["another kind", "another person", "another team"])
def test_nobody_elses(
    calls: ApiCalls, desk: Desk, other_desk: Desk, other: Callable[[Desk, Desk], ApiCalls]
) -> None:
    """The same key of somebody else is another key."""
    calls.begin("a")
    calls.keep("a", fingerprint="f", status=200, answer=ANSWER)
    assert other(desk, other_desk).begin("a") is None


def test_nothing_is_stored_in_the_clear(calls: ApiCalls, desk: Desk) -> None:
    """Neither the key nor the answer; and once the encryption key is gone, nobody reads it."""
    calls.begin("a-key-of-mine")
    calls.keep("a-key-of-mine", fingerprint="f", status=200, answer=ANSWER)
    with desk.database.reading() as session:
        (row,) = session.exec(select(ApiCall)).all()
    assert "a-key-of-mine" not in str(row.model_dump())
    assert "planted" not in str(row.model_dump())
    other = ApiCalls(desk.scope(), box=SecretBox(["kJ0pD2hYlq3tS1mV8bC5nX7zQ4wE6rT9yU2iO0pA3s8="]))
    found = other.begin("a-key-of-mine")
    assert found is not None
    assert (found.status, found.answer) == (200, None)


def test_long_answers(calls: ApiCalls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are not kept; that the call was carried out is."""
    monkeypatch.setattr(api_calls, "LONGEST_ANSWER", 10)
    calls.begin("a")
    calls.keep("a", fingerprint="f", status=200, answer=ANSWER)
    found = calls.begin("a")
    assert found is not None
    assert (found.status, found.answer) == (200, None)
