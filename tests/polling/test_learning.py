"""What outcomes tell about durations, and what a process makes of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dashboard.models import (
    AttemptRecord,
    CallKind,
    Change,
    Claim,
    Operation,
    PollCost,
    State,
    TaskKind,
)
from dashboard.polling.history import History, Seen, estimated
from dashboard.polling.learning import Learning, seen_in
from tests.polling.hearing import NOW, seconds

MakeClaim = Callable[..., Claim]


def ended(claim: Claim, *, after: float, state: State = State.COMPLETED) -> Change:
    """The outcome of a poll that many seconds after the submission."""
    return Change(
        claim=claim,
        values={"state": state.value},
        next_delay_seconds=30.0 if state.is_open else None,
        attempt=AttemptRecord(
            kind=CallKind.POLL,
            started_at=NOW + seconds(after),
            duration_ms=60,
            http_status=200,
            task_status=None,
            response_status_code=None,
            result=state.value,
            detail="",
        ),
    )


@pytest.mark.parametrize(
    ("given", "after", "state", "expected"),
    [
        pytest.param({}, 2.0, State.COMPLETED, Seen(0, 2), id="found by the first poll"),
        pytest.param({"last": 1.5}, 2.0, State.FAILED, Seen(1.5, 2), id="a failure ends it as well"),
        pytest.param({"last": 1.5}, 2.0, State.PARTIAL, Seen(1.5, 2), id="so does a part"),
        pytest.param({"last": 1.5}, 2.0, State.PROCESSING, None, id="not over"),
        pytest.param({"last": 1.5}, 2.0, State.NOT_FOUND, None, id="gone"),
        pytest.param({"last": 1.5}, 2.0, State.EXPIRED, None, id="forgotten"),
        pytest.param({"submitted_at": None}, 2.0, State.COMPLETED, None, id="nobody knows since when"),
        pytest.param({"last": 5.0}, 3600.0, State.COMPLETED, None, id="nobody looked for an hour"),
        pytest.param({"registered": 90.0}, 90.5, State.COMPLETED, None, id="pasted when it was done"),
        pytest.param(
            {"registered": 90.0, "last": 95.0}, 99.0, State.COMPLETED, Seen(95, 99, 90), id="pasted late"
        ),
        pytest.param({"last": 3.0}, 2.0, State.COMPLETED, None, id="the clock was set back"),
    ],
)
def test_what_an_outcome_tells(
    make_claim: MakeClaim, given: dict[str, Any], after: float, state: State, expected: Seen | None
) -> None:
    """Only what was watched while it happened."""
    claim = make_claim(
        submitted_at=given.get("submitted_at", NOW),
        registered_at=NOW + seconds(given.get("registered", 0.1)),
        last_polled_at=NOW + seconds(given["last"]) if "last" in given else None,
    )
    found = seen_in([ended(claim, after=after, state=state)], cost=0.2)
    assert found == ({TaskKind.of(claim.address): [expected]} if expected else {})


def test_kinds_are_told_apart(make_claim: MakeClaim) -> None:
    """By service, operation and evaluation mode."""
    claim = make_claim(submitted_at=NOW)
    trial = replace(claim, address=replace(claim.address, trial=True))
    assert len(seen_in([ended(claim, after=2), ended(trial, after=2)], cost=0.2)) == 2


def test_waits_are_worked_out_when_enough_is_new(make_claim: MakeClaim) -> None:
    """Not for each result: it takes some milliseconds."""
    kind, learning = TaskKind.of(make_claim().address), Learning()
    history = History().with_seen([Seen(1.8, 2.2)] * 100)
    learning.learn({kind: history})
    first = learning.waits(kind, 0.2)
    learning.learn({kind: history.with_seen([Seen(1.8, 2.2)])})
    assert learning.waits(kind, 0.2) is first
    learning.learn({kind: history.with_seen([Seen(1.8, 2.2)] * 30)})
    assert learning.waits(kind, 0.2) is not first


def test_the_first_poll(make_claim: MakeClaim) -> None:
    """At once while little is known, later when it is; sooner where the sending took its time; dear calls later."""
    address, learning = make_claim().address, Learning()
    kind = TaskKind.of(address)
    assert learning.first_wait(address, age=0.0) == 0.0
    learning.learn({kind: History().with_seen([Seen(1.8, 2.2)] * 9)})
    assert learning.first_wait(address, age=0.0) == 0.0
    learning.learn({kind: History().with_seen([Seen(1.8, 2.2)] * 100)})
    wait = learning.first_wait(address, age=0.0)
    assert 1.8 < wait < 2.8
    assert learning.first_wait(address, age=1.0) == pytest.approx(wait - 1, abs=0.3)
    assert learning.first_wait(address, age=0.0, wanted=PollCost.DEAR) >= wait


def test_no_history_for_who_was_pasted(make_claim: MakeClaim) -> None:
    """An age that nobody knows is no age to look up."""
    learning, claim = Learning(), make_claim(submitted_at=None)
    learning.learn({TaskKind.of(claim.address): History().with_seen([Seen(1.8, 2.2)] * 100)})
    assert learning.for_claim(claim, 0.2)(0.0) is None
    assert learning.for_claim(replace(claim, submitted_at=NOW), 0.2)(0.0) is not None


def test_what_people_are_told(make_claim: MakeClaim) -> None:
    """Nothing of a kind that nobody knows."""
    address, learning = make_claim().address, Learning()
    learning.learn({TaskKind.of(address): History().with_seen([Seen(1.8, 2.2)] * 100)})
    told = estimated(learning.history(TaskKind(address.api_url, address.operation, trial=False)))
    assert told is not None
    assert told.middle == pytest.approx(2, rel=0.2)
    assert (
        estimated(learning.history(TaskKind(address.api_url, Operation.RECOGNIZE_PDF, trial=False))) is None
    )


def test_costs() -> None:
    """A quarter, once and four times as much."""
    assert [Learning(cost=0.2).cost_of(it) for it in PollCost] == pytest.approx([0.05, 0.2, 0.8])
