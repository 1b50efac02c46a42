"""Files that are made while they are sent: over real connections that are closed in the middle."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.web import streaming
from dashboard.web.streaming import MadeWhileSent

PATIENCE = 20.0
"""Seconds until a test gives up."""


class Making:
    """Pieces without an end, and what became of their making."""

    def __init__(self, *, size: int = 100_000, count: int | None = None) -> None:
        self.closed = threading.Event()
        self.made = 0
        self._size = size
        self._count = count

    def pieces(self) -> Iterator[bytes]:
        """One piece after the other."""
        try:
            while self._count is None or self.made < self._count:
                self.made += 1
                yield b"x" * self._size
        finally:
            self.closed.set()


@contextmanager
def served(making: Making) -> Iterator[int]:
    """A real server that sends these pieces; gives its port."""

    async def answer(_: Request) -> Response:
        return MadeWhileSent(making.pieces(), media_type="text/plain", headers={})

    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=[Route("/", answer)]), log_level="error", lifespan="off")
    )
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()


def ask(port: int, *, take: int) -> None:
    """Ask, take so many bytes, and hang up."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while take > 0 and (piece := connection.recv(min(take, 65_536))):
            take -= len(piece)


@pytest.mark.parametrize("take", [1, 50_000, 3_000_000])
@pytest.mark.parametrize("size", [1, 100_000])
def test_making_ends_when_nobody_listens(take: int, size: int) -> None:
    """Wherever it was broken off; pieces may be tiny."""
    making = Making(size=size)
    with served(making) as port:
        ask(port, take=min(take, 2_000) if size == 1 else take)
        assert making.closed.wait(PATIENCE)


def test_a_listener_who_takes_nothing_holds_up_the_making() -> None:
    """What nobody takes is not made ahead."""
    making = Making(size=1_000_000)
    with served(making) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        connection.recv(1_000)
        assert not making.closed.wait(0.3)
        assert making.made < 100


def test_what_is_taken_to_its_end_is_whole() -> None:
    """And ended once."""
    making = Making(size=10_000, count=30)
    with (
        served(making) as port,
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    assert received.count(b"x") == 300_000 + received.partition(b"\r\n\r\n")[0].count(b"x")
    assert making.closed.is_set()
    assert making.made == 30


def test_no_route_streams_in_another_way() -> None:
    """Or its making would go on for nobody."""
    folder = Path(streaming.__file__).parent
    found = [path.name for path in folder.glob("*.py") if "StreamingResponse" in path.read_text("utf-8")]
    assert found == ["streaming.py"]
