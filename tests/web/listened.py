"""A real server on our terms, with few places and little patience, and clients that misbehave."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.connections import Patience
from dashboard.web.doorkeeper import Room
from dashboard.web.forwarding import Forwarding, Proxies
from dashboard.web.listening import Listening
from tests.chaos.waiting import wait_until

CHUNK = bytes(64 * 1024)
CHUNKS = 400
"""Of a download: more than any kernel keeps for a reader who does not read."""


@dataclass
class Rooms:
    """What is behind the door; says what it has seen."""

    go: threading.Event = field(default_factory=threading.Event)
    """``/later`` waits for it, and so does ``/unhurried`` before it reads."""
    read: int = 0
    sent: int = 0
    gone: list[str] = field(default_factory=list)
    """Paths whose client went away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer like a small application."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path in ("/later", "/unhurried"):
            await asyncio.to_thread(self.go.wait)
        if path in ("/body", "/unhurried"):
            await self._read(path, receive)
        if path == "/download":
            await self._download(send)
            return
        told = {
            "client": (scope.get("client") or [None])[0],
            "scheme": scope["scheme"],
            "headers": sorted(name.decode("latin-1") for name, _ in scope["headers"]),
        }
        await _send(send, json.dumps(told).encode())

    async def _read(self, path: str, receive: Receive) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone.append(path)
                return
            self.read += len(message.get("body", b""))
            more = message.get("more_body", False)

    async def _download(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(CHUNKS):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            self.sent += len(CHUNK)
        await send({"type": "http.response.body", "body": b""})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        step = (await receive())["type"].removeprefix("lifespan.")
        await send({"type": f"lifespan.{step}.complete"})
        if step == "shutdown":
            return


async def _send(send: Send, body: bytes) -> None:
    start: Message = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-length", str(len(body)).encode())],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True)
class Listened:
    """A served application."""

    port: int
    rooms: Rooms
    _server: uvicorn.Server
    _thread: threading.Thread

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._server.server_state.connections)

    def end(self) -> None:
        """Tell it to end, as a signal does, and wait until it has; for ten seconds at most."""
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()

    def connect(self, *sent: bytes, source: str = "127.0.0.1") -> socket.socket:
        """A connection on which something is said at once, from one of this machine's many addresses."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(source, 0))
        for some in sent:
            made.sendall(some)
        return made

    def ask(self, path: str = "/", *headers: str, source: str = "127.0.0.1") -> bytes:
        """The whole answer to a request on a connection of its own."""
        with self.connect(request(path, *headers, "Connection: close"), source=source) as asking:
            return all_of(asking)


def request(path: str, *headers: str, method: str = "GET") -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def all_of(connection: socket.socket) -> bytes:
    """What comes until the server closes; a reset is an end like any other."""
    came = bytearray()
    with contextlib.suppress(ConnectionError):
        while some := connection.recv(1 << 20):
            came += some
    return bytes(came)


def one_of(connection: socket.socket) -> bytes:
    """The next answer on a connection that stays open."""
    came = b""
    while not came.endswith(b"}"):
        some = connection.recv(1 << 16)
        assert some, "it was closed"
        came += some
    return came


@contextmanager
def listened(
    *,
    most: int = 200,
    patience: Patience | None = None,
    proxies: tuple[str, ...] = (),
    believing: str = "127.0.0.1",
) -> Iterator[Listened]:
    """Serve over real sockets; ends everything afterwards.

    Args:
        most: connections at most.
        patience: of the server.
        proxies: who is believed.
        believing: whom uvicorn itself is told to believe.
    """
    rooms, named = Rooms(), Proxies(proxies)
    app: ASGIApp = Forwarding(rooms, proxies=named)
    app = Listening(app, proxies=named, patience=patience, room=Room(most=most, at_once=100))
    config = uvicorn.Config(
        app,
        port=0,
        log_config=None,
        forwarded_allow_ips=believing,
        ws="websockets-sansio",
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "it listens")
    try:
        yield Listened(server.servers[0].sockets[0].getsockname()[1], rooms, server, thread)
    finally:
        rooms.go.set()
        server.should_exit = server.force_exit = True
        thread.join(10)
