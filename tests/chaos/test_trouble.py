"""The service and the database misbehave under the real poller; it keeps what it has and recovers by itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import FOREVER, Attempt, ParkReason, Part, State, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.sandbox.issued_tokens import sign
from dashboard.settings import load_settings
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database
from tests.chaos.gated import GatedState, submit
from tests.chaos.obstacles import full_disk, locked
from tests.chaos.waiting import wait_until
from tests.chaos.watching import (
    paused_until,
    polls_under_way,
    register,
    register_and_hold,
    total_polls,
    wait_for_turns,
    wait_until_completed,
)
from tests.postgres import PostgresServer

pytestmark = pytest.mark.chaos

BUSY_SECONDS = 0.2

Open = Callable[..., AbstractContextManager[Dashboard]]


@pytest.fixture
def state() -> GatedState:
    """What the service remembers."""
    return GatedState()


@pytest.fixture
def service(state: GatedState) -> Iterator[SandboxServer]:
    """The service, listening."""
    with SandboxServer(state=state) as running:
        yield running


@pytest.fixture
def open_dashboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Builds a dashboard that polls, and stops it at the end of the block; impatient with locks."""
    monkeypatch.setattr(bootstrap, "Database", partial(Database, busy_seconds=BUSY_SECONDS))

    @contextmanager
    def opened(**settings: object) -> Iterator[Dashboard]:
        app = bootstrap.build(load_settings(data_dir=tmp_path / "data", **settings))
        app.start()
        try:
            yield app
        finally:
            app.stop()

    return opened


@pytest.fixture
def app(service: SandboxServer, open_dashboard: Open) -> Iterator[Dashboard]:
    """A polling dashboard on SQLite."""
    with open_dashboard(api_url=service.url) as opened:
        yield opened


@pytest.fixture
def either_app(service: SandboxServer, open_dashboard: Open, database_url: str) -> Iterator[Dashboard]:
    """A polling dashboard; the test runs once on each kind of database."""
    with open_dashboard(api_url=service.url, database_url=database_url) as opened:
        yield opened


# The service is in trouble


def test_tasks_outlive_a_service_that_is_down(state: GatedState, open_dashboard: Open) -> None:
    """While nothing listens the tasks stay open, the board says since when, and no restart is needed."""
    port = free_port()
    with open_dashboard(api_url=f"http://127.0.0.1:{port}") as app:
        began = datetime.now(UTC)
        refs = register(app, submit(state, 3))
        wait_until(lambda: app.team.board.look(BoardFilter()).counts.parked == len(refs), "all are parked")
        view = app.team.board.look(BoardFilter())
        assert {row.state for row in view.rows} == {State.PENDING}
        (trouble,) = view.trouble
        assert (trouble.reason, trouble.tasks) == (ParkReason.UNREACHABLE, 3)
        assert trouble.since is not None
        assert began <= trouble.since <= datetime.now(UTC)
        assert "could not be reached" in trouble.words
        with SandboxServer(port=port, state=state):
            wait_until_completed(app, refs)
        assert app.team.board.look(BoardFilter()).trouble == ()


BAD_ANSWERS = {
    "bad_gateway": "service fault",
    "unavailable": "service fault",
    "server_error_page": "service fault",
    "request_timeout": "service fault",
    "redirect_elsewhere": "unreadable",
    "page_with_200": "unreadable",
    "empty": "unreadable",
    "not_utf8": "completed_empty",  # readable but for its ID, and without data: asked again
    "deep_nesting": "unreadable",
    "long_number": "processing",
    "gzip_bomb": "unreadable",
    "truncated": "unreadable",
    "bad_chunk": "unreadable",
    "no_http": "no answer",
    "reset": "no answer",
    "slow": "completed",
    "unknown_status": "processing",
    "envelope_null": "unreadable",
    "never_ready": "processing",
}
"""Faults of the sandbox, and the word for each in the timeline."""


def test_every_bad_answer_is_noted_and_outlived(state: GatedState, app: Dashboard) -> None:
    """Whatever the service answers, the loop goes on and the next good answer is stored."""
    ids = dict(zip(BAD_ANSWERS, submit(state, len(BAD_ANSWERS)), strict=True))
    for fault, task_id in ids.items():
        state.faults.switch_on({"fault": fault, "task_id": task_id, "times": 1})
    refs = dict(zip(ids, register(app, ids.values()), strict=True))
    wait_until_completed(app, refs.values(), hurry=True)
    heard = {fault: app.team.tasks.detail(ref).attempts[0].result for fault, ref in refs.items()}
    assert heard == BAD_ANSWERS
    assert {fault: len(app.team.tasks.detail(ref).parts) for fault, ref in refs.items()} == dict.fromkeys(
        refs, 3
    )


@pytest.mark.parametrize(
    ("fault", "reason", "least", "most"),
    [
        pytest.param("unauthorized", ParkReason.TOKEN_REJECTED, None, None, id="401: until a person acts"),
        pytest.param("unauthorized_empty", ParkReason.TOKEN_REJECTED, None, None, id="401 without a body"),
        pytest.param("payment_required", ParkReason.PLAN_REFUSED, 890, 901, id="402: a quarter of an hour"),
        pytest.param("forbidden", ParkReason.PLAN_REFUSED, 890, 901, id="403: a quarter of an hour"),
        pytest.param("throttled", ParkReason.RATE_LIMITED, 5, 8, id="429: as long as it says, in seconds"),
        pytest.param("throttled_until", ParkReason.RATE_LIMITED, 55, 62, id="429: as it says, as a date"),
    ],
)
def test_a_refused_token_pauses_all_its_tasks(
    fault: str,
    reason: ParkReason,
    least: float | None,
    most: float | None,
    state: GatedState,
    app: Dashboard,
) -> None:
    """One refusal holds back every task of the token, loses none, and a new token sets them going."""
    token = app.team.credentials.add(label="Archive", access_token=DEMO_ACCESS_TOKEN)[0]
    state.faults.switch_on({"fault": fault})
    refs = register(app, submit(state, 3, trial=False), trial=False)
    wait_until(lambda: paused_until(app) is not None, "the token is paused")
    wait_until(lambda: polls_under_way(app) == 0, "what was under way has ended")
    until = paused_until(app)
    assert until is not None
    if least is None or most is None:
        assert until == FOREVER
    else:
        assert least < (until - datetime.now(UTC)).total_seconds() < most
    polls = total_polls(app)
    wait_for_turns(app, 2)
    assert total_polls(app) == polls
    view = app.team.board.look(BoardFilter())
    assert {(row.state, row.parked) for row in view.rows} == {(State.PENDING, reason)}
    state.faults.clear()
    app.team.credentials.replace(token.id, access_token=sign({"client_id": "another"}))
    wait_until_completed(app, refs, hurry=True)


def test_a_rate_limit_ends_by_itself(state: GatedState, app: Dashboard) -> None:
    """After 429 without Retry-After the tasks are asked about again, without anybody doing anything."""
    app.team.credentials.add(label="Archive", access_token=DEMO_ACCESS_TOKEN)
    ids = submit(state, 2, trial=False)
    state.faults.switch_on({"fault": "throttled_silent", "task_id": ids[0], "times": 1})
    refs = register(app, ids, trial=False)
    wait_until_completed(app, refs)
    assert [attempt.result for attempt in app.team.tasks.detail(refs[0]).attempts] == [
        "rate limited",
        "completed",
    ]


def test_a_rejected_token_does_not_hold_back_evaluation_tasks(state: GatedState, app: Dashboard) -> None:
    """Tasks of evaluation mode, which send no token, go on while a token is rejected."""
    app.team.credentials.add(label="Archive", access_token=DEMO_ACCESS_TOKEN)
    state.faults.switch_on({"fault": "unauthorized", "operation": "RecognizeImage"})
    register(app, submit(state, 2, trial=False), trial=False)
    wait_until(lambda: paused_until(app) is not None, "the token is paused")
    wait_until_completed(app, register(app, submit(state, 2)))


# The database is in trouble


def test_outcomes_are_kept_while_the_database_is_locked(state: GatedState, either_app: Dashboard) -> None:
    """Answers that arrive while somebody holds a lock are written after it, without asking again."""
    refs = register_and_hold(either_app, state, 5)
    with locked(either_app.database):
        state.gate.set()
        wait_until(lambda: either_app.poller.pulse.store_trouble, "the poller says that it cannot write")
        assert {row.state for row in either_app.team.board.look(BoardFilter()).rows} == {State.PENDING}
    wait_until_completed(either_app, refs)
    assert len(state.asked) == len(refs)
    wait_until(lambda: not either_app.poller.pulse.store_trouble, "the poller says that it works again")


def test_outcomes_are_kept_while_the_disk_is_full(state: GatedState, app: Dashboard) -> None:
    """Results that find no room are written when there is room again, without asking again."""
    refs = register_and_hold(app, state, 12)
    with full_disk(app.database):
        state.gate.set()
        wait_until(lambda: app.poller.pulse.store_trouble, "the poller says that it cannot write")
        assert "full" in (app.poller.pulse.store_trouble or "")
        assert {row.state for row in app.team.board.look(BoardFilter()).rows} == {State.PENDING}
    wait_until_completed(app, refs)
    assert len(state.asked) == len(refs)
    with app.database.reading() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_outcomes_are_kept_while_postgresql_ends_all_sessions(
    state: GatedState, either_app: Dashboard, postgres: PostgresServer
) -> None:
    """Answers that arrive after PostgreSQL threw everybody out are written over new connections."""
    refs = register_and_hold(either_app, state, 5)
    postgres.kick_everybody("dashboard")
    state.gate.set()
    wait_until_completed(either_app, refs)
    assert len(state.asked) == len(refs)


# People get in the way


def test_a_task_deleted_in_mid_poll_leaves_nothing_behind(state: GatedState, either_app: Dashboard) -> None:
    """The late answer of a deleted task is refused whole, and the others are not held up."""
    deleted, cancelled, kept = register_and_hold(either_app, state, 3)
    either_app.team.tasks.delete([deleted])
    either_app.team.tasks.cancel([cancelled])
    state.gate.set()
    wait_until_completed(either_app, [kept])
    wait_until(lambda: either_app.poller.pulse.fenced == 2, "both late answers are refused")
    with either_app.database.reading() as session:
        assert dict(session.exec(select(Task.id, Task.state)).all()) == {
            cancelled: State.CANCELLED.value,
            kept: State.COMPLETED.value,
        }
        assert set(session.exec(select(Part.task_ref)).all()) == {kept}
        assert session.exec(select(Attempt.task_ref)).all() == [kept]


def free_port() -> int:
    """A port nobody listens on."""
    with SandboxServer() as briefly:
        return int(briefly.url.rpartition(":")[2])
