"""Services that hang or are away cost the others nothing; each test has a control without what it is about."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, col, func, select

from dashboard.errors import NoAnswer
from dashboard.models import Answer, State, Task
from dashboard.polling.poller import Poller
from dashboard.results.decoding import decode_parts
from dashboard.store import claims, outages
from dashboard.store.database import Database
from dashboard.store.database_clock import db_now
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.testing import FakeOcrApi, PlainTokens, completed, no_index
from tests.chaos.waiting import wait_until

HANGS, WELL = "https://hangs.example", "https://well.example"

pytestmark = pytest.mark.chaos

AddTask = Callable[..., int]
AddCredential = Callable[..., int]


@contextmanager
def polling(database: Database, api: FakeOcrApi) -> Iterator[Poller]:
    """The real loop with eight workers on a real database, until the end of the block."""
    poller = Poller(
        api=api,
        tokens=PlainTokens(),
        ledger=DatabaseLedger(database, index=no_index),
        decode=decode_parts,
        workers=8,
    )
    poller.start()
    try:
        yield poller
    finally:
        poller.stop()


def finished(database: Database, api_url: str) -> int:
    """How many results of a service are stored."""
    with database.reading() as session:
        mine = select(func.count()).where(Task.api_url == api_url, Task.state == State.COMPLETED.value)
        return session.exec(mine).one()


def longest_due(session: Session, _lanes: object, *, limit: int, **_others: object) -> Sequence[int | None]:
    """How not to choose: whatever is longest due, whoever else waits."""
    due = select(Task.id).where(col(Task.next_poll_at) <= db_now()).order_by(col(Task.next_poll_at))
    return session.exec(due.limit(limit)).all()


@pytest.mark.parametrize("is_fair", [True, False], ids=["fair", "longest due"])
def test_a_hanging_service_keeps_no_other_from_being_asked(
    database: Database,
    add_task: AddTask,
    add_credential: AddCredential,
    monkeypatch: pytest.MonkeyPatch,
    is_fair: bool,  # noqa: FBT001 - the control
) -> None:
    """Its calls hold every slot and more of its tasks wait: those of another service are kept in a moment."""
    api, goes_on = FakeOcrApi(completed("Paid.")), threading.Event()

    def hang() -> Answer:
        goes_on.wait(60)
        raise NoAnswer

    token = add_credential(api_url=HANGS)
    for number in range(40):
        add_task(api_url=HANGS, credential_id=token, task_id=f"hangs-{number}")
        api.load(f"hangs-{number}", hang)
    if not is_fair:
        monkeypatch.setattr(claims, "choose", longest_due)
    with polling(database, api) as poller:
        wait_until(lambda: len(api.calls) >= 8, "every slot is taken")
        healthy = add_credential(api_url=WELL)
        for _ in range(10):
            add_task(api_url=WELL, credential_id=healthy)
        poller.wake()
        if is_fair:
            wait_until(lambda: finished(database, WELL) == 10, "all ten are kept", seconds=10)
        else:
            time.sleep(2)
            assert finished(database, WELL) == 0
        goes_on.set()


@pytest.mark.parametrize("is_known", [True, False], ids=["known to be away", "control"])
def test_a_service_that_is_away_costs_few_calls(
    database: Database,
    add_task: AddTask,
    add_credential: AddCredential,
    monkeypatch: pytest.MonkeyPatch,
    is_known: bool,  # noqa: FBT001 - the control
) -> None:
    """With 200 open tasks: those claimed already, then probes; all tasks are asked some seconds after its return."""
    api, token = FakeOcrApi(NoAnswer()), add_credential(api_url=HANGS)
    for _ in range(200):
        add_task(api_url=HANGS, credential_id=token, expires_at=datetime.now(UTC) + timedelta(hours=20))
    if not is_known:
        monkeypatch.setattr(outages.Outages, "learn", lambda *_: [])
    with polling(database, api):
        if not is_known:
            wait_until(lambda: len(api.calls) > 200, "each task fails")
            return
        time.sleep(5)
        assert len(api.calls) <= 80
        api.otherwise = completed("Paid.")
        wait_until(lambda: finished(database, HANGS) == 200, "all are kept", seconds=30)
