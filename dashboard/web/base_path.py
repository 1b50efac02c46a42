"""A dashboard below a path of a host it shares: ``https://example.org/ocr/``.

The operator says which path it is, or else a proxy that is named says it. ASGI's ``root_path`` does the work:
Starlette's and Streamlit's routes look behind it, links are made with it. Nothing is answered here: that is for the
gate, which comes behind.
"""

from collections.abc import Container

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.addresses import normal_base_path

PREFIX = "x-forwarded-prefix"
"""Header by which reverse proxies say which path they have stripped."""


class BasePath:
    """Tells what is inside where the dashboard is reached; works with proxies that strip the path and with others.

    Args:
        app: what is behind it.
        base_path: begins with a slash and ends with none; empty where only proxies say it.
        proxies: who is believed; whoever asks must still have the address of the connection.
    """

    def __init__(self, app: ASGIApp, *, base_path: str = "", proxies: Container[str] = ()) -> None:
        self.app = app
        self._base = base_path
        self._believed = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        base = self._base or self._said_by_proxy(scope)
        if not base:
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        is_inside = path == base or path.startswith(f"{base}/")
        inside = path if is_inside else f"{base}{path}"
        await self.app({**scope, "root_path": base, "path": inside}, receive, send)

    def _said_by_proxy(self, scope: Scope) -> str:
        """What the nearest proxy has stripped; of several words the last one, the others may be a stranger's."""
        client = scope.get("client")
        if not client or client[0] not in self._believed:
            return ""
        said = ",".join(Headers(scope=scope).getlist(PREFIX)).rpartition(",")[2]
        try:
            return normal_base_path(said)
        except ValueError:
            return ""


def route_path(scope: Scope) -> str:
    """The path of a request as routes name it, without the base path."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] or "/" if root and path.startswith(f"{root}/") else path
