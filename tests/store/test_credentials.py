from collections.abc import Callable
from datetime import UTC, datetime

from dashboard.models import Credential, ParkReason, Task
from dashboard.store import credentials
from dashboard.store.database import Database

LATER = datetime(2900, 1, 1, tzinfo=UTC)

AddTask = Callable[..., int]
AddCredential = Callable[..., int]


def stored(database: Database, task_ref: int) -> Task:
    """The row as it is stored."""
    with database.reading() as session:
        return session.get_one(Task, task_ref)


def test_the_same_token_is_stored_once(
    database: Database, team_id: int, add_credential: AddCredential
) -> None:
    """Adding a token the team has gives back the stored one; another service is another entry."""
    first = add_credential(fingerprint="same", label="first")
    assert add_credential(fingerprint="same", label="second") == first
    assert add_credential(fingerprint="same", api_url="https://other.example") != first
    with database.reading() as session:
        found = credentials.by_fingerprint(
            session=session, team_id=team_id, api_url="https://ocr.example", fingerprint="same"
        )
        assert found is not None
        assert (found.id, found.label) == (first, "first")


def test_counting_tasks(
    database: Database, team_id: int, add_credential: AddCredential, add_task: AddTask
) -> None:
    """Tokens come newest first; each one's tasks and open tasks can be counted."""
    old, new = add_credential(), add_credential()
    for state in ("pending", "processing", "completed"):
        add_task(credential_id=old, state=state)
    add_task()
    with database.reading() as session:
        assert [row.id for row in credentials.all_of_team(session=session, team_id=team_id)] == [new, old]
        assert credentials.count_tasks(session=session, team_id=team_id) == {old: (3, 2)}
        assert credentials.count_tasks(session=session, team_id=team_id + 1) == {}


def test_a_new_token_adopts_tasks(
    database: Database, team_id: int, add_credential: AddCredential, add_task: AddTask, now: datetime
) -> None:
    """Open tasks that lack a token take the new one and are due; a poll without one is fenced off."""
    waiting = add_task(next_poll_at=LATER, parked="token_missing", parked_since=now, parked_detail="401")
    polled = add_task(next_poll_at=LATER, claim="somebody")
    others = [
        add_task(trial=True),
        add_task(state="failed"),
        add_task(api_url="https://other.example"),
        add_task(credential_id=add_credential()),
    ]
    token = add_credential()
    with database.writing() as session:
        given = credentials.adopt_tasks(session=session, team_id=team_id, credential_id=token, now=now)
        nobody = credentials.adopt_tasks(session=session, team_id=team_id + 1, credential_id=token, now=now)
    assert (given, nobody) == (2, 0)
    for task in (waiting, polled):
        row = stored(database, task)
        assert (row.credential_id, row.next_poll_at, row.claim, row.parked) == (token, now, None, None)
    assert all(stored(database, task).credential_id != token for task in others)


def test_replacing_a_token(
    database: Database, team_id: int, add_credential: AddCredential, add_task: AddTask, now: datetime
) -> None:
    """A new token in the same entry ends its pause and makes its open tasks due; polls go on."""
    token = add_credential()
    waiting = add_task(credential_id=token, next_poll_at=LATER)
    polled = add_task(credential_id=token, next_poll_at=LATER, claim="somebody")
    done = add_task(credential_id=token, state="completed", next_poll_at=None)
    with database.writing() as session:
        credentials.pause(
            session=session,
            team_id=team_id,
            credential_id=token,
            reason=ParkReason.TOKEN_REJECTED,
            detail="401",
            until=LATER,
            now=now,
        )
    with database.reading() as session:
        row = credentials.get(session=session, team_id=team_id, credential_id=token)
    assert row is not None
    assert (row.paused_until, row.pause_reason, row.paused_since) == (LATER, "token_rejected", now)
    with database.writing() as session:
        credentials.replace_secret(
            session=session,
            team_id=team_id,
            credential_id=token,
            fresh={"secret": "new secret", "fingerprint": "new", "hint": "wxyz", "expires_at": LATER},
            now=now,
        )
    with database.reading() as session:
        row = session.get_one(Credential, token)
    assert (row.secret, row.fingerprint, row.hint, row.expires_at) == ("new secret", "new", "wxyz", LATER)
    assert (row.paused_until, row.pause_reason, row.pause_detail, row.paused_since) == (None,) * 4
    assert stored(database, waiting).next_poll_at == now
    assert stored(database, polled).next_poll_at == LATER
    assert stored(database, done).next_poll_at is None


def test_ending_a_pause(
    database: Database, team_id: int, add_credential: AddCredential, add_task: AddTask, now: datetime
) -> None:
    """A pause ended by a person makes the token's tasks due."""
    token = add_credential(paused_until=LATER, pause_reason="rate_limited")
    task = add_task(credential_id=token, next_poll_at=LATER)
    with database.writing() as session:
        credentials.resume(session=session, team_id=team_id, credential_id=token, now=now)
    with database.reading() as session:
        assert session.get_one(Credential, token).paused_until is None
    assert stored(database, task).next_poll_at == now


def test_removing_a_token(
    database: Database, team_id: int, add_credential: AddCredential, add_task: AddTask, now: datetime
) -> None:
    """Tasks outlive their token, and open ones are due; another team cannot remove it."""
    token = add_credential()
    task = add_task(credential_id=token, next_poll_at=LATER)
    polled = add_task(credential_id=token, next_poll_at=LATER, claim="somebody")
    done = add_task(credential_id=token, state="completed", next_poll_at=None)
    with database.writing() as session:
        credentials.remove(session=session, team_id=team_id + 1, credential_id=token, now=now)
    assert stored(database, task).credential_id == token
    with database.writing() as session:
        credentials.remove(session=session, team_id=team_id, credential_id=token, now=now)
        assert credentials.get(session=session, team_id=team_id, credential_id=token) is None
    assert stored(database, task).credential_id is None
    assert stored(database, task).next_poll_at == now
    assert stored(database, polled).next_poll_at == LATER
    assert (stored(database, done).credential_id, stored(database, done).next_poll_at) == (None, None)
