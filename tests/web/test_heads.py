"""HEAD answers where GET does, with the same head and nothing behind it."""

from collections.abc import Callable, Generator
from inspect import GEN_CLOSED, getgeneratorstate

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.web import health, joining, page_script, share_pages
from dashboard.web.api import build_api
from dashboard.web.heads import Heads
from dashboard.web.streaming import MadeWhileSent
from tests.web.serving import V1, part, register

Finish = Callable[..., int]


def test_every_route_of_the_api(client: TestClient, finish: Finish) -> None:
    """Read from what the API says it has, so that the next route is held to it too."""
    ref = finish("done-0001", part("Text", "Hello"))
    register(client, "open-0001")
    paths = client.get("/api/openapi.json").json()["paths"]
    asked = [path for path, ways in paths.items() if "get" in ways]
    assert len(asked) > 8
    for path in ["/openapi.json", *asked]:
        address = f"/api{path}".replace("{reference}", str(ref)).replace("{position}", "0")
        full, head = client.get(address), client.head(address)
        assert head.status_code == full.status_code, address
        assert head.content == b"", address
        for name in ("content-type", "content-disposition"):
            assert head.headers.get(name) == full.headers.get(name), address
    text = client.head(f"{V1}/tasks/{ref}/text")
    assert text.headers["content-length"] == "5"


@pytest.mark.parametrize(
    ("path", "status"), [("/tasks/4711", 404), ("/tasks?per_page=0", 422), ("/nothing", 404)]
)
def test_mistakes(worn_client: TestClient, path: str, status: int) -> None:
    """The same answer as for GET."""
    assert worn_client.head(f"{V1}{path}").status_code == status
    assert worn_client.get(f"{V1}{path}").status_code == status


def test_the_routes_beside_it(dashboard: Dashboard) -> None:
    """Health, joining, sharing, the script of pages: every one that answers GET."""
    link = dashboard.team.members.make_link(role=Role.VIEWER)
    routes = [
        *health.routes(lambda: dashboard),
        *share_pages.routes(lambda: dashboard.shared_results, dashboard.clock),
        *joining.routes(lambda: dashboard.access),
        *page_script.routes([page_script.AWAY]),
        Mount("/api", build_api(lambda: dashboard)),
    ]
    client = TestClient(Starlette(routes=routes), base_url="http://127.0.0.1:8501")
    for route in routes:
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            address = route.path.replace("{secret}", link)
            full, head = client.get(address), client.head(address)
            assert (head.status_code, head.content) == (full.status_code, b""), address


def test_what_is_made_while_it_is_sent_is_let_go() -> None:
    """A ZIP of everything is not made for its head."""
    made: list[int] = []

    def make() -> Generator[bytes]:
        for number in range(1000):
            made.append(number)
            yield b"piece"

    pieces = make()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await MadeWhileSent(pieces, media_type="application/zip", headers={})(scope, receive, send)

    answer = TestClient(Heads(app)).head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert len(made) <= 2
    assert getgeneratorstate(pieces) == GEN_CLOSED
