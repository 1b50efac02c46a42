"""Figures: of a team for its members, of the process for who runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.errors import SettingsRefused
from dashboard.models import Role
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team.access import COOKIE
from dashboard.settings import Settings, load_settings
from dashboard.web.admission import Admission
from dashboard.web.base_path import BasePath
from dashboard.web.health import routes
from dashboard.web.operators import Operators

TOKEN = "a-planted-operator-token"
TEAMS = {
    "ocr_dashboard_tasks",
    "ocr_dashboard_at_risk_tasks",
    "ocr_dashboard_parked_tasks",
    "ocr_dashboard_unsearchable_texts",
    "ocr_dashboard_time_seconds",
}
PROCESS = {
    "ocr_dashboard_polls",
    "ocr_dashboard_poll_seconds",
    "ocr_dashboard_fenced",
    "ocr_dashboard_in_flight",
    "ocr_dashboard_poller_running",
    "ocr_dashboard_index_behind",
    "ocr_dashboard_index_outdated",
    "ocr_dashboard_retention_held",
    "ocr_dashboard_clock_ahead_seconds",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with access control, one task, and some calls made."""
    built = build(Settings(data_dir=tmp_path_factory.mktemp("figures"), access="team", poller="off"))
    built.team.intake.register([NewTask(task_id="ours-1", trial=True)])
    built.poller.pulse.polls = {"completed": 7}
    yield built
    built.stop()


async def _inside(_: Request) -> Response:
    return PlainTextResponse("inside")


def door_of(app: Dashboard, token: str | None = TOKEN, base_path: str = "") -> TestClient:
    """The server's doors as they stand behind each other."""
    rooms = [*routes(lambda: app), Route("/{path:path}", _inside)]
    admission = Admission(Starlette(routes=rooms), access=lambda: app.access)
    door = Operators(admission, token=SecretStr(token) if token else None, dashboard=lambda: app)
    return TestClient(BasePath(door, base_path=base_path) if base_path else door)


def bearer(secret: str) -> dict[str, str]:
    """A header."""
    return {"Authorization": f"Bearer {secret}"}


def named(text: str) -> set[str]:
    """The figures that are told."""
    return {family.name for family in text_string_to_metric_families(text)}


def cookie(app: Dashboard, role: Role = Role.OWNER) -> dict[str, str]:
    """What a new member comes with."""
    joined, _ = app.access.join(app.team.members.make_link(role=role), cookie=None, name="Vic", browser="")
    return {"Cookie": f"{COOKIE}={joined}"}


@pytest.mark.parametrize("role", Role)
def test_members_see_their_team(app: Dashboard, role: Role) -> None:
    """Owners too: other teams share the process."""
    answer = door_of(app).get("/metrics", headers=cookie(app, role))
    assert named(answer.text) == TEAMS
    assert 'ocr_dashboard_tasks{state="pending"} 1.0' in answer.text


def test_a_key_sees_its_team(app: Dashboard) -> None:
    """Scripts that watch a team keep working."""
    key = app.team.members.make_key(label="watch", role=Role.VIEWER)
    assert named(door_of(app).get("/metrics", headers=bearer(key)).text) == TEAMS


def test_another_team_counts_for_itself(app: Dashboard) -> None:
    """And somebody in two teams chooses."""
    headers = cookie(app)
    visitor = app.access.visitor(headers["Cookie"].partition("=")[2])
    assert visitor is not None
    desk = app.seen_by(app.team.team_id, visitor.actor(visitor.places[0])).team
    slug = desk.team_settings.make_team("Next door")
    theirs = door_of(app).get(f"/metrics?team={slug}", headers=headers).text
    assert 'ocr_dashboard_tasks{state="pending"} 0.0' in theirs
    assert door_of(app).get("/metrics?team=nobodys", headers=headers).status_code == 404


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("base_path", ["", "/ocr"])
def test_the_operator_sees_the_process(app: Dashboard, scheme: str, base_path: str) -> None:
    """And no team."""
    answer = door_of(app, base_path=base_path).get(
        f"{base_path}/metrics", headers={"Authorization": f"{scheme} {TOKEN}"}
    )
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    assert named(answer.text) == PROCESS
    assert 'ocr_dashboard_polls_total{result="completed"} 7.0' in answer.text


@pytest.mark.parametrize(
    "header",
    [f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer \xfc"],
)
def test_a_wrong_secret_is_a_guess(app: Dashboard, header: str) -> None:
    """It is answered like any wrong key, and slowed down like one."""
    door = door_of(app)
    sent = [(b"Authorization", header.encode("latin-1"))]
    told = [door.get("/metrics", headers=sent) for _ in range(21)]
    assert {answer.status_code for answer in told[:20]} == {401}
    assert told[20].status_code == 429
    assert door.get("/metrics", headers=bearer(TOKEN)).status_code == 200


@pytest.mark.parametrize("secret", ["", "None", TOKEN])
def test_without_the_setting_nobody_is_the_operator(app: Dashboard, secret: str) -> None:
    """No value is the empty one."""
    assert door_of(app, token=None).get("/metrics", headers=bearer(secret)).status_code == 401


@pytest.mark.parametrize("path", ["/", "/api/v1/tasks", "/metrics/x", "/_stcore/health", "/readyz/"])
def test_the_secret_opens_nothing_else(app: Dashboard, path: str) -> None:
    """It belongs to no team."""
    assert door_of(app).get(path, headers=bearer(TOKEN)).status_code == 401
    assert door_of(app).post("/metrics", headers=bearer(TOKEN)).status_code == 401


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore/metrics?families=x"])
def test_streamlits_own_figures_are_nobodys(app: Dashboard, path: str) -> None:
    """They count the open pages and the memory of all teams."""
    for headers in ({}, cookie(app), bearer(TOKEN)):
        assert door_of(app).get(path, headers=headers).status_code == 404


def test_alone_on_a_machine_everything_is_told(tmp_path: Path) -> None:
    """As before: there is one team, and who looks runs it."""
    alone = build(Settings(data_dir=tmp_path, poller="off"))
    door = TestClient(Starlette(routes=routes(lambda: alone)))
    assert named(door.get("/metrics").text) == TEAMS | PROCESS
    alone.stop()


def test_a_broken_dashboard_is_said() -> None:
    """The operator learns why."""

    def fail() -> Dashboard:
        raise SettingsRefused("The keys do not fit.")

    door = Operators(Starlette(), token=SecretStr(TOKEN), dashboard=fail)
    answer = TestClient(door).get("/metrics", headers=bearer(TOKEN))
    assert (answer.status_code, answer.text) == (503, "The keys do not fit.\n")


@pytest.mark.parametrize(
    "written", ["short", "fifteen-letters", "two words that are long", "ünïcode-ünïcode-ünïcode"]
)
def test_a_secret_that_is_none_is_refused(written: str) -> None:
    """By name, and without repeating it."""
    with pytest.raises(SettingsRefused, match="OCR_DASHBOARD_METRICS_TOKEN") as refused:
        load_settings(metrics_token=written)
    assert written not in str(refused.value)
