"""Everything before and beside the API, while the database cannot be used."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.team.access import COOKIE
from dashboard.settings import Settings
from dashboard.web import joining, share_pages
from dashboard.web.admission import Admission
from dashboard.web.store_trouble import StoreTrouble
from tests.chaos.waiting import wait_until
from tests.web.serving import NOBODY

SENTENCE = "was deleted or moved away while the dashboard was running"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard for members only; it polls nothing."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data", access="team", api_url=NOBODY, poller="off"))
    yield built
    built.stop()


@pytest.fixture
def client(team: Dashboard) -> TestClient:
    """A member's browser, in front of what asks the database before there is a page."""

    async def page(_: Request) -> Response:
        return PlainTextResponse("page")

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    routes = [
        *joining.routes(lambda: team.access),
        *share_pages.routes(lambda: team.shared_results, team.clock),
        Route("/", page),
        Route("/api/v1/tasks", page),
        WebSocketRoute("/_stcore/stream", talk),
    ]
    inside = Admission(Starlette(routes=routes), access=lambda: team.access)
    link = team.team.members.make_link(role=Role.VIEWER)
    cookie, _ = team.access.join(link, cookie=None, name="Ada", browser="")
    return TestClient(StoreTrouble(inside), cookies={COOKIE: cookie}, follow_redirects=False)


def test_every_answer_is_a_sentence(team: Dashboard, client: TestClient) -> None:
    """Pages, the API, links to join and to share, and the socket of a page: none is a traceback."""
    assert client.get("/").text == "page"
    shutil.rmtree(team.settings.data_dir)
    wait_until(lambda: client.get("/").status_code != 200, "who is signed in is remembered for a second")
    page = client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, SENTENCE in page.text) == (503, True)
    assert "<h1>The database cannot be used</h1>" in page.text
    told = client.get("/api/v1/tasks")
    assert (told.status_code, SENTENCE in told.json()["detail"]) == (503, True)
    for path in ("/", "/join/secret", "/s/secret", "/s/secret.txt"):
        answer = client.get(path)
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
        assert answer.headers["cache-control"] == "no-store"
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/_stcore/stream"):
        pass
    assert closed.value.code == 1013
