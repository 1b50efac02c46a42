"""Runs the sandbox: in a thread beside the dashboard, or alone as `ocr-dashboard sandbox`."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from dashboard.sandbox.service import build_app
from dashboard.sandbox.state import SandboxState

_STOP_SECONDS = 3.0


class _Connection(H11Protocol):
    """Leaves the transport in the scope's state: some faults break the connection, which ASGI cannot say."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn's class
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}
        # Off for this server only; uvicorn's own switch would silence every server of the process.
        self.access_log = False
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        """Set when the server listens, and also when it ended without ever listening."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.settled.set()


class SandboxServer:
    """The sandbox on a port of its own.

    Args:
        host: address to listen on; anything but loopback lets strangers in.
        port: 0 for any free one.
        state: what it remembers; a fresh one when None.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, state: SandboxState | None = None) -> None:
        self.state = state or SandboxState()
        self._address = (host, port)
        self._url = ""
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Base URL without a slash at its end; known once it was started."""
        return self._url

    def start(self) -> Self:
        """Listen, and answer from a thread with an event loop of its own; returns when it listens.

        Raises:
            OSError: the address is taken or not ours.
            RuntimeError: it is running already, or the server ended while starting.
        """
        if self._thread is not None:
            raise RuntimeError("this sandbox is running already")
        server, listener = self._prepare()

        def answer() -> None:
            try:
                server.run(sockets=[listener])
            finally:
                listener.close()
                server.settled.set()

        thread = threading.Thread(target=answer, name="sandbox", daemon=True)
        self._server, self._thread = server, thread
        thread.start()
        server.settled.wait()
        if not server.started:
            self.stop()
            raise RuntimeError("the sandbox ended while it was starting")
        return self

    def stop(self, *, timeout_seconds: float = _STOP_SECONDS) -> None:
        """Stop listening and end all connections, within three seconds; may be called twice."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(timeout_seconds)
        self._server, self._thread = None, None

    def run(self, announce: Callable[[str], None] | None = None) -> None:
        """Answer in this thread until Ctrl-C or SIGTERM.

        Args:
            announce: called once with the URL, as soon as connections are taken.

        Raises:
            OSError: the address is taken or not ours.
        """
        server, listener = self._prepare()
        with contextlib.closing(listener), contextlib.suppress(KeyboardInterrupt):
            if announce is not None:
                announce(self._url)
            server.run(sockets=[listener])

    def _prepare(self) -> tuple[_Server, socket.socket]:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        # asyncio sets this only on sockets it made itself; without it every kept-alive answer takes 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        shown = f"[{host}]" if ":" in host else host
        self._url = f"http://{shown}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            build_app(self.state),
            http=_Connection,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        return _Server(config), listener

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
