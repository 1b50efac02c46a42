"""A team named in an address: yours, or none at all."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Role
from dashboard.services.results.sharing import SHARE_PATH
from dashboard.services.team.access import COOKIE
from dashboard.settings import Settings
from dashboard.web import health, share_pages
from dashboard.web.admission import Admission
from dashboard.web.api import build_api
from dashboard.web.base_path import BasePath
from dashboard.web.named_team import TeamAddress
from tests.services.conftest import Desk
from tests.services.stored import store

PAGES = [
    "/",
    "/add",
    "/task",
    "/batch",
    "/library",
    "/tokens",
    "/team",
    "/a-page-nobody-has-thought-of",
    "/static/index.html",
]
API = ["/api/v1/tasks", "/api/v1/credentials", "/api/v1/export", "/api/v1/tasks/1/text", "/metrics"]
TRAP = "%3Cscript%3Ealert(1)%3C/script%3E"


@dataclass(frozen=True, kw_only=True)
class House:
    """Two teams that know nothing of each other."""

    app: Dashboard
    door: TestClient
    ada: dict[str, str]
    """Belongs to the first team."""
    bob: dict[str, str]
    """Belongs to both."""
    key: dict[str, str]
    """A script of the first team."""
    theirs: str
    """How the second team is named in addresses."""


async def _inside(_: Request) -> Response:
    return PlainTextResponse("inside")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The doors as they stand behind each other."""
    app = build(Settings(data_dir=tmp_path_factory.mktemp("teams"), access="team", poller="off"))

    def member() -> str:
        return app.access.join(
            app.team.members.make_link(role=Role.OWNER), cookie=None, name="Somebody", browser=""
        )[0]

    ada, bob = member(), member()
    visitor = app.access.visitor(bob)
    assert visitor is not None
    theirs = app.seen_by(app.team.team_id, visitor.actor(visitor.places[0])).team.team_settings.make_team(
        "Next door"
    )
    shares = share_pages.routes(lambda: app.shared_results, app.clock)
    rooms = [*shares, *health.routes(lambda: app), Mount("/api", build_api(lambda: app))]
    inside = TeamAddress(Starlette(routes=[*rooms, Route("/{path:path}", _inside, methods=["GET", "POST"])]))
    door = BasePath(Admission(inside, access=lambda: app.access), base_path="/ocr")
    yield House(
        app=app,
        door=TestClient(door, base_url="http://localhost", follow_redirects=False),
        ada={"Cookie": f"{COOKIE}={ada}"},
        bob={"Cookie": f"{COOKIE}={bob}"},
        key={"Authorization": f"Bearer {app.team.members.make_key(label='script', role=Role.EDITOR)}"},
        theirs=theirs,
    )
    app.stop()


def address(path: str, query: str) -> str:
    """Below the base path."""
    return f"/ocr{path}?{query}"


@pytest.mark.parametrize(
    ("method", "path"), [*(("GET", path) for path in [*PAGES, *API]), *(("HEAD", path) for path in PAGES)]
)
def test_a_foreign_team_is_not_there(house: House, path: str, method: str) -> None:
    """Whether there is one of that name or not, and also for a script."""
    for who in (house.ada, house.key) if path in API else (house.ada,):
        told = [
            house.door.request(method, address(path, f"team={named}"), headers=who)
            for named in (house.theirs, "nobodys")
        ]
        assert [answer.status_code for answer in told] == [404, 404]
        assert told[0].text == told[1].text
        assert "inside" not in told[0].text
        assert "Next door" not in told[0].text


@pytest.mark.parametrize(
    "query",
    ["team={}&id=1", "id=1&team={}", "team=team&team={}", "team={}&team=team", "t%65am={}", "team={}#x"],
)
def test_however_it_is_named(house: House, query: str) -> None:
    """Once or twice, first or last, spelled out or not: the page must not take another one than we looked at."""
    answer = house.door.get(address("/task", query.format(house.theirs)), headers=house.ada)
    assert answer.status_code == 404


def test_the_page_says_where_to_go(house: House) -> None:
    """In words, back to the board below the base path, and repeats nothing that was asked."""
    answer = house.door.get(address("/", f"team={TRAP}"), headers=house.ada)
    assert answer.status_code == 404
    assert 'href="/ocr/"' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "query", ["team=team", "team=", "", "Team=nobodys", "teams=nobodys", "q=team%3Dnobodys"]
)
def test_ones_own_team_is_there(house: House, query: str) -> None:
    """And so is a page that names none."""
    assert house.door.get(address("/", query), headers=house.ada).text == "inside"


def test_who_belongs_to_both_sees_both(house: House) -> None:
    """Pages and figures alike."""
    for named in ("team", house.theirs):
        assert house.door.get(address("/", f"team={named}"), headers=house.bob).text == "inside"
        assert house.door.get(address("/metrics", f"team={named}"), headers=house.bob).status_code == 200
        assert house.door.get(address("/api/v1/tasks", f"team={named}"), headers=house.bob).status_code == 200


def test_a_script_may_name_its_own_team(house: House) -> None:
    """It does not have to."""
    for query in ("team=team", "team=", ""):
        assert house.door.get(address("/api/v1/tasks", query), headers=house.key).status_code == 200


def test_strangers_are_asked_who_they_are_first(house: House) -> None:
    """They learn of no team."""
    assert house.door.get(address("/", f"team={house.theirs}")).status_code == 401


def test_share_links_know_no_teams(house: House) -> None:
    """Whatever somebody has added to them."""
    task_ref = store(Desk(database=house.app.database, team_id=house.app.team.team_id), "hello")
    secret = house.app.team.sharing.make([task_ref])
    path = address(f"{SHARE_PATH}/{secret}.txt", f"team={house.theirs}")
    for who in ({}, house.ada):
        assert house.door.get(path, headers=who).text == "hello"
