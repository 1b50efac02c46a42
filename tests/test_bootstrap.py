"""Wiring: everything is built once, starts, polls, and stops."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from dashboard import bootstrap
from dashboard.errors import SecretsUnreadable, SettingsRefused
from dashboard.models import SANDBOX_URL, State
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team import operator_teams
from dashboard.settings import Settings, load_settings
from dashboard.store.board_filter import BoardFilter
from tests.postgres import PostgresServer

TOKEN = "planted.token-0123456789"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh installation; the poller is off unless a test starts it."""
    return load_settings(data_dir=tmp_path / "data")


@pytest.fixture
def _fresh_process() -> Iterator[None]:
    """Nothing of this process's dashboard is left behind."""
    yield
    bootstrap.use(None)
    bootstrap._settings, bootstrap._sandbox = None, False


def test_a_fresh_installation_polls_the_samples(settings: Settings) -> None:
    """Seeded, started, and the first results are there within seconds; stopping closes everything."""
    dashboard = bootstrap.build(settings, sandbox=True)
    dashboard.sandbox.seed(intake=dashboard.team.intake, credentials=dashboard.team.credentials)
    dashboard.start()
    deadline = time.monotonic() + 10
    while not any(state.has_result for state in _states(dashboard)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    began = time.monotonic()
    dashboard.stop()

    assert time.monotonic() - began < 5
    assert not dashboard.poller.is_running
    assert dashboard.sandbox.url is None


def _states(dashboard: bootstrap.Dashboard) -> set[State]:
    return set(dashboard.team.board.look(BoardFilter()).counts.by_state)


def test_a_rule_for_no_team_is_warned_about(tmp_path: Path) -> None:
    """At each start, until the operator has made the team."""
    settings = load_settings(
        data_dir=tmp_path / "data",
        poller="off",
        access="team",
        sso_issuer="https://id.example.org",
        sso_client_id="x",
        sso_client_secret="planted-secret",
        sso_members="*=team:viewer,*=scans:viewer",
    )
    said = []
    for _ in range(2):
        dashboard = bootstrap.build(settings)
        with capture_logs() as logged:
            dashboard.start()
        said.append([it["advice"] for it in logged if it["event"] == "single_sign_on.no_such_team"])
        if dashboard.single_sign_on.teams_missing():
            operator_teams.make(dashboard.database, "scans", name="Scans", clock=dashboard.clock)
        dashboard.stop()

    assert said == [["ocr-dashboard team make scans"], []]


def test_the_default_service(settings: Settings) -> None:
    """The configured one, or the sandbox when the server was started for it; people can choose between both."""
    ours = bootstrap.build(settings)
    assert (ours.default_api_url, ours.api_urls) == (settings.api_url, [settings.api_url])
    ours.sandbox.start()
    assert ours.api_urls == [settings.api_url, SANDBOX_URL]
    ours.stop()

    stand_in = bootstrap.build(settings, sandbox=True)
    assert stand_in.default_api_url == SANDBOX_URL
    assert stand_in.api_urls == [SANDBOX_URL, settings.api_url]
    view, _ = stand_in.team.credentials.add(label="", access_token=TOKEN)
    assert view.api_url == SANDBOX_URL
    stand_in.stop()


def test_the_poller_can_be_left_to_workers(tmp_path: Path) -> None:
    """With ``POLLER=off`` the server only serves."""
    dashboard = bootstrap.build(load_settings(data_dir=tmp_path, poller="off"))
    dashboard.start()
    running = dashboard.poller.is_running
    dashboard.stop()

    assert not running


def test_a_worker_leaves_the_sandbox_alone(settings: Settings) -> None:
    """It cannot reach the sandbox of a server, so its tasks are not due for it."""
    server = bootstrap.build(settings)
    server.team.intake.register([NewTask(task_id="open-0001", trial=True, api_url=SANDBOX_URL)])
    worker = bootstrap.build(settings, worker=True)

    assert server.poller._ledger.seconds_until_due() == 0
    assert worker.poller._ledger.seconds_until_due() is None
    worker.stop()
    server.stop()


def test_what_was_stored_is_there_after_a_restart(settings: Settings) -> None:
    """Tasks and tokens, readable with the key file that was made at the first start."""
    first = bootstrap.build(settings)
    first.team.credentials.add(label="Archive", access_token=TOKEN)
    first.stop()
    second = bootstrap.build(settings)

    assert [view.label for view in second.team.credentials.all()] == ["Archive"]
    second.stop()


def test_postgresql_needs_no_prepared_data_folder(tmp_path: Path, postgres: PostgresServer) -> None:
    """The key file lives there, so it is made; with keys in the environment nothing is written at all."""
    url = postgres.create("bootstrap")
    bootstrap.build(load_settings(data_dir=tmp_path / "new", database_url=url)).stop()
    assert (tmp_path / "new" / "secret.key").is_file()

    bootstrap.build(load_settings(data_dir=tmp_path / "none", database_url=url, secret_keys=_key())).stop()
    assert not (tmp_path / "none").exists()


def test_other_keys_are_refused(settings: Settings) -> None:
    """By name, before anything is served, and nothing stays open."""
    first = bootstrap.build(settings)
    first.team.credentials.add(label="", access_token=TOKEN)
    first.stop()
    other = settings.model_copy(update={"secret_keys": load_settings(secret_keys=_key()).secret_keys})

    with pytest.raises(SecretsUnreadable, match="SECRET_KEYS"):
        bootstrap.build(other)


def test_a_malformed_key_is_refused(tmp_path: Path) -> None:
    """By name, and not repeated."""
    with pytest.raises(SettingsRefused, match="SECRET_KEYS") as refused:
        bootstrap.build(load_settings(data_dir=tmp_path, secret_keys="planted"))

    assert "planted" not in str(refused.value)


def _key() -> str:
    return Fernet.generate_key().decode()


@pytest.mark.usefixtures("_fresh_process")
def test_one_dashboard_for_the_whole_process(settings: Settings) -> None:
    """Whoever asks first builds it, with what the command line has said."""
    bootstrap.configure(settings, sandbox=True)
    dashboard = bootstrap.current()

    assert bootstrap.settings() is settings
    assert bootstrap.current() is dashboard
    assert dashboard.sandbox.wanted
    dashboard.stop()


@pytest.mark.usefixtures("_fresh_process")
def test_settings_are_read_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody has configured anything, for example under ``streamlit run``."""
    monkeypatch.setenv("OCR_DASHBOARD_PORT", "9000")

    assert bootstrap.settings().port == 9000
    assert bootstrap.settings() is bootstrap.settings()
