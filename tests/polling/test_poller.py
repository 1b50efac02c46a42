"""The real loop over real databases, with a fake service."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlmodel import col, select

from dashboard.cloud.client import CloudClient
from dashboard.errors import StoreUnavailable, TokenRejected
from dashboard.models import (
    SANDBOX_URL,
    Answer,
    Attempt,
    Change,
    Claim,
    Credential,
    DecodedPart,
    NewText,
    ParkReason,
    Part,
    RawPart,
    Searchable,
    State,
    Task,
)
from dashboard.models.limits import MOST_PARTS_APART
from dashboard.polling.poller import LEASE_SECONDS, MAX_SLEEP_SECONDS, Poller
from dashboard.polling.ports import Ledger
from dashboard.polling.token_keeper import TokenKeeper
from dashboard.results.decoding import decode_parts
from dashboard.services.library.indexing import of_new_result
from dashboard.store.database import Database
from dashboard.store.minting import TokenShelf
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.store.secrecy import SecretBox
from dashboard.testing import FakeOcrApi, PlainTokens, completed, no_index, pending

AddTask = Callable[..., int]
Start = Callable[..., Poller]

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of the loop alone, which need a database but care for none."""


class WatchedLedger:
    """A real ledger that counts what is asked of it, and refuses while told to."""

    def __init__(self, real: Ledger) -> None:
        self._real = real
        self.refusal: Exception | None = None
        self.poison: int | None = None
        """Task whose outcome makes the whole batch fail, as a bug of ours would."""
        self.batches: list[int] = []
        self.claims = 0

    def claim(self, *, limit: int, lease_seconds: float, fence: str) -> list[Claim]:
        """Pass on."""
        self.claims += 1
        self._refuse()
        return self._real.claim(limit=limit, lease_seconds=lease_seconds, fence=fence)

    def record(self, changes: Sequence[Change]) -> list[Claim]:
        """Pass on, and remember how many there were."""
        self._refuse()
        if any(change.claim.id == self.poison for change in changes):
            raise KeyError("a bug")
        self.batches.append(len(changes))
        return self._real.record(changes)

    def release(self, claims: Sequence[Claim]) -> None:
        """Pass on."""
        self._real.release(claims)

    def seconds_until_due(self) -> float | None:
        """Pass on."""
        return self._real.seconds_until_due()

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal


def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@contextmanager
def blocked() -> Iterator[tuple[threading.Event, Callable[[], Answer]]]:
    """A reply that hangs until the event is set, at the latest when the test ends."""
    gate = threading.Event()

    def reply() -> Answer:
        gate.wait(20)
        return completed("late")

    try:
        yield gate, reply
    finally:
        gate.set()


@pytest.fixture
def api() -> FakeOcrApi:
    """A service that knows every task and is still working on it."""
    return FakeOcrApi()


@pytest.fixture
def ledger(database: Database) -> WatchedLedger:
    """The real ledger over both databases, watched."""
    return WatchedLedger(DatabaseLedger(database, index=no_index))


@pytest.fixture
def make(api: FakeOcrApi, ledger: WatchedLedger) -> Iterator[Start]:
    """Makes a poller that is stopped at the end; its turns are the test's, until it is started."""
    pollers: list[Poller] = []

    def run(**given: object) -> Poller:
        options: dict[str, object] = {
            "api": api,
            "tokens": PlainTokens(),
            "ledger": ledger,
            "decode": decode_parts,
            "rng": Random(5),  # noqa: S311 - jitter
        }
        poller = Poller(**{**options, **given})  # type: ignore[arg-type]  # each test overrides some of them
        pollers.append(poller)
        return poller

    yield run
    for poller in pollers:
        poller.stop()


@pytest.fixture
def start(make: Start) -> Start:
    """The same, started."""

    def run(**given: object) -> Poller:
        poller = make(**given)
        poller.start()
        return poller

    return run


@pytest.fixture
def add_trial(add_task: AddTask) -> AddTask:
    """Stores a due task that needs no token."""

    def add(task_id: str, **given: object) -> int:
        moment = datetime.now(UTC)
        times = {"registered_at": moment, "expires_at": moment + timedelta(hours=24)}
        return add_task(**{"task_id": task_id, "trial": True, **times, **given})

    return add


@pytest.fixture
def row(database: Database) -> Callable[[int], Task]:
    """Reads a task as it is stored."""

    def read(task_ref: int) -> Task:
        with database.reading() as session:
            return session.get_one(Task, task_ref)

    return read


Row = Callable[[int], Task]


def test_a_task_is_polled_to_its_end(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row, database: Database
) -> None:
    """Claimed, asked, decoded and stored, with one attempt for each call, and asked no more."""
    api.load("task-0001", pending(), completed("Meeting moved to ****** at noon."))
    task_ref = add_trial("task-0001")
    poller = start()
    until(lambda: row(task_ref).state == State.COMPLETED)

    task = row(task_ref)
    assert (task.next_poll_at, task.claim, task.polls) == (None, None, 2)
    with database.reading() as session:
        part = session.exec(select(Part)).one()
        attempts = session.exec(select(Attempt).order_by(col(Attempt.id))).all()
    assert (part.text, part.masked_words) == ("Meeting moved to ****** at noon.", 1)
    assert [attempt.result for attempt in attempts] == ["pending", "completed"]
    poller.wake()
    until(lambda: poller.pulse.polls == {"pending": 1, "completed": 1})
    assert api.calls_for("task-0001") == 2


@ONE_DATABASE
@pytest.mark.parametrize("crash", [RuntimeError, RecursionError, KeyError, MemoryError])
def test_a_crash_in_one_call_stops_nothing(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row, crash: type[Exception]
) -> None:
    """The task stays open and is asked again; the others do not notice."""
    api.load("bad-00001", crash("boom"))
    api.load("good-0001", completed("fine"))
    bad, good = add_trial("bad-00001"), add_trial("good-0001")
    poller = start()
    until(lambda: row(good).state == State.COMPLETED and row(bad).errors > 0)

    assert row(bad).state == State.PENDING
    assert row(bad).next_poll_at is not None
    assert poller.is_running


@ONE_DATABASE
def test_a_result_that_cannot_be_decoded_stops_nothing(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row
) -> None:
    """The task stays open; it may be decoded after an update."""

    def explode(raw_parts: Sequence[RawPart], *, trial: bool) -> tuple[DecodedPart, ...]:
        del trial
        if raw_parts:
            raise RecursionError("hostile")
        return ()

    api.load("bad-00001", completed("x"))
    bad = add_trial("bad-00001")
    poller = start(decode=explode)
    until(lambda: row(bad).errors > 0)

    assert row(bad).state == State.PENDING
    assert poller.is_running


def test_a_bug_in_our_own_decision_leaves_the_task_to_its_lease(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row
) -> None:
    """Even an exit raised on a request thread ends neither the loop nor the task."""
    api.load("bad-00001", lambda: (_ for _ in ()).throw(SystemExit(1)))
    api.load("good-0001", completed("fine"))
    bad, good = add_trial("bad-00001"), add_trial("good-0001")
    poller = start()
    until(lambda: row(good).state == State.COMPLETED)
    until(lambda: api.calls_for("bad-00001") == 1)

    assert row(bad).state == State.PENDING
    assert row(bad).claim is not None
    assert poller.is_running


def test_results_are_written_in_batches(
    api: FakeOcrApi, start: Start, add_trial: AddTask, ledger: WatchedLedger, row: Row
) -> None:
    """What arrives together is one transaction."""
    with blocked() as (gate, reply):
        api.otherwise = reply
        refs = [add_trial(f"task-{number:04}") for number in range(12)]
        poller = start(workers=12)
        until(lambda: poller.pulse.in_flight == 12)
        gate.set()
        until(lambda: all(row(ref).state == State.COMPLETED for ref in refs))

    assert sum(ledger.batches) == 12
    assert max(ledger.batches) > 1


def test_no_more_calls_at_once_than_workers(
    api: FakeOcrApi, make: Start, add_trial: AddTask, ledger: WatchedLedger
) -> None:
    """The others stay due and are claimed when a call has ended."""
    with blocked() as (gate, reply):
        api.otherwise = reply
        for number in range(5):
            add_trial(f"task-{number:04}")
        poller = make(workers=2)
        poller.run_once()
        until(lambda: len(api.calls) == 2)
        asked = ledger.claims
        assert poller.run_once() == MAX_SLEEP_SECONDS
        assert len(api.calls) == 2
        assert ledger.claims == asked
        gate.set()
        poller.start()
        until(lambda: sum(poller.pulse.polls.values()) == 5)


def test_database_trouble_keeps_results_in_memory(
    api: FakeOcrApi, start: Start, add_trial: AddTask, ledger: WatchedLedger, row: Row
) -> None:
    """What arrived while the database refused is written when it works again, and asked for only once."""
    with blocked() as (gate, reply):
        api.load("task-0001", reply)
        task_ref = add_trial("task-0001")
        poller = start()
        until(lambda: len(api.calls) == 1)
        ledger.refusal = StoreUnavailable("The disk is full.")
        gate.set()
        until(lambda: poller.pulse.store_trouble == "The disk is full.")
        assert row(task_ref).state == State.PENDING
        ledger.refusal = None
        until(lambda: row(task_ref).state == State.COMPLETED)

    until(lambda: poller.pulse.store_trouble is None)
    assert api.calls_for("task-0001") == 1


@ONE_DATABASE
def test_viewers_do_not_hammer_a_database_in_trouble(start: Start, ledger: WatchedLedger) -> None:
    """However many of them nudge, there is one extra attempt a second."""
    ledger.refusal = StoreUnavailable("locked")
    poller = start()
    until(lambda: ledger.claims == 1)
    deadline = time.monotonic() + 0.4
    while time.monotonic() < deadline:
        poller.nudge()
        time.sleep(0.001)

    assert ledger.claims <= 3


def test_one_outcome_that_cannot_be_written_holds_up_no_other(
    api: FakeOcrApi, start: Start, add_trial: AddTask, ledger: WatchedLedger, row: Row
) -> None:
    """A bug it brings out costs this task a lease; what arrived with it is stored."""
    with blocked() as (gate, reply):
        api.otherwise = reply
        refs = [add_trial(f"task-{number:04}") for number in range(4)]
        ledger.poison = refs[1]
        poller = start()
        until(lambda: poller.pulse.in_flight == 4)
        gate.set()
        until(lambda: sum(row(ref).state == State.COMPLETED for ref in refs) == 3)

    assert row(refs[1]).state == State.PENDING
    assert poller.is_running
    later = add_trial("task-late")
    poller.wake()
    until(lambda: row(later).state == State.COMPLETED)


@ONE_DATABASE
def test_a_bug_in_a_turn_does_not_end_polling(
    api: FakeOcrApi, start: Start, add_trial: AddTask, ledger: WatchedLedger, row: Row
) -> None:
    """The loop says so, rests, and goes on."""
    api.load("task-0001", completed("x"))
    ledger.refusal = ZeroDivisionError("a bug")
    task_ref = add_trial("task-0001")
    poller = start()
    until(lambda: ledger.claims == 1)
    ledger.refusal = None
    poller.wake()

    until(lambda: row(task_ref).state == State.COMPLETED)


def test_stopping_gives_leases_back(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row, database: Database
) -> None:
    """Within its timeout, however long a call hangs; the next poller asks at once, and the late answer is fenced."""
    with blocked() as (gate, reply):
        api.load("task-0001", reply, completed("second"))
        task_ref = add_trial("task-0001")
        poller = start()
        until(lambda: len(api.calls) == 1)
        began = time.monotonic()
        poller.stop(timeout_seconds=3.0)

        assert time.monotonic() - began < 3.0
        assert not poller.is_running
        assert row(task_ref).claim is None
        assert DatabaseLedger(database, index=no_index).seconds_until_due() == 0.0

        start()
        until(lambda: row(task_ref).state == State.COMPLETED)
        gate.set()
    with database.reading() as session:
        assert session.exec(select(Part.text)).one() == "second"


def test_stopping_writes_what_has_arrived(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row
) -> None:
    """A call that ends while the poller stops is not lost."""
    with blocked() as (gate, reply):
        api.load("task-0001", reply)
        task_ref = add_trial("task-0001")
        poller = start()
        until(lambda: len(api.calls) == 1)
        threading.Timer(0.1, gate.set).start()
        poller.stop()

    assert row(task_ref).state == State.COMPLETED


@ONE_DATABASE
def test_stopping_with_a_database_in_trouble(start: Start, ledger: WatchedLedger) -> None:
    """The loop ends all the same."""
    poller = start()
    until(lambda: ledger.claims > 0)
    ledger.refusal = StoreUnavailable("gone")
    poller.stop()

    assert not poller.is_running


def test_it_can_be_started_again(api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row) -> None:
    """Starting twice is harmless, starting after a stop works."""
    api.load("task-0001", completed("x"))
    poller = start()
    poller.start()
    poller.stop()
    task_ref = add_trial("task-0001")
    poller.start()

    until(lambda: row(task_ref).state == State.COMPLETED)


@ONE_DATABASE
def test_wake_and_nudge_look_at_once(
    api: FakeOcrApi, start: Start, add_trial: AddTask, ledger: WatchedLedger, row: Row
) -> None:
    """A sleeping loop need not be waited for."""
    api.otherwise = completed("x")
    poller = start()
    until(lambda: ledger.claims == 1)
    first = add_trial("task-0001")
    poller.wake()
    until(lambda: row(first).state == State.COMPLETED, seconds=2)

    second = add_trial("task-0002")

    def nudged() -> bool:
        poller.nudge()
        return row(second).state == State.COMPLETED

    until(nudged, seconds=3)


@ONE_DATABASE
def test_nothing_to_do_costs_next_to_nothing(make: Start, ledger: WatchedLedger) -> None:
    """An idle loop asks the database a few times a minute."""
    assert make().run_once() == MAX_SLEEP_SECONDS
    assert ledger.claims == 1


class TestTokens:
    """Which secrets reach the service."""

    def test_a_rejected_token_pauses_and_does_not_spin(
        self,
        api: FakeOcrApi,
        make: Start,
        add_task: AddTask,
        add_credential: Callable[..., int],
        ledger: WatchedLedger,
        row: Row,
        database: Database,
    ) -> None:
        """One 401 stops all calls with the token; the loop sleeps meanwhile."""
        api.otherwise = TokenRejected("Expired.", http_status=401)
        credential_id = add_credential()
        moment = datetime.now(UTC)
        times = {"registered_at": moment, "expires_at": moment + timedelta(hours=24)}
        refs = [add_task(credential_id=credential_id, **times) for _ in range(3)]
        poller = make(workers=3)
        until(lambda: poller.run_once() > 0 and sum(poller.pulse.polls.values()) == 3)
        claims, calls = ledger.claims, len(api.calls)

        assert poller.run_once() == MAX_SLEEP_SECONDS
        assert ledger.claims - claims <= 2
        assert len(api.calls) == calls
        assert {row(ref).state for ref in refs} == {"pending"}
        with database.reading() as session:
            credential = session.get_one(Credential, credential_id)
        assert credential.paused_for(moment) is ParkReason.TOKEN_REJECTED
        assert credential.pause_detail == "Expired."

    def test_a_task_without_a_token_is_parked(
        self, make: Start, add_task: AddTask, row: Row, ledger: WatchedLedger
    ) -> None:
        """No call is made, and the loop does not spin."""
        moment = datetime.now(UTC)
        task_ref = add_task(registered_at=moment, expires_at=moment + timedelta(hours=24))
        poller = make()
        until(lambda: poller.run_once() > 0 and row(task_ref).parked == ParkReason.TOKEN_MISSING)
        claims = ledger.claims

        assert poller.run_once() == MAX_SLEEP_SECONDS
        assert ledger.claims - claims <= 2

    def test_a_worker_leaves_the_sandbox_of_a_server_alone(
        self, api: FakeOcrApi, make: Start, add_trial: AddTask, row: Row, database: Database
    ) -> None:
        """Its tasks are due, yet not for this process, which does not spin over them."""
        task_ref = add_trial("task-0001", api_url=SANDBOX_URL)
        watched = WatchedLedger(DatabaseLedger(database, index=no_index, skip_api_urls=[SANDBOX_URL]))

        assert make(ledger=watched).run_once() == MAX_SLEEP_SECONDS
        assert watched.claims == 1
        assert api.calls == []
        assert row(task_ref).polls == 0

    def test_a_token_is_decrypted_for_the_call(
        self,
        database: Database,
        api: FakeOcrApi,
        start: Start,
        add_task: AddTask,
        add_credential: Callable[..., int],
        row: Row,
    ) -> None:
        """It is stored encrypted and reaches the service in plain."""
        box = SecretBox([Fernet.generate_key().decode()])
        encrypted = box.encrypt("planted-token")
        api.load("task-0001", completed("x"))
        task_ref = add_task(task_id="task-0001", credential_id=add_credential(secret=encrypted))
        start(tokens=TokenKeeper(api=api, box=box, shelf=TokenShelf(database)))
        until(lambda: row(task_ref).state == State.COMPLETED)

        assert api.tokens_for("task-0001") == ["planted-token"]


@ONE_DATABASE
def test_a_hanging_call_does_not_hold_up_the_end_of_the_process(
    api: FakeOcrApi, start: Start, add_trial: AddTask
) -> None:
    """Calls run on daemon threads: Ctrl+C need not wait for the service."""
    with blocked() as (_, reply):
        api.otherwise = reply
        task_ref = add_trial("task-0001")
        start()
        until(lambda: len(api.calls) == 1)
        threads = [thread for thread in threading.enumerate() if thread.name == f"poll-{task_ref}"]

        assert [thread.daemon for thread in threads] == [True]


def test_a_text_is_made_ready_before_it_is_written(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row, database: Database
) -> None:
    """On the thread that asked; what cannot be made ready costs no result."""
    api.load("good-0001", completed("fine words"))
    api.load("bad-00001", completed("bad words"))
    given: dict[int, Searchable | None] = {}

    def index(_session: object, texts: Sequence[NewText]) -> None:
        given.update({text.task_ref: text.searchable for text in texts})

    def prepare(parts: Sequence[DecodedPart], trial: bool) -> Searchable | None:  # noqa: FBT001 - as above
        assert threading.current_thread().name.startswith("poll-")
        if "bad" in (parts[0].text or ""):
            raise RuntimeError("hostile")
        return of_new_result(parts, trial)

    refs = add_trial("good-0001"), add_trial("bad-00001")
    start(ledger=DatabaseLedger(database, index=index), prepare=prepare)
    until(lambda: all(row(ref).state == State.COMPLETED for ref in refs))

    good, bad = refs
    assert given[bad] is None
    ready = given[good]
    assert ready is not None
    assert (ready.folded, ready.words) == ("fine words", 2)


@ONE_DATABASE
def test_a_hostile_answer_is_asked_for_once(
    api: FakeOcrApi, start: Start, add_trial: AddTask, row: Row, database: Database
) -> None:
    """Its outcome is stored long before its lease ends, with every part."""
    api.load("task-0001", completed("*\n" * 2_000_000, *["to *** it by"] * MOST_PARTS_APART))
    task_ref = add_trial("task-0001")
    start(prepare=of_new_result)
    until(lambda: row(task_ref).state == State.COMPLETED)

    assert api.calls_for("task-0001") == row(task_ref).polls == 1
    with database.reading() as session:
        stored = session.exec(select(Part.size, Part.masked_words).order_by(col(Part.position))).all()
    assert len(stored) == MOST_PARTS_APART + 1
    assert stored[0] == (4_000_000, 0)
    assert set(stored[1:]) == {(12, 1)}


@ONE_DATABASE
@pytest.mark.parametrize(("lease", "fits"), [(75.1, True), (75.0, False), (10.0, False)])
def test_a_lease_outlasts_every_call(
    api: FakeOcrApi, ledger: WatchedLedger, lease: float, *, fits: bool
) -> None:
    """Otherwise a slow answer would come when its claim does not hold any more, each time anew."""
    api.get_seconds = 75.0
    given: dict[str, Any] = {"tokens": PlainTokens(), "ledger": ledger, "decode": decode_parts}
    with nullcontext() if fits else pytest.raises(ValueError, match="lease"):
        Poller(api=api, lease_seconds=lease, **given)


def test_the_lease_outlasts_the_calls_of_the_real_client() -> None:
    """As they are by default, which is how the dashboard makes them."""
    client = CloudClient()
    client.close()
    assert client.get_seconds < LEASE_SECONDS
