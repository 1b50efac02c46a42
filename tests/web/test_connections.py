"""Connections that wait for ever, and too many of them, against a real server."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from dashboard.web.connections import Doorkeeper, PatientProtocol


class Conn:
    """A connection that can be ended."""

    def __init__(self) -> None:
        self.ended = False

    def is_open(self) -> bool:
        """Until it is ended."""
        return not self.ended

    def end(self) -> None:
        """As the doorkeeper does."""
        self.ended = True


class TestDoorkeeper:
    """Who makes room for whom."""

    def test_the_oldest_that_waits_makes_room(self) -> None:
        """Not one that is being answered, and not a member's."""
        door = Doorkeeper(most=4)
        busy, first, second, third, fourth = (Conn() for _ in range(5))
        for number, conn in enumerate((busy, first, second, third)):
            assert door.admit(conn, f"10.0.0.{number}")
        door.asked(busy)
        assert door.admit(fourth, "10.0.0.9")
        assert [it.ended for it in (busy, first, second, third, fourth)] == [False, True, False, False, False]
        assert len(door) == 4

    def test_one_address_cannot_take_all(self) -> None:
        """Its own oldest makes room, so that everybody else's stay."""
        door = Doorkeeper(most=10)
        member = Conn()
        door.admit(member, "10.0.0.1")
        theirs = [Conn() for _ in range(50)]
        assert all(door.admit(conn, "10.6.6.6") for conn in theirs)
        assert sum(not conn.ended for conn in theirs) == 5
        assert not member.ended

    def test_no_room_among_the_busy(self) -> None:
        """When everybody is being answered, another one is refused."""
        door = Doorkeeper(most=2)
        for number in range(2):
            conn = Conn()
            assert door.admit(conn, f"10.0.0.{number}")
            door.asked(conn)
        late = Conn()
        assert not door.admit(late, "10.0.0.9")
        assert len(door) == 2

    def test_a_proxy_may_have_more(self) -> None:
        """Everybody comes by it."""
        door = Doorkeeper(most=10, proxies=frozenset({"10.0.0.0/24", "not an address"}))
        conns = [Conn() for _ in range(10)]
        for conn in conns:
            assert door.admit(conn, "10.0.0.7")
            door.asked(conn)
        assert not any(conn.ended for conn in conns)

    def test_what_is_closed_is_forgotten(self) -> None:
        """WebSockets end without telling."""
        door = Doorkeeper(most=2)
        gone = Conn()
        for conn in (gone, Conn()):
            door.admit(conn, "10.0.0.1")
            door.asked(conn)
        gone.ended = True
        assert door.admit(Conn(), "10.0.0.2")
        assert len(door) == 2

    def test_who_may_ask_again_waits_again(self) -> None:
        """An idle connection of before can make room."""
        door = Doorkeeper(most=2)
        idle, other = Conn(), Conn()
        door.admit(idle, "10.0.0.1")
        door.admit(other, "10.0.0.2")
        door.asked(idle)
        door.asked(other)
        door.waits(idle)
        assert door.admit(Conn(), "10.0.0.3")
        assert idle.ended


class Hasty(PatientProtocol):
    """The same with little patience and little room."""

    head_seconds = 0.3
    body_seconds = 0.3


@dataclass(frozen=True, slots=True)
class Server:
    """A running one."""

    port: int

    def speak(self, data: bytes = b"") -> socket.socket:
        """A connection that has said this."""
        conn = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        conn.sendall(data)
        return conn


async def _short(_: Request) -> Response:
    return PlainTextResponse("short")


async def _body(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _slow(_: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _number in range(4):
            await asyncio.sleep(0.2)
            yield b"piece"

    return StreamingResponse(pieces())


async def _late(request: Request) -> Response:
    await asyncio.sleep(0.8)  # nothing is read meanwhile: it is us who wait
    return PlainTextResponse(str(len(await request.body())))


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    with contextlib.suppress(Exception):
        while True:
            await websocket.send_text(await websocket.receive_text())


@pytest.fixture
def server() -> Iterator[Server]:
    """A few routes behind the hasty protocol; at most six connections."""
    routes = [
        Route("/short", _short),
        Route("/body", _body, methods=["POST"]),
        Route("/slow", _slow),
        Route("/late", _late, methods=["POST"]),
        WebSocketRoute("/talk", _talk),
    ]
    Hasty.doorkeeper = Doorkeeper(most=6, proxies=frozenset({"127.0.0.1"}))
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, http=Hasty, ws="websockets-sansio", log_config=None, lifespan="off"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
    yield Server(running.servers[0].sockets[0].getsockname()[1])
    running.should_exit = True
    thread.join(10)


def is_closed(conn: socket.socket) -> bool:
    """Wait until the other side has hung up, for five seconds at most."""
    try:
        while conn.recv(4096):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /short HTTP/1.1\r\n",
        b"GET /short HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf",
        b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        b"GET /short HTTP/1.1\r\nHost: x\r\n\r\nGET /sho",
    ],
)
def test_what_stays_unfinished_is_closed(server: Server, said: bytes) -> None:
    """A head, a body, and the next head on a kept-alive connection."""
    with server.speak(said) as conn:
        assert is_closed(conn)


def test_a_head_that_drips_is_closed(server: Server) -> None:
    """Each byte does not buy more time."""
    with server.speak(b"GET /short HTTP/1.1\r\n") as conn:
        assert any(_hangs_up_after_one_more(conn) for _ in range(100))


def _hangs_up_after_one_more(conn: socket.socket) -> bool:
    conn.settimeout(0.05)
    try:
        conn.sendall(b"X")
        return conn.recv(100) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_what_takes_its_time_is_served(server: Server) -> None:
    """A long answer, a body that waits for us, a WebSocket on which nothing is said."""
    url = f"http://127.0.0.1:{server.port}"
    with connect(f"ws://127.0.0.1:{server.port}/talk") as talk:
        assert requests.get(f"{url}/slow", timeout=10).text == "piece" * 4
        assert requests.post(f"{url}/late", data=b"x" * 2_000_000, timeout=10).text == "2000000"
        talk.send("still here")
        assert talk.recv(5) == "still here"


def test_many_half_open_ones_keep_nobody_out(server: Server) -> None:
    """Fifty at a server for six: somebody who asks is answered, and so is the page that was open before."""
    with connect(f"ws://127.0.0.1:{server.port}/talk") as talk, contextlib.ExitStack() as opened:
        for _ in range(50):
            opened.enter_context(server.speak(b"GET / HT"))
        assert requests.get(f"http://127.0.0.1:{server.port}/short", timeout=5).text == "short"
        talk.send("still here")
        assert talk.recv(5) == "still here"
    assert len(Hasty.doorkeeper) <= 6
