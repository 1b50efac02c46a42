"""Outcomes of a batch with their places in the index: trouble with one costs no other, and a batch few statements."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, update
from sqlmodel import col, select

from dashboard.models import (
    AttemptRecord,
    CallKind,
    Change,
    Claim,
    DecodedPart,
    Part,
    RawPart,
    Searchable,
    State,
    Task,
)
from dashboard.results.decoding import decode_parts
from dashboard.services.library.indexing import of_new_result
from dashboard.services.library.library import Library
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.results.corrections import Corrections
from dashboard.services.tasks.intake import NewTask
from dashboard.store.claims import claim_due
from dashboard.store.database import Database
from dashboard.store.poll_ledger import DatabaseLedger
from tests.services.conftest import Desk
from tests.services.stored import indexing, store

PAST = datetime(2001, 1, 1, tzinfo=UTC)
TRIAL = "the ***** amount due for this invoice is one hundred"
UNINDEXABLE = Searchable(folded="words", language="en", words=2**70, masked_words=0)


@pytest.fixture
def library(desk: Desk) -> Library:
    """The library of the team."""
    return Library(desk.scope())


@pytest.fixture
def ledger(desk: Desk) -> DatabaseLedger:
    """What the poller writes to."""
    return DatabaseLedger(desk.database, index=indexing(desk).put_new)


def register(desk: Desk, *labels: str) -> dict[str, int]:
    """Tasks that nothing is known of yet."""
    new = [NewTask(task_id=f"{label.replace(' ', '-')}-0001", label=label) for label in labels]
    desk.intake.register(new)
    with desk.database.reading() as session:
        rows = session.exec(select(Task).where(col(Task.label).in_(labels))).all()
    return {row.label: row.id or 0 for row in rows}


def ask_again(desk: Desk, task_ref: int) -> None:
    """Have a finished task asked about once more."""
    desk.change(task_ref, state=State.PROCESSING.value, next_poll_at=PAST)


def claims(desk: Desk) -> dict[str, Claim]:
    """All that is due, by what it is called."""
    with desk.database.writing() as session:
        claimed = claim_due(session, limit=100, lease_seconds=60, fence="mine")
        labels = dict(session.exec(select(Task.id, Task.label)).all())
    return {labels[claim.id]: claim for claim in claimed}


def completed(claim: Claim, *texts: str, **given: object) -> Change:
    """What a poll makes of a result with these texts."""
    raw = [RawPart("Text", text) for text in texts]
    parts = tuple(map(_spelled_out, decode_parts(raw, trial=claim.address.trial)))
    attempt = AttemptRecord(
        kind=CallKind.RESULT,
        started_at=PAST,
        duration_ms=12,
        http_status=200,
        task_status="Completed",
        response_status_code="Ok",
        result="completed",
        detail="",
    )
    change = Change(
        claim=claim,
        values={"state": State.COMPLETED.value, "completed_at": PAST},
        next_delay_seconds=None,
        attempt=attempt,
        parts=parts,
        searchable=of_new_result(parts, claim.address.trial),
        visible=True,
    )
    return replace(change, **given)  # type: ignore[arg-type]  # a test says what it means by name


def _spelled_out(part: DecodedPart) -> DecodedPart:
    return replace(part, remarks=(), sha256=hashlib.sha256(part.data).hexdigest())


def found(library: Library, typed: str, *, gaps: bool = False) -> set[str]:
    """What the tasks are called that are found."""
    return {one.row.label for one in library.look(LibraryRequest(typed=typed, gaps=gaps)).rows}


def texts_of(database: Database, task_ref: int) -> list[str | None]:
    """The stored texts of a task in their order."""
    with database.reading() as session:
        mine = select(Part.text).where(Part.task_ref == task_ref).order_by(col(Part.position))
        return list(session.exec(mine).all())


def test_trouble_with_one_costs_no_other(desk: Desk, library: Library, ledger: DatabaseLedger) -> None:
    """Of a batch with all of it, everything else is kept and found."""
    corrections = Corrections(desk.scope(), renew=indexing(desk).renew)
    refs = register(desk, "plain", "two parts", "lost", "refused", "unindexable", "not ready", "binary")
    refs["corrected"] = store(desk, "some words", label="corrected")
    refs["judged"] = store(desk, TRIAL, label="judged", trial=True)
    refs["fetched anew"] = store(desk, "stale words", "more of them", label="fetched anew")
    corrections.correct(refs["corrected"], "sweet verbs", based_on=None)
    corrections.flip_mask(refs["judged"], 4)
    for again in ("corrected", "judged", "fetched anew"):
        ask_again(desk, refs[again])
    held = claims(desk)
    assert set(held) == set(refs)
    with desk.database.writing() as session:
        session.exec(update(Task).where(col(Task.id) == refs["lost"]).values(claim="somebody else's"))

    changes = {
        "plain": completed(held["plain"], "fresh words"),
        "two parts": completed(held["two parts"], "fresh words", "and others"),
        "lost": completed(held["lost"], "fresh words"),
        "refused": completed(held["refused"], "fresh words", values={"errors": 2**70}),
        "unindexable": completed(held["unindexable"], "fresh words", searchable=UNINDEXABLE),
        "not ready": completed(held["not ready"], "fresh words", searchable=None),
        "binary": completed(held["binary"], "%PDF-1.7 \x00"),
        "corrected": completed(held["corrected"], "fresh words"),
        "judged": completed(held["judged"], TRIAL),
        "fetched anew": completed(held["fetched anew"], "fresh words"),
    }
    lost = ledger.record(list(changes.values()))

    assert {claim.id for claim in lost} == {refs["lost"], refs["refused"]}
    for label, change in changes.items():
        is_kept = label not in ("lost", "refused")
        assert (desk.task(refs[label]).state == State.COMPLETED.value) is is_kept, label
        expected = [part.text for part in change.parts or ()] if is_kept else []
        assert texts_of(desk.database, refs[label]) == expected
    assert found(library, "fresh") == {"plain", "two parts", "not ready", "corrected", "fetched anew"}
    assert found(library, "others") == {"two parts"}
    assert found(library, "stale") == set()
    assert found(library, "verbs") == {"corrected"}
    assert found(library, "total amount", gaps=True) == set()
    assert found(library, "amount due") == {"judged"}
    assert found(library, "plain-0001") == {"plain"}


def test_an_outcome_of_an_older_claim_in_the_same_batch(desk: Desk, ledger: DatabaseLedger) -> None:
    """A slow call and the one that was made when its lease had ended: only the second one counts."""
    refs = register(desk, "slow")
    old = claims(desk)["slow"]
    new = replace(old, fence="later")
    with desk.database.writing() as session:
        session.exec(update(Task).values(claim="later"))
    assert ledger.record([completed(new, "right"), completed(old, "wrong")]) == [old]
    assert texts_of(desk.database, refs["slow"]) == ["right"]


def test_a_batch_costs_as_many_statements_as_one(desk: Desk, ledger: DatabaseLedger) -> None:
    """However many outcomes there are, first results and later ones."""
    counts = []
    for number in (1, 40):
        labels = [f"first {number}.{place}" for place in range(number)]
        register(desk, *labels)
        again = [store(desk, "stale", label=f"again {number}.{place}") for place in range(number)]
        for task_ref in again:
            ask_again(desk, task_ref)
        held = claims(desk)
        assert len(held) == 2 * number
        changes = [completed(claim, "fresh words") for claim in held.values()]
        with counted(desk.database) as statements:
            assert ledger.record(changes) == []
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 24


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent in this block."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
