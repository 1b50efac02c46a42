"""The sandbox inside the server: found, filled, and kept over a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.cloud.client import CloudClient
from dashboard.errors import NoAnswer, StoreUnavailable
from dashboard.models import SANDBOX_URL, Operation, State, TaskAddress
from dashboard.services.sending.kept_sources import KeptSources, SourceRoom
from dashboard.services.tasks.intake import NewTask
from dashboard.services.upkeep.sandbox import Sandbox
from tests.services.conftest import Desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder."""
    path = tmp_path / "data"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture
def sandbox(desk: Desk, folder: Path) -> Iterator[Sandbox]:
    """The sandbox of one server, not started."""
    made = Sandbox(data_dir=folder, database=desk.database, clock=desk.clock)
    yield made
    made.stop()


def seeded(desk: Desk, sandbox: Sandbox) -> int:
    """How many samples are new."""
    return sandbox.seed(intake=desk.intake, credentials=desk.credentials)


def test_while_it_is_off_its_tasks_cannot_be_asked_about(sandbox: Sandbox) -> None:
    """They wait, with a sentence that says how to start it; other services are not touched."""
    assert sandbox.url is None
    assert sandbox.resolve("https://api.aspose.cloud") == "https://api.aspose.cloud"
    with pytest.raises(NoAnswer, match="--sandbox"):
        sandbox.resolve(SANDBOX_URL)


def test_it_is_found_wherever_it_listens(sandbox: Sandbox) -> None:
    """Its port changes with every start; starting twice is harmless."""
    url = sandbox.start()

    assert sandbox.start() == url
    assert sandbox.resolve(SANDBOX_URL) == url
    assert url.startswith("http://127.0.0.1:")
    sandbox.stop()
    sandbox.stop()
    assert sandbox.url is None


def test_samples_bring_their_pictures(desk: Desk, sandbox: Sandbox) -> None:
    """Each is kept once, with a small one for lists, whatever was made of it; a damaged one has none."""
    sources = KeptSources(desk.scope(), room=SourceRoom())
    count = sandbox.seed(intake=desk.intake, credentials=desk.credentials, sources=sources)
    labels = {ref: desk.task(ref).label for ref in range(1, count + 1)}
    pictured = sources.pictured(labels)
    assert {label for ref, label in labels.items() if ref not in pictured} == {"A damaged scan"}
    assert len(set(pictured.values())) == 2
    assert sandbox.seed(intake=desk.intake, credentials=desk.credentials, sources=sources) == 0
    assert sources.pictured(labels) == pictured


def test_seeding_fills_an_empty_board(desk: Desk, sandbox: Sandbox) -> None:
    """Samples of several operations, some with a token, some old; the service knows each of them."""
    count = seeded(desk, sandbox)
    (token,) = desk.credentials.all()
    client = CloudClient(pool_size=1, resolve=sandbox.resolve)
    states = set()
    for task_ref in range(1, count + 1):
        task = desk.task(task_ref)
        address = TaskAddress(
            api_url=task.api_url,
            operation=Operation(task.operation),
            trial=task.trial,
            task_id=task.task_id,
        )
        secret = None if task.trial else desk.box.decrypt(desk.stored_tokens()[0].secret)
        states.add(client.fetch(address, access_token=secret).state)
        assert task.expiry_exact
        assert task.label
        assert (task.credential_id is None) is task.trial
    client.close()

    assert count >= 5
    assert token.api_url == SANDBOX_URL
    assert State.COMPLETED in states
    assert State.NOT_FOUND not in states


def test_seeding_twice_makes_no_doubles(desk: Desk, sandbox: Sandbox, folder: Path) -> None:
    """Not in this server, and not after a restart."""
    first = seeded(desk, sandbox)
    assert seeded(desk, sandbox) == 0
    sandbox.stop()
    again = Sandbox(data_dir=folder, database=desk.database, clock=desk.clock)
    try:
        assert seeded(desk, again) == 0
    finally:
        again.stop()

    assert first > 0
    assert len(desk.credentials.all()) == 1


@pytest.mark.parametrize(
    ("wanted", "waiting", "runs"),
    [
        pytest.param(False, False, False, id="nobody needs it"),
        pytest.param(True, False, True, id="the server was started for it"),
        pytest.param(False, True, True, id="tasks of an earlier run wait for it"),
    ],
)
def test_it_resumes_when_it_is_needed(
    desk: Desk, folder: Path, *, wanted: bool, waiting: bool, runs: bool
) -> None:
    """And only then."""
    if waiting:
        desk.intake.register([NewTask(task_id="open-0001", trial=True, api_url=SANDBOX_URL)])
    sandbox = Sandbox(data_dir=folder, database=desk.database, clock=desk.clock, wanted=wanted)
    sandbox.resume()
    try:
        assert (sandbox.url is not None) is runs
    finally:
        sandbox.stop()


def test_a_file_that_cannot_be_read_is_said(desk: Desk, sandbox: Sandbox, folder: Path) -> None:
    """In a sentence that names it; left-over tasks alone do not keep the dashboard from starting."""
    (folder / "sandbox.json").mkdir()
    with pytest.raises(StoreUnavailable, match=r"sandbox\.json"):
        sandbox.start()
    desk.intake.register([NewTask(task_id="open-0001", trial=True, api_url=SANDBOX_URL)])
    sandbox.resume()

    assert sandbox.url is None
