"""A few routes behind a gate."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from dashboard.web.gate import Gate, known_hosts

OWN = {"Host": "localhost:8501"}


async def _page(_: Request) -> Response:
    return PlainTextResponse("page")


async def _own_policy(_: Request) -> Response:
    return PlainTextResponse(
        "file", headers={"Content-Security-Policy": "sandbox", "Cache-Control": "private"}
    )


async def _talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def gated(*, host: str = "127.0.0.1", allowed_hosts: str = "", this_machine_only: bool = False) -> TestClient:
    """A page, an API route, a file and a WebSocket behind a gate of a server bound to ``host``."""
    everything = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
    routes = [
        Route("/", _page, methods=everything),
        Route("/api/v1/tasks", _page, methods=everything),
        Route("/api/file", _own_policy),
        WebSocketRoute("/_stcore/stream", _talk),
    ]
    gate = Gate(
        Starlette(routes=routes),
        hosts=known_hosts(host, allowed_hosts),
        this_machine_only=this_machine_only,
    )
    return TestClient(gate)
