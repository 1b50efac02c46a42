"""What is learned is shared by processes and outlives them."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from dashboard.errors import StoreUnavailable
from dashboard.models import (
    AttemptRecord,
    CallKind,
    Change,
    Claim,
    Operation,
    State,
    TaskHistory,
    TaskKind,
)
from dashboard.polling.history import Seen
from dashboard.polling.learning import Learning
from dashboard.store import histories
from dashboard.store.database import Database
from dashboard.store.histories import Histories

KIND = TaskKind("https://ocr.example", Operation.RECOGNIZE_IMAGE, trial=False)


def outcomes(make_claim: Callable[..., Claim], count: int, *, after: float = 2.0) -> Iterable[Change]:
    """So many results of that age."""
    claim = make_claim()
    submitted = claim.registered_at
    claim = make_claim(submitted_at=submitted)
    for _ in range(count):
        yield Change(
            claim=claim,
            values={"state": State.COMPLETED.value},
            next_delay_seconds=None,
            attempt=AttemptRecord(
                kind=CallKind.POLL,
                started_at=submitted + timedelta(seconds=after),
                duration_ms=60,
                http_status=200,
                task_status=None,
                response_status_code=None,
                result="completed",
                detail="",
            ),
        )


def test_replicas_share_it(database: Database, make_claim: Callable[..., Claim]) -> None:
    """What two have seen is added, and read by a third that has just started."""
    kind = TaskKind.of(make_claim().address)
    learned = [Learning(), Learning(), Learning()]
    one, two, three = (Histories(database, it) for it in learned)
    one.note(outcomes(make_claim, 30))
    two.note(outcomes(make_claim, 12))
    three.refresh()
    assert [round(it.history(kind).results, 3) for it in learned] == [30, 42, 42]


def test_what_is_gathered_is_written_together(
    database: Database, make_claim: Callable[..., Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most once a second, in a transaction of its own."""
    now = 0.0
    monkeypatch.setattr(histories, "elapsed", lambda: now)
    learning = Learning()
    mine, kind = Histories(database, learning), TaskKind.of(make_claim().address)
    seen = []
    for now in (0.0, 0.5, 0.9, 1.1):  # noqa: B007 - read by the clock above
        mine.note(outcomes(make_claim, 1))
        seen.append(round(learning.history(kind).results, 3))
    assert seen == [1, 1, 1, 4]


def test_a_database_that_refuses_loses_nothing(
    database: Database, make_claim: Callable[..., Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes are stored already; what they tell waits."""
    learning = Learning()
    mine, kind = Histories(database, learning), TaskKind.of(make_claim().address)

    def refuse() -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patched:
        patched.setattr(database, "writing", refuse)
        mine.note(outcomes(make_claim, 3))
    monkeypatch.setattr(mine, "_written_at", None)
    mine.note(outcomes(make_claim, 2))
    assert learning.history(kind).results == pytest.approx(5)


def test_rows_of_another_version_begin_anew(database: Database) -> None:
    """Other bins, or an operation we do not know: neither an error nor a wrong number."""
    with database.writing() as session:
        known: dict[str, Any] = {
            "api_url": KIND.api_url,
            "trial": False,
            "events": [1.0, 2.0],
            "open_seconds": [3.0],
        }
        session.add(TaskHistory(**known, operation=KIND.operation.value))
        session.add(TaskHistory(**known, operation="RecognizeDreams"))
    with database.writing() as session:
        assert {kind: it.results for kind, it in histories.read(session).items()} == {KIND: 0.0}
        added = histories.add(session, {KIND: [Seen(1.8, 2.2)] * 20})
    assert added[KIND].results == pytest.approx(20)
    with database.reading() as session:
        assert len(session.exec(select(TaskHistory)).all()) == 2
        assert histories.read(session)[KIND].quantile(0.5) == pytest.approx(2, rel=0.2)
