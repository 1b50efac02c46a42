"""What may be parked in memory: by whom, and how much."""

import asyncio
import errno
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import full_disk
from dashboard.models import Actor, ActorKind, Role
from dashboard.services.team.visitors import Place, Visitor
from dashboard.web.admission import SCOPE_KEY
from dashboard.web.uploads import Uploads

UPLOAD = "/_stcore/upload_file/session-1/file-1"


async def _takes(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


class As:
    """Stands for the admission."""

    def __init__(self, app: ASGIApp, who: object) -> None:
        self.app = app
        self.who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in."""
        await self.app(scope if self.who is None else {**scope, SCOPE_KEY: self.who}, receive, send)


def person(role: Role, sign_in_id: int = 1) -> Visitor:
    """A member of one team."""
    place = Place(team_id=1, slug="team", team="Team", role=role)
    return Visitor(sign_in_id=sign_in_id, name="Ada", places=(place,), until=datetime(2027, 1, 1, tzinfo=UTC))


def client(who: object = None, parked: int = 0, most: int = 100) -> TestClient:
    """A server whose page holds so much already."""
    everything = ["GET", "PUT", "POST", "DELETE", "OPTIONS"]
    inside = Starlette(routes=[Route("/{path:path}", _takes, methods=everything)])
    return TestClient(As(Uploads(inside, parked=lambda _: parked, most=most), who))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 200),
        (person(Role.VIEWER), 403),
        (person(Role.EDITOR), 200),
        (person(Role.OWNER), 200),
        ((1, Actor(kind=ActorKind.KEY, name="k", role=Role.VIEWER)), 403),
        ((1, Actor(kind=ActorKind.KEY, name="k", role=Role.EDITOR)), 200),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_who_may_upload(who: object, status: int, method: str) -> None:
    """Whoever may change something; everybody may do everything else."""
    assert client(who).request(method, UPLOAD, content=b"x").status_code == status
    assert client(who).put("/elsewhere", content=b"x").status_code == 200
    assert client(who).options(UPLOAD).status_code == 200


@pytest.mark.parametrize(
    ("parked", "size", "status"), [(0, 100, 200), (0, 101, 413), (90, 10, 200), (90, 11, 413)]
)
def test_how_much_one_page_holds(parked: int, size: int, status: int) -> None:
    """What is there already counts; what is refused is not read."""
    assert client(parked=parked).put(UPLOAD, content=b"x" * size).status_code == status


def test_a_body_without_a_length() -> None:
    """Could be any length."""
    assert client().put(UPLOAD, content=iter([b"x"])).status_code == 411
    assert client().put(UPLOAD, content=b"x", headers={"Content-Length": "+1"}).status_code in (400, 411)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_many_at_once_count_together() -> None:
    """Before any of them has arrived."""
    answers: list[int] = []
    arrived = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await arrived.wait()
        await PlainTextResponse("ok")(scope, receive, send)

    uploads = Uploads(slow, parked=lambda _: 0, most=100)

    async def one(path: str) -> None:
        headers = [(b"content-length", b"40")]
        scope: dict[str, Any] = {"type": "http", "method": "PUT", "path": path, "headers": headers}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's loose dict
            if message["type"] == "http.response.start":
                answers.append(message["status"])
                arrived.set()

        await uploads(scope, receive, send)

    other = "/_stcore/upload_file/session-2/a"
    await asyncio.gather(one(UPLOAD), one(UPLOAD), one(UPLOAD), one(other))
    assert sorted(answers) == [200, 200, 200, 413]
    await one(UPLOAD)
    assert answers[-1] == 200


class TestAllPages:
    """What somebody may hold in all pages together, however many they open: 150 bytes, of 100 in each."""

    def shelf(self, *people: object) -> tuple[dict[str, int], Uploads, list[TestClient]]:
        """What is held by page, what stands before it, and a browser for each of these people."""
        held: dict[str, int] = {}

        async def keep(request: Request) -> Response:
            page = request.path_params["page"]
            size = 0 if request.method == "DELETE" else held.get(page, 0) + len(await request.body())
            held[page] = size
            return PlainTextResponse("kept")

        path = "/_stcore/upload_file/{page}/{file}"
        routes = [Route(path, keep, methods=["PUT", "DELETE"])]
        uploads = Uploads(
            Starlette(routes=routes), parked=lambda page: held.get(page, 0), most=100, most_of_one=150
        )
        return held, uploads, [TestClient(As(uploads, who)) for who in people]

    def put(self, client: TestClient, page: str, size: int = 60) -> int:
        """Upload a file in a page."""
        return client.put(f"/_stcore/upload_file/{page}/file", content=bytes(size)).status_code

    @pytest.mark.parametrize(
        "who",
        [person(Role.EDITOR), (1, Actor(kind=ActorKind.KEY, name="k", role=Role.EDITOR, key_id=3)), None],
    )
    def test_have_a_limit(self, who: object) -> None:
        """Also for a key, and where nobody signs in; the sentence says what helps."""
        held, _, (client,) = self.shelf(who)
        assert [self.put(client, page) for page in "abcd"] == [200, 200, 413, 413]
        refused = client.put("/_stcore/upload_file/e/file", content=bytes(60))
        assert "close other pages" in refused.text
        assert sum(held.values()) == 120

    def test_what_is_removed_or_left_makes_room(self) -> None:
        """As soon as it is gone."""
        held, _, (client,) = self.shelf(person(Role.EDITOR))
        assert [self.put(client, page) for page in "abc"] == [200, 200, 413]
        client.delete("/_stcore/upload_file/a/file")
        assert [self.put(client, page) for page in "cd"] == [200, 413]
        held.clear()
        assert [self.put(client, page) for page in "ef"] == [200, 200]

    def test_are_those_of_one_person(self) -> None:
        """Somebody else has their own; a page that is called like a person is still a page."""
        _, _, (ada, bob) = self.shelf(person(Role.EDITOR, 1), person(Role.OWNER, 2))
        assert [self.put(ada, page) for page in ("a", "b", "sign-in 2")] == [200, 200, 413]
        assert [self.put(bob, page) for page in ("c", "d", "e")] == [200, 200, 413]

    def test_nothing_is_remembered_of_who_holds_nothing(self) -> None:
        """However many come and go."""
        held, uploads, clients = self.shelf(*(person(Role.EDITOR, number) for number in range(20)))
        for number, client in enumerate(clients):
            assert self.put(client, f"page-{number}") == 200
        held.clear()
        assert clients[0].delete("/_stcore/upload_file/x/file").status_code == 200
        assert not vars(uploads)["_pages"]
        assert not vars(uploads)["_coming"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_many_pages_at_once_count_together() -> None:
    """Before anything of them has arrived; what breaks off counts no more."""
    statuses: list[int] = []
    arriving = asyncio.Event()

    async def breaks(*_: object) -> None:
        await arriving.wait()
        raise ConnectionError

    uploads = Uploads(breaks, parked=lambda _: 0, most=100, most_of_one=150)

    async def one(page: int) -> None:
        path = f"/_stcore/upload_file/{page}/file"
        headers = [(b"content-length", b"60")]
        scope: dict[str, Any] = {"type": "http", "method": "PUT", "path": path, "headers": headers}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's loose dict
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await uploads(scope, receive, send)

    first = [asyncio.create_task(one(page)) for page in range(5)]
    await asyncio.sleep(0)
    arriving.set()
    await asyncio.gather(*first, return_exceptions=True)
    assert statuses == [413] * 3
    with pytest.raises(ConnectionError):
        await one(9)


def test_a_full_disk() -> None:
    """Larger files lie on it while they come in; that it is full is said, and nobody has to read a log for it."""

    async def writes(scope: Scope, receive: Receive, send: Send) -> None:
        assert await Request(scope, receive, send).body()
        if scope["path"] == UPLOAD:
            raise OSError(errno.ENOSPC, "No space left on device")
        raise OSError(errno.EIO, "I/O error")

    uploading = TestClient(Uploads(writes, parked=lambda _: 0))
    refused = uploading.put(UPLOAD, content=b"x")
    assert (refused.status_code, refused.text) == (507, full_disk.SENTENCE)
    with pytest.raises(OSError, match="I/O error"):
        uploading.put(f"{UPLOAD}-other", content=b"x")
