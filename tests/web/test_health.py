"""Health routes: alive, ready, and the figures."""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlmodel import select, update
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.errors import DiskFull, SecretsUnreadable, StoreUnavailable
from dashboard.models import Change, Claim, Lane, LibraryEntry, State, Task, Team
from dashboard.polling.poller import Poller
from dashboard.results.decoding import decode_parts
from dashboard.services.library.indexing import READING
from dashboard.settings import Settings
from dashboard.testing import FakeOcrApi, PlainTokens
from dashboard.web import health
from tests.chaos.obstacles import no_room
from tests.chaos.waiting import wait_until
from tests.postgres import PostgresServer
from tests.web.serving import NOBODY, V1, client_of, part, register

Finish = Callable[..., int]

DATABASE = "health"
SECRET = "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1zZWNyZXQ.c2lnbmF0dXJl"


@pytest.fixture
def polling(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard that polls, and has reached its database."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data", api_url=NOBODY))
    built.start()
    wait_until(lambda: built.poller.pulse.beat_at, "the poller makes a turn")
    yield built
    built.stop()


def figures(client: TestClient) -> dict[tuple[str, str], float]:
    """What ``/metrics`` says, by name and label."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def problems(client: TestClient) -> list[str]:
    """Why the server is not ready; empty when it is."""
    answer = client.get("/readyz")
    found: list[str] = answer.json()["problems"]
    assert answer.json()["ready"] is (not found)
    assert isinstance(answer.json()["details"], list)
    assert answer.status_code == (503 if found else 200)
    return found


def hide_database(dashboard: Dashboard) -> None:
    """Put something else where its file was."""
    file = Path(str(dashboard.database.url.database))
    dashboard.database.close()
    file.rename(file.with_suffix(".away"))
    file.mkdir()


def test_a_polling_server_is_ready(polling: Dashboard) -> None:
    """Database and poller both work."""
    assert problems(client_of(polling)) == []


def test_a_server_without_a_poller_is_ready(client: TestClient) -> None:
    """When it was told not to poll, its poller is not missed."""
    assert problems(client) == []


def test_a_stopped_poller(polling: Dashboard) -> None:
    """Is told; the server itself is alive."""
    polling.poller.stop()
    client = client_of(polling)
    assert problems(client) == ["The poller is not running."]
    assert client.get("/healthz").text == "ok\n"


class StubbornLedger:
    """A database the poller cannot get ahead with: it refuses, or it does not answer before it is let go."""

    def __init__(self, refusal: StoreUnavailable | None = None) -> None:
        self.let_go = threading.Event()
        self._refusal = refusal

    def claim(self, *, limit: int, lease_seconds: float, fence: str, busy: Mapping[Lane, int]) -> list[Claim]:
        """Refuse, or hang."""
        assert limit
        assert lease_seconds
        assert fence
        assert not busy
        if self._refusal:
            raise self._refusal
        self.let_go.wait(10)
        return []

    def record(self, changes: Sequence[Change]) -> list[Claim]:
        """Take everything."""
        assert not changes
        return []

    def release(self, claims: Sequence[Claim]) -> None:
        """Take everything back."""
        assert not claims

    def seconds_until_due(self) -> float | None:
        """Nothing is ever due."""
        return None


@pytest.fixture
def stubborn(dashboard: Dashboard) -> Iterator[Callable[[StubbornLedger], Dashboard]]:
    """Gives the dashboard a running poller on another ledger."""
    started: list[tuple[Poller, StubbornLedger]] = []

    def swap(ledger: StubbornLedger) -> Dashboard:
        poller = Poller(api=FakeOcrApi(), tokens=PlainTokens(), ledger=ledger, decode=decode_parts)
        poller.start()
        started.append((poller, ledger))
        settings = dashboard.settings.model_copy(update={"poller": "on"})
        return dataclasses.replace(dashboard, poller=poller, settings=settings)

    yield swap
    for poller, ledger in started:
        ledger.let_go.set()
        poller.stop()


Stubborn = Callable[[StubbornLedger], Dashboard]


@pytest.mark.parametrize("age", [None, health.STALE_SECONDS + 1], ids=["since it started", "since a while"])
def test_a_poller_that_hangs(stubborn: Stubborn, age: float | None) -> None:
    """A loop that lives and does not reach the database is told."""
    dashboard = stubborn(StubbornLedger())
    dashboard.poller.pulse.beat_at = None if age is None else time.monotonic() - age
    assert problems(client_of(dashboard)) == ["The poller is not getting ahead."]


def test_a_poller_that_was_just_there(stubborn: Stubborn) -> None:
    """A short silence is nothing."""
    dashboard = stubborn(StubbornLedger())
    dashboard.poller.pulse.beat_at = time.monotonic() - 5
    assert problems(client_of(dashboard)) == []


def test_a_poller_whose_database_refuses(stubborn: Stubborn) -> None:
    """The database's own sentence is told."""
    sentence = "The disk with the database is full."
    dashboard = stubborn(StubbornLedger(StoreUnavailable(sentence)))
    wait_until(lambda: dashboard.poller.pulse.store_trouble, "the poller notices")
    assert problems(client_of(dashboard)) == [sentence]


def test_a_poller_that_finds_no_room(stubborn: Stubborn) -> None:
    """That is told at once, not after the time in which locks pass by."""
    dashboard = stubborn(StubbornLedger(DiskFull("The disk is full.")))
    wait_until(lambda: dashboard.poller.pulse.store_trouble, "the poller notices")
    dashboard.poller.pulse.beat_at = time.monotonic()
    assert problems(client_of(dashboard)) == ["The disk is full."]


def test_a_disk_that_is_full(dashboard: Dashboard, client: TestClient) -> None:
    """Also where nothing has to be written just now: who looks hears of it, scripts and people too."""
    dashboard.database._room.refused("somebody met it")
    with no_room():
        assert problems(client) == [
            "The disk with the database is full. Nothing was changed; free some space."
        ]
        answer = client.post(f"{V1}/tasks", json={"tasks": [{"task_id": "one", "trial": True}]})
        assert answer.status_code == 503
        assert "is full" in answer.json()["detail"]


def test_a_database_file_that_is_away(dashboard: Dashboard, client: TestClient) -> None:
    """Not ready, with a sentence; alive, and the figures that need no database are still told."""
    hide_database(dashboard)
    (sentence,) = problems(client)
    assert sentence.startswith("The database file cannot be opened")
    assert client.get("/healthz").status_code == 200
    assert ("ocr_dashboard_in_flight", "") in figures(client)
    assert ("ocr_dashboard_tasks", "pending") not in figures(client)


def test_a_database_server_that_lost_the_database(postgres: PostgresServer, tmp_path: Path) -> None:
    """Not ready, with the server's own words."""
    url = postgres.create(DATABASE)
    settings = Settings(data_dir=tmp_path / "data", database_url=SecretStr(url), api_url=NOBODY, poller="off")
    built = bootstrap.build(settings)
    client = client_of(built)
    assert problems(client) == []
    postgres.drop(DATABASE)
    (sentence,) = problems(client)
    assert "does not exist" in sentence
    built.stop()


def test_a_dashboard_that_cannot_be_built() -> None:
    """Not ready, with the reason."""

    def fail() -> Dashboard:
        raise SecretsUnreadable("The keys do not fit.")

    client = TestClient(Starlette(routes=health.routes(fail)), raise_server_exceptions=False)
    assert problems(client) == ["The keys do not fit."]
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 503


def test_metrics(client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
    """Can be parsed, count what there is, and tell every state, so that graphs have no gaps."""
    register(client, "open-0001", "open-0002")
    with dashboard.database.writing() as session:
        session.exec(select(Task).limit(1)).one().expires_at = dashboard.clock() + timedelta(hours=1)
    finish("done-0001")
    pulse = dashboard.poller.pulse
    pulse.polls, pulse.poll_seconds, pulse.fenced, pulse.in_flight = {"completed": 2}, 1.5, 1, 3
    found = figures(client)
    states = {state.value: 0.0 for state in State} | {"pending": 2.0, "completed": 1.0}
    assert {label: found[name, label] for name, label in found if name == "ocr_dashboard_tasks"} == states
    assert found["ocr_dashboard_polls_total", "completed"] == 2
    assert found["ocr_dashboard_poll_seconds_total", ""] == 1.5
    assert found["ocr_dashboard_fenced_total", ""] == 1
    assert found["ocr_dashboard_in_flight", ""] == 3
    assert found["ocr_dashboard_poller_running", ""] == 0
    assert found["ocr_dashboard_parked_tasks", ""] == 0
    assert found["ocr_dashboard_at_risk_tasks", ""] == 1
    assert abs(found["ocr_dashboard_time_seconds", ""] - time.time()) < 5


def test_what_works_all_the_same_is_a_detail(
    client: TestClient, dashboard: Dashboard, finish: Finish
) -> None:
    """Texts that no search finds yet, clocks that are apart, results that wait to be deleted: said, and ready."""
    assert client.get("/readyz").json()["details"] == []
    finish("done-0001", part("Text", "old text"))
    dashboard.indexing.catching_up._count()
    dashboard.cloud.clocks.hear(NOBODY, {"Date": "Fri, 01 May 2020 12:00:00 GMT"})
    with dashboard.database.writing() as session:
        session.get_one(Team, dashboard.team.team_id).keep_days = 1
        for task in session.exec(select(Task)):
            task.completed_at = dashboard.clock() - timedelta(days=5)
    dashboard.housekeeping.tidy()  # tasks were here before anybody looked at the clock
    assert problems(client) == []
    skew, retention, search = client.get("/readyz").json()["details"]
    assert skew.startswith("The clock here is ")
    assert skew.endswith(f"ahead of that of {NOBODY}.")
    assert retention.startswith("1 finished task is older than the team keeps them")
    assert search == "1 text is not searchable yet."
    found = figures(client)
    assert found["ocr_dashboard_unsearchable_texts", ""] == found["ocr_dashboard_index_behind", ""] == 1
    assert found["ocr_dashboard_retention_held", ""] == 1
    assert found["ocr_dashboard_clock_ahead_seconds", "database"] == pytest.approx(0.0, abs=1.0)
    assert found["ocr_dashboard_clock_ahead_seconds", NOBODY] > 86_400
    assert dashboard.indexing.catch_up() == 1
    assert len(client.get("/readyz").json()["details"]) == 2


def test_how_far_work_in_the_background_is(client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
    """Texts that are indexed anew, tasks that are being deleted."""
    for number in range(4):
        finish(f"done-000{number}", part("Text", "old text"))
    assert dashboard.indexing.catch_up() == 4
    with dashboard.database.writing() as session:
        session.connection().execute(update(LibraryEntry).values(reading=READING - 1))
    catching_up = dashboard.indexing.catching_up
    catching_up._count()
    assert client.get("/readyz").json()["details"] == ["4 older texts are being indexed anew."]
    catching_up._outdated.done(dashboard.team.team_id)
    dashboard.housekeeping._going = {dashboard.team.team_id: 1_200}
    deleting, renewing = client.get("/readyz").json()["details"]
    assert deleting == "1,200 finished tasks are being deleted."
    assert renewing == "3 older texts are being indexed anew (25% done)."
    assert figures(client)["ocr_dashboard_index_outdated", ""] == 3
    dashboard.housekeeping._going = {}
    assert dashboard.indexing.catch_up() == 4
    assert client.get("/readyz").json()["details"] == []


def test_strangers_do_not_learn_which_services_there_are(dashboard: Dashboard) -> None:
    """Anybody may ask whether a server is ready, also where people sign in."""
    url = "https://internal.example"
    dashboard.cloud.clocks.hear(url, {"Date": "Fri, 01 May 2015 12:00:00 GMT"})
    assert url in " ".join(health.remarks(lambda: dashboard))
    among_members = replace(dashboard, settings=dashboard.settings.model_copy(update={"access": "team"}))
    assert url not in " ".join(health.remarks(lambda: among_members))


def test_metrics_of_a_running_poller(polling: Dashboard) -> None:
    """It says that it runs."""
    assert figures(client_of(polling))["ocr_dashboard_poller_running", ""] == 1


def test_metrics_name_nobody(client: TestClient) -> None:
    """Neither tokens nor labels nor task IDs: figures are kept longer than data and by others."""
    client.post(f"{V1}/credentials", json={"label": "Archive", "access_token": SECRET})
    register(client, "7ac9b7f0-0001", label="Secret project", credential="Archive")
    said = client.get("/metrics").text
    for piece in (*SECRET.split("."), "Archive", "Secret project", "7ac9b7f0"):
        assert piece not in said
