"""Redirects within the dashboard: they name a path and never a host, which could be anybody's word.

A host or a scheme that a request brought along is only what somebody says, or wrong behind a proxy that is not named.
Stands behind the gate, which knows whom to answer at all.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Redirects:
    """Sends the base path itself to the folder it is, and takes the host out of every other redirect to ourselves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request; without its last slash the base path would be no folder to pages."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        root = str(scope.get("root_path", ""))
        if root and scope["path"] == root:
            await _to_folder(root, scope.get("query_string", b""))(scope, receive, send)
            return
        ours = (scope.get("scheme", "http"), Headers(scope=scope).get("host", "").lower())

        async def send_without_host(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if location := answer.get("location"):
                    answer["location"] = _within(location, ours)
            await send(message)

        await self.app(scope, receive, send_without_host)


def _to_folder(root: str, query: bytes) -> Response:
    asked = f"?{query.decode('latin-1')}" if query else ""
    # Not to be kept: where the path comes from a proxy, it is true for this request.
    headers = {"Location": f"{root.rpartition('/')[2]}/{asked}", "Cache-Control": "no-store"}
    return Response(status_code=308, headers=headers)


def _within(location: str, ours: tuple[str, str]) -> str:
    """A redirect to the scheme and host that were asked for as a path; any other as it is."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return location
    # Two slashes would name a host again, and browsers read a backslash as a slash.
    if (parts.scheme, parts.netloc.lower()) != ours or parts.path[1:2] in ("/", "\\"):
        return location
    return parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
