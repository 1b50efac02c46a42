"""A raw TCP server over loopback that answers, or misbehaves, exactly as told."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from dashboard.cloud.client import CloudClient
from tests.cloud.wire import Behaviour, Serve


@pytest.fixture
def seen() -> list[bytes]:
    """Collect the head and body of every request that arrived, in order."""
    return []


class RawServers:
    """Servers that live as long as one test; what arrives at any of them is collected in ``seen``."""

    def __init__(self, seen: list[bytes]) -> None:
        self._seen = seen
        self._listeners: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def start(
        self, answer: bytes | Behaviour, *, keep: bool = False, tls: ssl.SSLContext | None = None
    ) -> str:
        """Serve on a free port and return the base URL.

        ``answer`` is the bytes to send, or a function of the connection and the request; ``keep``
        serves further requests on the same connection.
        """
        behave: Behaviour = (lambda conn, _: conn.sendall(answer)) if isinstance(answer, bytes) else answer
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listeners.append(listener)
        self._run(self._accept, listener, behave, keep=keep, tls=tls)
        return f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """Close everything and wait for it."""
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join(10)

    def _run(self, target: Callable[..., None], *args: object, **options: object) -> None:
        thread = threading.Thread(target=target, args=args, kwargs=options, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, behave: Behaviour, **options: object) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                conn, _ = listener.accept()
                self._run(self._handle, conn, behave, **options)

    def _handle(
        self, conn: socket.socket, behave: Behaviour, *, keep: bool, tls: ssl.SSLContext | None
    ) -> None:
        conn.settimeout(10)
        # The client hanging up is what most of these tests are about.
        with (
            conn,
            contextlib.suppress(OSError),
            tls.wrap_socket(conn, server_side=True) if tls else conn as stream,
        ):
            while request := _read_request(stream):
                self._seen.append(request)
                behave(stream, request)
                if not keep:
                    break


@pytest.fixture
def serve(seen: list[bytes]) -> Iterator[Serve]:
    """Start raw servers: ``serve(answer, keep=False, tls=None) -> base URL``."""
    servers = RawServers(seen)
    yield servers.start
    servers.stop()


@pytest.fixture
def client() -> Iterator[CloudClient]:
    """Ask with small limits: 0.3 s for a GET, 0.4 s for a POST, 1 MiB."""
    client = CloudClient(get_seconds=0.3, post_seconds=0.4, max_bytes=2**20)
    yield client
    client.close()


def _read_request(conn: socket.socket) -> bytes:
    """One request with its body, unless the body is larger than a test would read."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = conn.recv(65_536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = int(sizes[0].split(b":")[1]) if sizes else 0
    while len(body) < size <= 100_000:
        body += conn.recv(65_536)
    return head + b"\r\n\r\n" + body
