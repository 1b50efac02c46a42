"""Dropping a file, through everything that stands before the routes."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import Message

from dashboard.bootstrap import Dashboard, build
from dashboard.models import SYSTEM, Role
from dashboard.services.team.access import COOKIE
from dashboard.settings import Settings
from dashboard.web import dropped_api
from dashboard.web.admission import SCOPE_KEY, Admission
from dashboard.web.api import build_api
from dashboard.web.gate import Gate, known_hosts
from tests.dropping import made
from tests.web.serving import ORIGIN, V1

DROPPED = f"{V1}/dropped"
ClientOf = Callable[[Role | None], TestClient]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with access control and a small limit."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), access="team", poller="off", upload_mb=1)
    built = build(settings)
    yield built
    built.stop()


@pytest.fixture(scope="module")
def client_of(app: Dashboard) -> ClientOf:
    """A browser of somebody with this role, or of nobody."""
    gate = Middleware(Gate, hosts=known_hosts("127.0.0.1", ""), this_machine_only=True)
    admission = Middleware(Admission, access=lambda: app.access)
    server = Starlette(routes=[Mount("/api", build_api(lambda: app))], middleware=[gate, admission])

    def client(role: Role | None) -> TestClient:
        found = TestClient(server, base_url=ORIGIN, raise_server_exceptions=False)
        if role is not None:
            cookie, _ = app.access.join(
                app.team.members.make_link(role=role), cookie=None, name=role.value, browser=""
            )
            found.cookies.set(COOKIE, cookie)
        return found

    return client


def test_who_may_drop(client_of: ClientOf) -> None:
    """Editors and owners, nobody else, and no page elsewhere through their browsers."""
    expected = {None: 401, Role.VIEWER: 403, Role.EDITOR: 200, Role.OWNER: 200}
    for role, status in expected.items():
        client = client_of(role)
        assert client.post(DROPPED, content=made.as_file("PNG")).status_code == status
        assert client.delete(f"{DROPPED}/1-1").status_code == (204 if status == 200 else status)
        assert client.get(f"{DROPPED}/1-1/thumbnail").status_code == (404 if status == 200 else status)
        foreign = {"Origin": "https://elsewhere.example"}
        assert client.post(DROPPED, content=b"x", headers=foreign).status_code == 403


def test_a_dropped_file(client_of: ClientOf) -> None:
    """It waits for who dropped it, with a picture, until it is removed; for nobody else of the team."""
    client, other = client_of(Role.EDITOR), client_of(Role.EDITOR)
    answer = client.post(DROPPED, params={"name": "../Scan 1.png"}, content=made.as_file("PNG")).json()
    ((one,), refused) = (answer["files"], answer["not_taken"])
    assert (one["name"], refused) == ("Scan 1.png", [])
    thumbnail = client.get(f"{DROPPED}/{one['id']}/thumbnail")
    assert (thumbnail.headers["content-type"], thumbnail.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert thumbnail.headers["cache-control"] == "no-store"
    assert other.get(f"{DROPPED}/{one['id']}/thumbnail").status_code == 404
    other.delete(f"{DROPPED}/{one['id']}")
    assert client.get(f"{DROPPED}/{one['id']}/thumbnail").status_code == 200
    assert client.delete(f"{DROPPED}/{one['id']}").status_code == 204
    assert client.get(f"{DROPPED}/{one['id']}/thumbnail").status_code == 404


def test_a_file_that_is_not_taken(client_of: ClientOf) -> None:
    """Says why; that is no failure of the request, because others of the same ZIP may be taken."""
    answer = client_of(Role.EDITOR).post(DROPPED, params={"name": "a.png"}, content=b"MZ" + bytes(99))
    (one,) = answer.json()["not_taken"]
    assert (one["name"], "a program" in one["sentence"]) == ("a.png", True)


@pytest.mark.parametrize("announced", [True, False])
def test_too_large(client_of: ClientOf, app: Dashboard, *, announced: bool) -> None:
    """Is refused before it is read, or as soon as it is too much; nothing is left of it."""
    folder = app.settings.data_dir / "dropped"
    before = _uploads(folder)
    body = b"x" * 1_000_001
    content = body if announced else iter([body[:500_000], body[500_000:]])
    answer = client_of(Role.EDITOR).post(DROPPED, content=content)
    assert (answer.status_code, "up to 1 MB" in answer.json()["detail"]) == (422, True)
    assert _uploads(folder) == before


def test_it_is_written_while_it_comes(app: Dashboard) -> None:
    """At any time, all but the last two megabytes are on the disk; what breaks off leaves nothing."""
    server = build_api(lambda: app)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/dropped",
        "raw_path": b"/v1/dropped",
        "query_string": b"",
        "headers": [],
        SCOPE_KEY: (app.team.team_id, SYSTEM),
    }
    folder = app.settings.data_dir / "dropped"
    before, sent = _uploads(folder), 0

    async def receive() -> Message:
        nonlocal sent
        written = sum(
            path.stat().st_size for path in folder.rglob("*") if path.is_file() and ".orig" in path.name
        )
        assert written >= sent - 200_000
        if sent >= 800_000:
            return {"type": "http.disconnect"}
        sent += 100_000
        return {"type": "http.request", "body": bytes(100_000), "more_body": True}

    async def send(_: Message) -> None:
        pass

    async def drop() -> None:
        with contextlib.suppress(ClientDisconnect):
            await server(scope, receive, send)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dropped_api, "_PIECE", 100_000)
        asyncio.run(drop())
    assert sent == 800_000
    assert _uploads(folder) == before


def _uploads(folder: Path) -> set[Path]:
    return set(folder.glob("*/*"))
