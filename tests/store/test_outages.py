from collections.abc import Callable
from dataclasses import replace
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
    Outage,
    ParkReason,
    Task,
    Team,
)
from dashboard.polling.outages import OPENS_AFTER, PROBE_CEILING_SECONDS
from dashboard.store import board, outages, tasks
from dashboard.store.database import Database
from dashboard.store.database_clock import db_now
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.store.trouble import trouble
from dashboard.testing import no_index

HERE, THERE = "https://ocr.example", "https://other.example"
PAST = datetime(2001, 1, 1, tzinfo=UTC)
FAR = datetime(2900, 1, 1, tzinfo=UTC)

AddTask = Callable[..., int]
AddCredential = Callable[..., int]


class Process:
    """A process that polls; what it remembers is forgotten before each step, as after a second."""

    def __init__(self, database: Database, name: str = "one") -> None:
        self.database = database
        self._name = name
        self._claims = 0
        self._ledger = DatabaseLedger(database, index=no_index)

    def claim(self, limit: int = 16) -> list[Claim]:
        """Claim what is due."""
        self._look_again()
        self._claims += 1
        return self._ledger.claim(
            limit=limit, lease_seconds=60, fence=f"{self._name} {self._claims}", busy={}
        )

    def record(self, *changes: Change) -> None:
        """Write outcomes."""
        self._look_again()
        self._ledger.record(changes)

    def seconds_until_due(self) -> float | None:
        """As the poller asks it."""
        self._look_again()
        return self._ledger.seconds_until_due()

    def fail(self, claims: list[Claim], *, delay: float = 300.0) -> None:
        """No answer for any of them."""
        self.record(
            *(
                Change(
                    claim=claim,
                    values={"errors": claim.errors + 1, "parked": ParkReason.UNREACHABLE.value},
                    next_delay_seconds=delay,
                    attempt=attempt(self.now(), "no answer"),
                    answered=False,
                )
                for claim in claims
            )
        )

    def answer(self, claim: Claim) -> None:
        """An answer: it is not ready yet."""
        self.record(
            Change(
                claim=claim,
                values={"errors": 0, "parked": None},
                next_delay_seconds=300,
                attempt=attempt(self.now(), "processing"),
                answered=True,
            )
        )

    def now(self) -> datetime:
        """The database's time."""
        with self.database.reading() as session:
            return session.exec(select(db_now())).one()

    def outage(self) -> Outage | None:
        """The stored row."""
        with self.database.reading() as session:
            return session.exec(select(Outage)).one_or_none()

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass, for outages."""
        row = self.outage()
        assert row is not None
        moved: dict[str, object] = {"since": row.since - timedelta(seconds=seconds)}
        if row.probe_at is not None:
            moved["probe_at"] = row.probe_at - timedelta(seconds=seconds)
        with self.database.writing() as session:
            session.exec(update(Outage).values(**moved))

    def _look_again(self) -> None:
        self._ledger._outages._read_at = None


def attempt(started_at: datetime, result: str) -> AttemptRecord:
    """One call."""
    return AttemptRecord(
        kind=CallKind.POLL,
        started_at=started_at,
        duration_ms=5,
        http_status=None,
        task_status=None,
        response_status_code=None,
        result=result,
        detail="Nobody there.",
    )


@pytest.fixture
def one(database: Database) -> Process:
    """A process that polls."""
    return Process(database)


@pytest.fixture
def away(one: Process, add_task: AddTask) -> list[int]:
    """A service with 30 tasks that is away since just now, after 16 calls; all our IDs, by their deadline."""
    far = one.now() + timedelta(hours=12)
    added = [add_task(expires_at=far + timedelta(minutes=number)) for number in range(30)]
    claims = one.claim()
    assert len(claims) == 16
    one.fail(claims)
    return added


def test_it_takes_some_failures(one: Process, add_task: AddTask) -> None:
    """Fewer than five in a row, an answer between them: nothing is held back, and no row stays."""
    for _ in range(3):
        add_task(expires_at=FAR)
    claims = one.claim()
    one.fail(claims[:2])
    row = one.outage()
    assert row is not None
    assert (row.failures, row.probe_at, row.detail) == (2, None, "Nobody there.")
    one.answer(claims[2])
    assert one.outage() is None


@pytest.mark.usefixtures("away")
def test_one_probe_at_a_time(one: Process, add_task: AddTask) -> None:
    """One call, and the next after twice the time; other services go on; processes share it."""
    other = Process(one.database, "two")
    elsewhere = add_task(api_url=THERE)
    assert [claim.id for claim in one.claim()] == [elsewhere]
    assert 0 < (one.seconds_until_due() or 0) <= 2
    one.pass_time(2)
    [probe] = other.claim()
    assert one.claim() == []
    other.fail([probe])
    one.pass_time(3)
    assert one.claim() == []
    one.pass_time(1)
    assert len(one.claim()) == 1
    row = one.outage()
    assert row is not None
    assert row.failures == OPENS_AFTER + 2


def test_three_minutes_cost_few_calls(one: Process, away: list[int]) -> None:
    """However many tasks are open: five calls open it, and then four a minute are made."""
    calls = 0
    for _ in range(180):
        one.pass_time(1)
        claims = one.claim()
        calls += len(claims)
        one.fail(claims)
    assert 10 <= calls <= 16
    assert len(away) == 30


def test_the_nearest_deadline_is_the_probe(one: Process, away: list[int], add_task: AddTask) -> None:
    """Of those that are due; where none is, the one that is due next."""
    soonest = add_task(expires_at=one.now() + timedelta(hours=1))
    one.pass_time(2)
    assert [claim.id for claim in one.claim()] == [soonest]
    with one.database.writing() as session:
        later = one.now() + timedelta(minutes=5)
        session.exec(update(Task).values(next_poll_at=later))
        session.exec(
            update(Task).where(col(Task.id) == away[20]).values(next_poll_at=later - timedelta(minutes=1))
        )
    one.pass_time(4)
    assert [claim.id for claim in one.claim()] == [away[20]]


def test_tasks_that_a_service_stumbles_over_do_not_keep_it_away(
    one: Process, away: list[int], add_task: AddTask
) -> None:
    """However near their deadlines are: what has not failed yet is the probe."""
    deadline = one.now() + timedelta(hours=1)
    stumbling = [add_task(expires_at=deadline, errors=3) for _ in range(40)]
    one.pass_time(2)
    [probe] = one.claim()
    assert probe.id in away
    assert probe.id not in stumbling


def test_a_services_words_about_a_task_are_not_told_to_all(one: Process, add_task: AddTask) -> None:
    """Its status is; what it says may quote the file of another team."""
    for _ in range(OPENS_AFTER):
        add_task()
    said = replace(attempt(one.now(), "service fault"), http_status=503, detail="Cannot read payroll.pdf")
    one.record(
        *(
            Change(claim=claim, values={}, next_delay_seconds=300, attempt=said, answered=False)
            for claim in one.claim()
        )
    )
    row = one.outage()
    assert row is not None
    assert row.detail == "The OCR service answered with HTTP 503 and no usable result."


@pytest.mark.usefixtures("away")
def test_last_polls_are_let_through(one: Process, add_task: AddTask) -> None:
    """A result that is about to be deleted is asked for a second after the last call, one at a time."""
    last = [add_task(expires_at=one.now() + timedelta(seconds=90)) for _ in range(2)]
    one.pass_time(1.2)
    first = one.claim()
    assert [claim.id in last for claim in first] == [True]
    assert one.claim() == []
    one.pass_time(1.2)
    second = one.claim()
    assert {claim.id for claim in (*first, *second)} == set(last)


def test_what_was_put_off_is_due_at_its_return(
    one: Process, away: list[int], add_credential: AddCredential
) -> None:
    """The first answer is enough: more tasks with each step, the nearest deadline first; pauses of tokens end."""
    token = add_credential(paused_until=FAR, pause_reason="unreachable")
    kept = add_credential(paused_until=FAR, pause_reason="token_rejected")
    with one.database.writing() as session:  # asked before, and not due for minutes
        later = one.now() + timedelta(minutes=5)
        session.exec(update(Task).where(col(Task.claim).is_(None)).values(next_poll_at=later, errors=3))
    one.pass_time(2)
    [probe] = one.claim()
    one.answer(probe)
    row = one.outage()
    assert row is not None
    assert row.failures == 0
    asked = [claim.id for claim in one.claim(limit=100)]
    assert sorted(asked) == [task for task in away if task != probe.id][:4]
    for _ in range(8):
        one.pass_time(0.6)
        asked += [claim.id for claim in one.claim(limit=100)]
    assert len(asked) == len(set(asked)) == 29
    with one.database.reading() as session:
        assert session.get_one(Credential, token).paused_until is None
        assert session.get_one(Credential, kept).paused_until == FAR
    one.pass_time(100)
    one.claim()
    assert one.outage() is None


def test_a_paused_login_does_not_keep_probes_back(
    one: Process, add_task: AddTask, add_credential: AddCredential
) -> None:
    """Where no token could be had, the service is asked for one again; a rejected one stays out of it."""
    unreachable = add_credential(paused_until=FAR, pause_reason="unreachable")
    rejected = add_credential(paused_until=FAR, pause_reason="token_rejected")
    wanted = add_task(credential_id=unreachable, expires_at=FAR)
    add_task(credential_id=rejected, expires_at=FAR)
    with one.database.writing() as session:
        session.add(Outage(api_url=HERE, failures=9, since=PAST, probe_at=PAST))
    assert [claim.id for claim in one.claim()] == [wanted]
    assert one.claim() == []


def test_a_login_without_an_answer_counts(one: Process, add_task: AddTask) -> None:
    """No call was made for the task itself, and the service did not answer all the same."""
    add_task(expires_at=FAR)
    [claim] = one.claim()
    one.record(Change(claim=claim, values={}, next_delay_seconds=1, attempt=None, answered=False))
    row = one.outage()
    assert row is not None
    assert row.detail == "No new access token could be had."


def test_screens_tell_it(one: Process, away: list[int], team_id: int) -> None:
    """All its open tasks are parked, with since when; as soon as it answers they are not. Screens are told of both."""

    def revision() -> int:
        with one.database.reading() as session:
            return session.get_one(Team, team_id).revision

    with one.database.reading() as session:
        now = one.now()
        [told] = trouble(session=session, team_id=team_id, now=now)
        counts = board.counts(session=session, team_id=team_id, now=now)
        rows = board.by_ids(session=session, team_id=team_id, task_refs=away[-1:], now=now)
    row = one.outage()
    assert row is not None
    assert (told.api_url, told.reason, told.tasks) == (HERE, ParkReason.UNREACHABLE, 30)
    assert (told.since, told.words, told.every_seconds) == (row.since, "Nobody there.", PROBE_CEILING_SECONDS)
    assert counts.parked == 30
    assert [one.parked for one in rows] == [ParkReason.UNREACHABLE]
    before = revision()
    assert before > 0
    one.pass_time(2)
    [probe] = one.claim()
    one.answer(probe)
    assert revision() > before
    with one.database.reading() as session:
        counts = board.counts(session=session, team_id=team_id, now=now)
        assert counts.parked < 30


def test_check_now_asks_a_service_that_is_away(one: Process, away: list[int], team_id: int) -> None:
    """Somebody believes that it is back: it is asked at once."""
    assert one.claim() == []
    with one.database.writing() as session:
        now = session.exec(select(db_now())).one()
        outages.probe_now(session, away[3:4], now)
        tasks.make_due(session=session, team_id=team_id, task_refs=away[3:4], now=now)
    assert len(one.claim()) == 1


def test_nothing_is_written_while_all_is_well(
    one: Process, add_task: AddTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes of a service that answers neither read nor write what is known of outages."""
    add_task(expires_at=FAR)
    [claim] = one.claim()
    one._ledger._outages.known  # noqa: B018 - remembered since the claim
    monkeypatch.setattr(outages, "_write", lambda *_: pytest.fail("written"))
    monkeypatch.setattr(one, "_look_again", lambda: None)
    one.answer(claim)
