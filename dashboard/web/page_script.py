"""A script of ours in every page, before Streamlit's: it clears the page when its sign-in has ended.

Streamlit has no place for one: what pages draw comes too late to see the WebSocket being opened.
"""

from importlib.resources import files

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.base_path import route_path

SCRIPT_PATH = "/standing.js"
_TAG = f'<script src=".{SCRIPT_PATH}"></script>'.encode()
_HEAD = b"<head>"
_STREAMLIT = b'<div id="root">'
"""What tells Streamlit's page from our own small ones."""

_UNCHANGED = ("if-none-match", "if-modified-since", "range", "accept-encoding")
"""What a browser must not ask for about a page that is changed on its way: a cached one may lack the script."""


def routes() -> list[BaseRoute]:
    """The script itself."""
    source = (files("dashboard.web") / "assets" / "standing.js").read_bytes()

    async def script(_: Request) -> Response:
        return Response(source, media_type="text/javascript", headers={"Cache-Control": "no-store"})

    return [Route(SCRIPT_PATH, script, methods=["GET"])]


class PageScript:
    """Puts the script at the beginning of Streamlit's page, whichever address it is opened by."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request; the page is the only answer that is held back to be changed."""
        if scope["type"] != "http" or not _may_be_page(scope):
            await self.app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        for name in _UNCHANGED:
            del headers[name]
        await self.app({**scope, "headers": headers.raw}, receive, _changing(send))


def _may_be_page(scope: Scope) -> bool:
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return scope["method"] == "GET" and b"text/html" in accepted and not route_path(scope).startswith("/api/")


def _changing(send: Send) -> Send:
    start: Message | None = None
    body = b""

    async def changing(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start" and _is_html(message):
            start = message
            return
        if start is None or message["type"] != "http.response.body":
            await send(message)
            return
        body += message.get("body", b"")
        if message.get("more_body", False):
            return
        whole = body.replace(_HEAD, _HEAD + _TAG, 1) if _STREAMLIT in body else body
        if whole != body:
            headers = MutableHeaders(scope=start)
            del headers["etag"], headers["last-modified"]
            headers["content-length"] = str(len(whole))
        await send(start)
        await send({"type": "http.response.body", "body": whole})

    return changing


def _is_html(message: Message) -> bool:
    kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(b"text/html") for kind in kinds)
