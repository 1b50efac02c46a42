"""Two teams on one server: nothing of one is to be seen by the other."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Role
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import Settings
from dashboard.web.admission import Admission
from dashboard.web.api import build_api
from dashboard.web.health import routes as health_routes

SHARED_ID = "7ac9b7f0-0001-4000-8000-00000000abcd"


@dataclass(kw_only=True)
class Side:
    """One team as its editors' scripts see it."""

    app: Dashboard
    client: TestClient
    task_ref: int
    credential_id: int


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Ours and theirs; both have a task with the same service ID, and a token."""
    first = build(Settings(data_dir=tmp_path_factory.mktemp("teams"), access="team", poller="off"))
    link = first.team.members.make_link(role=Role.OWNER)
    cookie, _ = first.access.join(link, cookie=None, name="Olga", browser="")
    visitor = first.access.visitor(cookie)
    assert visitor is not None
    owner = first.seen_by(first.team.team_id, visitor.actor(visitor.places[0]))
    slug = owner.team.team_settings.make_team("Other people")
    visitor = first.access.visitor(cookie)
    assert visitor is not None
    place = visitor.place(slug)
    assert place is not None
    yield side(owner, "ours"), side(first.seen_by(place.team_id, visitor.actor(place)), "theirs")
    first.stop()


def side(app: Dashboard, name: str) -> Side:
    """A team with a token, a task and a key."""
    view, _ = app.team.credentials.add(label=f"token of {name}", access_token=f"planted-token-{name}")
    done = app.team.intake.register(
        [NewTask(task_id=SHARED_ID, label=f"label of {name}", credential_id=view.id)]
    )
    routes = [*health_routes(lambda: app), Mount("/api", build_api(lambda: app))]
    key = app.team.members.make_key(label=name, role=Role.EDITOR)
    client = TestClient(
        Admission(Starlette(routes=routes), access=lambda: app.access),
        headers={"Authorization": f"Bearer {key}"},
    )
    return Side(app=app, client=client, task_ref=done.registered[SHARED_ID], credential_id=view.id)


def test_lists_and_search(sides: tuple[Side, Side]) -> None:
    """Each sees its own one task and token, also when it searches for the other's words."""
    for mine, other in (("ours", "theirs"), ("theirs", "ours")):
        one = sides[0] if mine == "ours" else sides[1]
        listed = one.client.get("/api/v1/tasks").json()
        assert [item["label"] for item in listed["items"]] == [f"label of {mine}"]
        assert one.client.get("/api/v1/tasks", params={"q": other}).json()["total"] == 0
        tokens = one.client.get("/api/v1/credentials").json()["items"]
        assert [item["label"] for item in tokens] == [f"token of {mine}"]


@pytest.mark.parametrize("route", ["", "/text", "/parts/0"])
def test_a_foreign_number(sides: tuple[Side, Side], route: str) -> None:
    """Answers as if it did not exist; the shared service ID means one's own task."""
    ours, theirs = sides
    assert ours.client.get(f"/api/v1/tasks/{theirs.task_ref}{route}").status_code == 404
    assert ours.client.get(f"/api/v1/tasks/{SHARED_ID}").json()["id"] == ours.task_ref
    assert theirs.client.get(f"/api/v1/tasks/{SHARED_ID}").json()["id"] == theirs.task_ref


def test_a_foreign_token_cannot_be_used(sides: tuple[Side, Side]) -> None:
    """Neither by its number nor by its label."""
    ours, theirs = sides
    for credential in (theirs.credential_id, "token of theirs"):
        entry = {"task_id": "7ac9b7f0-0002-4000-8000-000000000000", "credential": credential}
        answer = ours.client.post("/api/v1/tasks", json={"tasks": [entry]}).json()
        assert [len(answer[name]) for name in ("registered", "known", "rejected")] == [0, 0, 1]
        assert (
            "no such token" in answer["rejected"][0]["reason"]
            or "no token" in answer["rejected"][0]["reason"]
        )


def test_metrics_count_ones_own(sides: tuple[Side, Side]) -> None:
    """The gauges of tasks are those of the asker's team."""
    for one in sides:
        assert 'ocr_dashboard_tasks{state="pending"} 1.0' in one.client.get("/metrics").text


def test_an_export_holds_ones_own(sides: tuple[Side, Side]) -> None:
    """A key never exports; an owner's export has nothing of the other team and no secret."""
    ours, theirs = sides
    assert ours.client.get("/api/v1/team/export").status_code == 403
    assert ours.client.get("/api/v1/team/audit.csv").status_code == 403
    whole = b"".join(ours.app.team.team_export.write())
    assert whole.startswith(b"PK")
    unpacked = _unpacked(whole)
    assert b"label of ours" in unpacked
    for foreign in (b"theirs", b"planted-token", b"Other people"):
        assert foreign not in unpacked
    assert theirs.app.team.board.rows_of([ours.task_ref]) == []


def test_nothing_can_be_done_to_the_others(sides: tuple[Side, Side]) -> None:
    """Checking, deleting and cancelling by foreign numbers changes nothing."""
    ours, theirs = sides
    assert ours.app.team.tasks.check_now([theirs.task_ref]) == 0
    assert ours.app.team.tasks.delete([theirs.task_ref]) == 0
    assert ours.app.team.tasks.cancel([theirs.task_ref]) == (0, [])
    assert theirs.client.get(f"/api/v1/tasks/{theirs.task_ref}").status_code == 200


def _unpacked(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return b"\n".join(opened.read(name) for name in opened.namelist())
