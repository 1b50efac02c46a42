import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlmodel import Session, col, select

from dashboard.models import (
    FOREVER,
    SANDBOX_URL,
    Attempt,
    AttemptRecord,
    CallKind,
    Change,
    Claim,
    Credential,
    DecodedPart,
    Operation,
    ParkReason,
    Part,
    Pause,
    State,
    Task,
    Team,
)
from dashboard.store import new_tasks, tasks
from dashboard.store.claims import claim_due, seconds_until_due
from dashboard.store.database import Database
from dashboard.store.database_clock import db_now
from dashboard.store.outcomes import SET_ASIDE_SECONDS, record, release
from dashboard.testing import no_index
from tests.storing import columns

PAST = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE = datetime(2998, 1, 1, tzinfo=UTC)

AddTask = Callable[..., int]
AddCredential = Callable[..., int]


def claim(
    database: Database, fence: str = "mine", *, limit: int = 10, skip: tuple[str, ...] = ()
) -> list[Claim]:
    """Claim in a block of its own."""
    with database.writing() as session:
        return claim_due(session, limit=limit, lease_seconds=60, fence=fence, skip_api_urls=skip)


def write(database: Database, *changes: Change) -> list[Claim]:
    """Record in a block of its own."""
    with database.writing() as session:
        return record(session, changes, no_index)


def stored(database: Database, task_ref: int) -> Task:
    """The row as it is stored."""
    with database.reading() as session:
        return session.get_one(Task, task_ref)


def now_of(database: Database) -> datetime:
    """The database's time."""
    with database.reading() as session:
        return session.exec(select(db_now())).one()


def attempt(result: str = "completed", *, started_at: datetime = PAST) -> AttemptRecord:
    """A call that was answered."""
    return AttemptRecord(
        kind=CallKind.RESULT,
        started_at=started_at,
        duration_ms=12,
        http_status=200,
        task_status="Completed",
        response_status_code="Ok",
        result=result,
        detail="",
    )


def completed(claimed: Claim, *parts: DecodedPart, **given: object) -> Change:
    """A change that stores a result."""
    values = {"state": State.COMPLETED, "completed_at": PAST, "notices": ["a notice"], "errors": 0}
    return Change(
        **{
            "claim": claimed,
            "values": values,
            "next_delay_seconds": None,
            "attempt": attempt(),
            "parts": parts,
            "visible": True,
            **given,
        }  # type: ignore[arg-type]  # a test says what it means by name
    )


def part(text: str, data: bytes = b"\x00raw\xff") -> DecodedPart:
    """A decoded part."""
    return DecodedPart(
        type="Text",
        media_type="text/plain",
        extension=".txt",
        data=data,
        text=text,
        encoding="utf-8",
        remarks=("odd",),
        words=2,
        masked_words=1,
        sha256="0" * 64,
    )


def test_a_claim_leases(database: Database, add_task: AddTask, add_credential: AddCredential) -> None:
    """A due task is handed out once, with everything the decision needs, until its lease is over."""
    token = add_credential(secret="locked")
    task = add_task(credential_id=token, state="processing", parked="unreachable", errors=2)
    before = now_of(database)
    [claimed] = claim(database)
    assert (claimed.id, claimed.fence) == (task, "mine")
    assert claimed.credential is not None
    assert (claimed.credential.credential_id, claimed.credential.secret) == (token, "locked")
    assert claimed.address.operation is Operation.RECOGNIZE_IMAGE
    assert (claimed.address.trial, claimed.state, claimed.parked) == (
        False,
        State.PROCESSING,
        ParkReason.UNREACHABLE,
    )
    assert (claimed.polls, claimed.errors, claimed.credential_id) == (1, 2, token)
    assert claimed.claimed_at - before < timedelta(seconds=30)
    row = stored(database, task)
    assert row.next_poll_at is not None
    assert abs((row.next_poll_at - claimed.claimed_at).total_seconds() - 60) < 1
    assert claim(database, "other") == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, True),
        ({"next_poll_at": FUTURE}, False),
        ({"next_poll_at": None, "state": "completed"}, False),
        ({"claim": "somebody", "next_poll_at": PAST}, True),
        ({"claim": "somebody", "next_poll_at": FUTURE}, False),
        ({"api_url": SANDBOX_URL}, False),
    ],
    ids=["due", "later", "final", "lease over", "leased", "service out of reach"],
)
def test_what_is_due(
    database: Database,
    add_task: AddTask,
    row: dict[str, object],
    expected: bool,  # noqa: FBT001 - a table column
) -> None:
    """Only tasks whose time has come, at services within reach, are handed out."""
    add_task(**row)
    assert bool(claim(database, skip=(SANDBOX_URL,))) is expected


@pytest.mark.parametrize(
    ("paused_until", "expires_at", "expected"),
    [(None, FUTURE, True), (PAST, FUTURE, True), (FUTURE, FUTURE, False), (FOREVER, PAST, True)],
    ids=["not paused", "pause over", "paused", "paused, and the task's time is over"],
)
def test_pauses_hold_back(
    database: Database,
    add_task: AddTask,
    add_credential: AddCredential,
    paused_until: datetime | None,
    expires_at: datetime,
    expected: bool,  # noqa: FBT001 - a table column
) -> None:
    """Tasks of a paused credential wait for its end, or for their own."""
    token = add_credential(paused_until=paused_until)
    add_task(credential_id=token, expires_at=expires_at)
    free = add_task()
    ids = {claimed.id for claimed in claim(database)}
    assert free in ids
    assert (len(ids) == 2) is expected


def test_the_longest_due_come_first(database: Database, add_task: AddTask) -> None:
    """A limited claim takes the tasks that have waited longest, and no more than it asked for."""
    late = [add_task(next_poll_at=PAST + timedelta(hours=hour)) for hour in (3, 1, 2)]
    assert {c.id for c in claim(database, limit=2)} == {late[1], late[2]}


DRAIN = """
import json, sys, uuid
from dashboard.store.claims import claim_due
from dashboard.store.database import Database
database, mine = Database(sys.argv[1]), []
with database.reading() as session:
    session.connection()
print("ready", flush=True)
sys.stdin.readline()
while True:
    with database.writing() as session:
        claims = claim_due(session, limit=7, lease_seconds=600, fence=uuid.uuid4().hex)
    if not claims:
        break
    mine += [claim.id for claim in claims]
print(json.dumps(mine))
"""


@pytest.fixture
def crowd(database: Database, team_id: int, make_task: Callable[..., Task]) -> int:
    """Many due tasks; gives their number."""
    with database.writing() as session:
        new_tasks.add_many(
            session=session, team_id=team_id, tasks=columns(*(make_task() for _ in range(400)))
        )
    return 400


def test_two_processes_share_the_work(database_url: str, crowd: int) -> None:
    """Two processes that claim as fast as they can get every task, and none twice."""
    workers = [
        subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", DRAIN, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    shares = [json.loads(worker.communicate()[0]) for worker in workers]
    assert all(worker.returncode == 0 for worker in workers)
    assert Counter(shares[0] + shares[1]).most_common(1)[0][1] == 1
    assert len(shares[0] + shares[1]) == crowd


def naive_claim(database: Database, meet: threading.Barrier) -> list[int | None]:
    """How not to do it: look, then take."""
    with database.reading() as session:
        ids = session.exec(select(Task.id).where(col(Task.next_poll_at) <= db_now()).limit(7)).all()
    meet.wait()
    with database.writing() as session:
        session.exec(update(Task).where(col(Task.id).in_(ids)).values(next_poll_at=FUTURE))
    return list(ids)


def our_claim(database: Database, meet: threading.Barrier) -> list[int | None]:
    """How it is done here."""
    meet.wait()
    return [claimed.id for claimed in claim(database, limit=7)]


@pytest.mark.parametrize(("take", "most"), [(our_claim, 1), (naive_claim, 2)], ids=["ours", "naive"])
@pytest.mark.usefixtures("crowd")
def test_claims_at_the_same_moment(
    database: Database, take: Callable[[Database, threading.Barrier], list[int | None]], most: int
) -> None:
    """Two who claim at the same moment never share a task; looking first and taking later would."""
    meet = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(take, database, meet) for _ in range(2)]
        ids = [row_id for share in taken for row_id in share.result()]
    assert Counter(ids).most_common(1)[0][1] == most


def test_wrong_clocks_do_not_matter(
    database: Database, add_task: AddTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose clock is a day ahead cannot take what is leased: the database's clock counts."""
    add_task()
    assert len(claim(database, "mine")) == 1
    tomorrow = datetime.now(UTC).timestamp() + 86_400
    monkeypatch.setattr("time.time", lambda: tomorrow)
    assert claim(database, "thief") == []


def test_an_outcome_is_stored(database: Database, add_task: AddTask, team_id: int) -> None:
    """Result, timeline and state are written together; hostile text is no obstacle; screens hear of it."""
    task = add_task()
    [claimed] = claim(database)
    change = completed(claimed, part("NUL \x00 here"), part("half \ud83d"))
    assert write(database, change) == []
    row = stored(database, task)
    assert (row.state, row.notices, row.next_poll_at, row.claim) == ("completed", ["a notice"], None, None)
    with database.reading() as session:
        parts = session.exec(select(Part).order_by(col(Part.position))).all()
        assert [(p.data, p.text) for p in parts] == [
            (b"\x00raw\xff", "NUL \ufffd here"),
            (b"\x00raw\xff", "half \ufffd"),
        ]
        assert (parts[0].size, parts[0].remarks) == (5, ["odd"])
        assert session.exec(select(Attempt.task_ref, Attempt.result)).all() == [(task, "completed")]
        assert session.get_one(Team, team_id).revision == 1


def test_parts_keep_their_place(database: Database, add_task: AddTask) -> None:
    """Entries with nothing in them are no parts, and leave their places free: regions are numbered by them."""
    add_task()
    [claimed] = claim(database)
    parts = (replace(part("one"), nulls_before=2), part("two"), replace(part("three"), nulls_before=1))
    write(database, completed(claimed, *parts))
    with database.reading() as session:
        found = session.exec(select(Part.position, Part.text).order_by(col(Part.position))).all()
    assert found == [(2, "one"), (3, "two"), (5, "three")]


def test_an_open_task_is_scheduled(database: Database, add_task: AddTask, team_id: int) -> None:
    """A task that stays open is due after its delay, by the database's clock; unseen changes stay quiet."""
    task = add_task()
    [claimed] = claim(database)
    write(database, Change(claim=claimed, values={"errors": 1}, next_delay_seconds=30.0, attempt=None))
    row = stored(database, task)
    assert row.next_poll_at is not None
    assert 25 < (row.next_poll_at - now_of(database)).total_seconds() <= 30
    with database.reading() as session:
        assert session.get_one(Team, team_id).revision == 0


def test_results_are_replaced(database: Database, add_task: AddTask) -> None:
    """A second result takes the place of the first; no parts given leaves what is stored."""
    task = add_task()
    for parts in ((part("one"), part("two")), (part("three"),), None):
        with database.writing() as session:
            session.exec(update(Task).values(next_poll_at=PAST))
        [claimed] = claim(database)
        write(database, completed(claimed, parts=parts))
    with database.reading() as session:
        assert session.exec(select(Part.text).where(Part.task_ref == task)).all() == ["three"]


@pytest.mark.parametrize("meanwhile", ["claimed again", "deleted", "cancelled"])
def test_late_outcomes_are_fenced_off(
    database: Database, add_task: AddTask, team_id: int, meanwhile: str
) -> None:
    """Who lost the claim writes nothing, and does not disturb the others in the batch."""
    task, other = add_task(), add_task()
    claims = {claimed.id: claimed for claimed in claim(database)}
    with database.writing() as session:
        if meanwhile == "claimed again":
            session.exec(update(Task).where(col(Task.id) == task).values(next_poll_at=PAST))
        elif meanwhile == "deleted":
            tasks.delete_many(session=session, team_id=team_id, task_refs=[task])
        else:
            tasks.set_cancelled(session=session, team_id=team_id, task_refs=[task], now=PAST)
    claim(database, "somebody else")
    fenced = write(database, completed(claims[task], part("late")), completed(claims[other], part("good")))
    assert fenced == [claims[task]]
    assert stored(database, other).state == "completed"
    with database.reading() as session:
        assert session.exec(select(Part.text)).all() == ["good"]
        left = session.get(Task, task)
        assert left is None or left.state in ("pending", "cancelled")


def test_one_bad_outcome_does_not_hold_up_others(database: Database, add_task: AddTask) -> None:
    """What the database cannot take is set aside for a while; the rest of the batch is stored."""
    bad, good = add_task(), add_task()
    claims = {claimed.id: claimed for claimed in claim(database)}
    too_much = completed(claims[bad], values={"state": State.COMPLETED, "errors": 2**70})
    assert write(database, too_much, completed(claims[good], part("good"))) == [claims[bad]]
    row = stored(database, bad)
    assert (row.state, row.claim) == ("pending", None)
    assert row.next_poll_at is not None
    waits = (row.next_poll_at - now_of(database)).total_seconds()
    assert SET_ASIDE_SECONDS - 20 < waits <= SET_ASIDE_SECONDS
    assert stored(database, good).state == "completed"


def paused(database: Database, claimed: Claim, until: datetime | None) -> Credential:
    """The credential after a poll that asked for a pause."""
    pause = Pause(reason=ParkReason.TOKEN_REJECTED, until=until, detail="401")
    write(
        database,
        Change(
            claim=claimed, values={}, next_delay_seconds=0, attempt=attempt("token rejected"), pause=pause
        ),
    )
    with database.reading() as session:
        return session.get_one(Credential, claimed.credential_id)


@pytest.mark.parametrize(
    ("before", "until", "after"),
    [
        (None, FUTURE, FUTURE),
        (PAST, FUTURE, FUTURE),
        (None, None, FOREVER),
        (FUTURE, PAST, FUTURE),
        (FOREVER, FUTURE, FOREVER),
        (FUTURE, None, FOREVER),
    ],
    ids=["first", "again", "until a person acts", "not shorter", "not shortened", "longer"],
)
def test_pauses(
    database: Database,
    add_task: AddTask,
    add_credential: AddCredential,
    before: datetime | None,
    until: datetime | None,
    after: datetime,
) -> None:
    """A pause learned from a call holds for the credential, and is extended but never shortened."""
    token = add_credential()
    add_task(credential_id=token)
    [claimed] = claim(database)
    with database.writing() as session:
        session.exec(update(Credential).values(paused_until=before, paused_since=before and PAST))
    row = paused(database, claimed, until)
    assert row.paused_until == after
    assert row.paused_since is not None
    running = before is not None and before > PAST
    assert (row.paused_since == PAST) is running
    assert row.last_success_at is None


def test_a_replaced_token_is_not_paused(
    database: Database, add_task: AddTask, add_credential: AddCredential
) -> None:
    """A rejection of the old token, arriving late, says nothing about the new one."""
    token = add_credential(secret="old")
    add_task(credential_id=token)
    [claimed] = claim(database)
    with database.writing() as session:
        session.exec(update(Credential).values(secret="new"))
    assert paused(database, claimed, None).paused_until is None


@pytest.mark.parametrize(
    ("result", "trial", "expected"),
    [("processing", False, True), ("no answer", False, False), ("completed", True, False)],
    ids=["answered", "not answered", "answered without the token"],
)
def test_success_is_noted(
    database: Database,
    add_task: AddTask,
    add_credential: AddCredential,
    result: str,
    trial: bool,  # noqa: FBT001 - a table column
    expected: bool,  # noqa: FBT001 - a table column
) -> None:
    """A token has worked when the service gave a usable answer to it."""
    token = add_credential()
    add_task(credential_id=token, trial=trial)
    [claimed] = claim(database)
    write(database, Change(claim=claimed, values={}, next_delay_seconds=1, attempt=attempt(result)))
    with database.reading() as session:
        noted = session.get_one(Credential, token).last_success_at
    assert noted == (PAST if expected else None)


@pytest.mark.parametrize(
    ("until", "visible"),
    [(PAST, True), (FUTURE, False), (None, False)],
    ids=["over", "still paused", "never paused"],
)
def test_a_pause_that_is_over_is_cleared(
    database: Database,
    team_id: int,
    add_task: AddTask,
    add_credential: AddCredential,
    until: datetime | None,
    visible: bool,  # noqa: FBT001 - a table column
) -> None:
    """The first usable answer after a pause takes it off the screens; a pause that runs stays."""
    token = add_credential()
    add_task(credential_id=token)
    [claimed] = claim(database)
    with database.writing() as session:
        session.exec(update(Credential).values(paused_until=until, pause_reason=until and "rate_limited"))
        before = session.get_one(Team, team_id).revision
    write(database, Change(claim=claimed, values={}, next_delay_seconds=1, attempt=attempt("processing")))
    with database.reading() as session:
        row = session.get_one(Credential, token)
        assert (row.pause_reason is None) is (until != FUTURE)
        assert (session.get_one(Team, team_id).revision > before) is visible


def test_leases_can_be_given_back(database: Database, add_task: AddTask) -> None:
    """Released tasks are due at once; leases of others stay."""
    add_task()
    add_task()
    [first] = claim(database, limit=1)
    [second] = claim(database, "other", limit=1)
    with database.writing() as session:
        release(session, [first, second_of("wrong fence", second)])
    assert [claimed.id for claimed in claim(database, "next")] == [first.id]


def second_of(fence: str, claimed: Claim) -> Claim:
    """The same claim with another fence."""
    values = {name: getattr(claimed, name) for name in Claim.__dataclass_fields__}
    return Claim(**{**values, "fence": fence})


def due_in(session: Session) -> float | None:
    """Short for the question the poller asks."""
    return seconds_until_due(session, skip_api_urls=(SANDBOX_URL,))


def test_a_row_nobody_understands_is_set_aside(database: Database, add_task: AddTask) -> None:
    """A task of an operation this version does not know keeps no other task from being claimed."""
    strange, good = add_task(operation="RecognizeThoughts"), add_task()
    assert [claimed.id for claimed in claim(database)] == [good]
    row = stored(database, strange)
    assert (row.state, row.claim) == ("pending", None)
    assert row.next_poll_at is not None
    assert row.next_poll_at > now_of(database) + timedelta(seconds=SET_ASIDE_SECONDS - 20)


@pytest.mark.parametrize(
    ("reason", "claimed"), [("rate_limited", 1), ("token_rejected", 0)], ids=["rate limit", "rejected token"]
)
def test_a_rate_limit_does_not_hold_back_the_last_poll(
    database: Database, add_task: AddTask, add_credential: AddCredential, reason: str, claimed: int
) -> None:
    """Rather one refused call than a lost result; a rejected token would not help."""
    token = add_credential(paused_until=FUTURE, pause_reason=reason)
    soon = now_of(database) + timedelta(seconds=90)
    add_task(credential_id=token, expires_at=soon)
    add_task(credential_id=token, expires_at=soon + timedelta(hours=1))
    assert len(claim(database)) == claimed


def test_an_expired_task_in_flight_does_not_keep_the_poller_awake(
    database: Database, add_task: AddTask, add_credential: AddCredential
) -> None:
    """A task whose time is over while its token is paused is due when its lease ends, not at once."""
    token = add_credential(paused_until=FOREVER, pause_reason="token_rejected")
    add_task(credential_id=token, expires_at=PAST)
    assert len(claim(database)) == 1
    with database.reading() as session:
        assert (due_in(session) or 0) > 10


def test_how_long_to_sleep(database: Database, add_task: AddTask, add_credential: AddCredential) -> None:
    """The poller learns when something is due: tasks by their time, held-back ones by the end of the pause."""
    with database.reading() as session:
        assert due_in(session) is None
    add_task(api_url=SANDBOX_URL)
    add_task(state="completed", next_poll_at=None)
    with database.reading() as session:
        assert due_in(session) is None
    soon = now_of(database) + timedelta(seconds=100)
    token = add_credential(paused_until=soon)
    add_task(credential_id=token, expires_at=FUTURE)
    with database.reading() as session:
        assert due_in(session) == pytest.approx(100, abs=20)
    with database.writing() as session:
        session.exec(update(Credential).values(paused_until=FOREVER))
        session.exec(update(Task).values(expires_at=soon - timedelta(seconds=50)))
    with database.reading() as session:
        assert due_in(session) == pytest.approx(50, abs=20)
    add_task(next_poll_at=PAST)
    with database.reading() as session:
        assert due_in(session) == 0


def test_postgresql_never_claims_too_much(database: Database, crowd: int) -> None:
    """Whatever plan the server picks, a claim takes no more than its limit."""
    plans = ("enable_hashjoin", "enable_mergejoin", "enable_material", "enable_hashagg", "enable_indexscan")
    with database.writing() as session:
        if not database.is_sqlite:
            for plan in plans:
                session.connection().execute(text(f"SET LOCAL {plan} = off"))
        assert len(claim_due(session, limit=3, lease_seconds=60, fence="mine")) == 3
    assert crowd == 3 + len(claim(database, "rest", limit=crowd))
