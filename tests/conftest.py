"""Shared by all tests: a clean environment, real databases, rows to start from."""

import gc
import io
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from streamlit.logger import _loggers
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from dashboard import bootstrap, cli
from dashboard.models import Claim, Credential, Operation, State, Task, TaskAddress, Team
from dashboard.settings import PREFIX
from dashboard.store import credentials, teams
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from tests import warm_start
from tests.commands import Run
from tests.engines import quick_engines
from tests.installing import build_wheel, install
from tests.postgres import PostgresServer, running_server, why_not
from tests.ready_made import ReadyMade
from tests.spreading import in_order, processes, scheduling

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)  # due by any database's clock
API_URL = "https://ocr.example"
RARELY = (10_000, 20, 20)
"""When garbage is looked for; a test ends before it has made much."""

_numbers = count(1)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes ``-n auto`` means."""
    return processes(config.args)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Who runs what."""
    return scheduling(config, log)


def pytest_configure() -> None:
    """Let processes of tests hear Ctrl+C, also where the tests run in the background and a shell has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order in which they are handed out."""
    items[:] = in_order(items)


def pytest_collection_finish() -> None:
    """Have the collector leave alone what stays anyway: all modules, and ten thousand collected tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine reaches a test: neither environment nor ``.env`` file."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _same_main_module() -> Iterator[None]:
    """Streamlit leaves the script that it ran last as ``__main__``, and a process that is spawned runs that again."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(autouse=True)
def _same_log_handlers() -> Iterator[None]:
    """Streamlit makes those of its loggers, and of uvicorn's, anew with each configuration: on a stream of one test."""
    before = {logger: logger.handlers[:] for logger in _loggers.values()}
    yield
    for logger in _loggers.values():
        logger.handlers[:] = before.get(logger, [])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """Runs a command in this process, as its console script does; gives back exit code and output."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setenv("OCR_DASHBOARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("OCR_DASHBOARD_API_URL", "http://127.0.0.1:9")

    def command(*arguments: str, stdin: str | bytes = "", **settings: str) -> tuple[int, str]:
        for name, value in settings.items():
            monkeypatch.setenv(f"OCR_DASHBOARD_{name.upper()}", value)
        monkeypatch.setattr(sys, "argv", ["ocr-dashboard", *arguments])
        piped = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped), encoding="utf-8"))
        capfd.readouterr()  # what the test itself has had said before
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        code = ended.value.code
        return code if isinstance(code, int) else 0, said.out + said.err

    yield command
    root.handlers[:], root.level = before
    bootstrap.use(None)
    bootstrap._settings, bootstrap._sandbox = None, False


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment with the wheel and the dependencies, but not the checkout."""
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def now() -> datetime:
    """A fixed moment."""
    return NOW


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run, with the migrated database ``dashboard``."""
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        first = Database(server.create("dashboard"))
        migrate(first)
        first.close()
        yield server


@pytest.fixture(scope="session", autouse=True)
def _quick_engines() -> Iterator[None]:
    """Databases that are opened in this process share what they can."""
    with quick_engines():
        yield


@pytest.fixture(scope="session", autouse=True)
def _warm_starts() -> Iterator[None]:
    """What holds the libraries of started servers ends with us."""
    yield
    warm_start.end_all()


@pytest.fixture(scope="session")
def scanned_once() -> Iterator[None]:
    """Streamlit's AppTest reads what every installed distribution says of itself; once is enough for all of them."""
    from streamlit.components.v2 import manifest_scanner  # most tests need no Streamlit

    with pytest.MonkeyPatch.context() as patch:
        scan = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    template = Database(sqlite_url(folder))
    migrate(template)
    template.close()
    return folder / "dashboard.db"


@pytest.fixture(scope="session", autouse=True)
def _quick_beginnings(_quick_engines: None, _migrated_file: Path) -> Iterator[None]:
    """A dashboard that is built in this process finds its tables ready-made."""
    template = Database(sqlite_url(_migrated_file.parent))
    ready_made = ReadyMade.of(template)
    template.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "migrate", ready_made.instead_of(migrate))
        yield


def copy_database(file: Path, folder: Path) -> None:
    """Copy a closed database with what says that it goes on as it is, which saves the start some time."""
    shutil.copy(file, folder / file.name)
    shutil.copy(f"{file}.generation", folder / f"{file.name}.generation")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path / "data")
        copy_database(request.getfixturevalue("_migrated_file"), tmp_path / "data")
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.url("dashboard")
    server.empty("dashboard")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database; the test runs once on each kind."""
    opened = Database(database_url, busy_seconds=2.0)
    yield opened
    opened.close()


@pytest.fixture
def team(database: Database) -> Team:
    """The default team, stored."""
    with database.writing() as session:
        return teams.default_team(session=session, now=NOW)


@pytest.fixture
def team_id(team: Team) -> int:
    """The default team's ID."""
    assert team.id is not None
    return team.id


@pytest.fixture
def make_task() -> Callable[..., Task]:
    """Builds a registered task that is due now; override what the test is about. Not stored."""

    def make(**given: Any) -> Task:  # noqa: ANN401 - columns of the table
        values: dict[str, Any] = {
            "team_id": 1,
            "api_url": API_URL,
            "task_id": f"00000000-0000-4000-8000-{next(_numbers):012}",
            "operation": Operation.RECOGNIZE_IMAGE.value,
            "registered_at": NOW,
            "expires_at": NOW + timedelta(hours=24),
            "next_poll_at": LONG_AGO,
        }
        return Task(**{**values, **given})

    return make


@pytest.fixture
def add_task(database: Database, team_id: int, make_task: Callable[..., Task]) -> Callable[..., int]:
    """Stores a task of the default team, built like ``make_task`` does, and gives back our ID."""

    def add(**given: Any) -> int:  # noqa: ANN401 - columns of the table
        task = make_task(**{"team_id": team_id, **given})
        with database.writing() as session:
            session.add(task)
            session.flush()
        assert task.id is not None
        return task.id

    return add


@pytest.fixture
def add_credential(database: Database, team_id: int) -> Callable[..., int]:
    """Stores a token of the default team and gives back its ID."""

    def add(**given: Any) -> int:  # noqa: ANN401 - columns of the table
        values: dict[str, Any] = {
            "team_id": team_id,
            "label": "Archive",
            "api_url": API_URL,
            "secret": "encrypted",
            "fingerprint": f"fingerprint {next(_numbers)}",
            "hint": "abcd",
            "created_at": NOW,
        }
        with database.writing() as session:
            return credentials.add(session=session, credential=Credential(**{**values, **given}))

    return add


@pytest.fixture
def make_claim() -> Callable[..., Claim]:
    """Builds the claim of a task that was registered just now; override what the test is about."""

    def make(**given: Any) -> Claim:  # noqa: ANN401 - fields of the value
        address = TaskAddress(
            api_url=API_URL,
            operation=Operation.RECOGNIZE_IMAGE,
            trial=False,
            task_id="7ac9b7f0-0001-4000-8000-000000000000",
        )
        values: dict[str, Any] = {
            "id": 1,
            "team_id": 1,
            "fence": "fence",
            "claimed_at": NOW,
            "address": address,
            "credential_id": None,
            "credential": None,
            "state": State.PENDING,
            "registered_at": NOW,
            "submitted_at": None,
            "expires_at": NOW + timedelta(hours=24),
            "expiry_exact": False,
            "polls": 1,
            "doubts": 0,
            "errors": 0,
            "seen_at": None,
            "parked": None,
            "parked_since": None,
        }
        return Claim(**{**values, **given})

    return make
