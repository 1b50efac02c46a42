"""A dashboard below a path of a host it shares: ``https://example.org/ocr/``.

ASGI's ``root_path`` does the work: Starlette's and Streamlit's routes look behind it, links are made with it. Nothing
is answered here: that is for the gate, which comes behind.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class BasePath:
    """Tells what is inside where the dashboard is reached; works with proxies that strip the path and with others.

    Args:
        app: what is behind it.
        base_path: begins with a slash and ends with none.
    """

    def __init__(self, app: ASGIApp, *, base_path: str) -> None:
        self.app = app
        self._base = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        is_inside = path == self._base or path.startswith(f"{self._base}/")
        inside = path if is_inside else f"{self._base}{path}"
        await self.app({**scope, "root_path": self._base, "path": inside}, receive, send)


def route_path(scope: Scope) -> str:
    """The path of a request as routes name it, without the base path."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] or "/" if root and path.startswith(f"{root}/") else path
