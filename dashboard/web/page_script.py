"""Scripts and the style of ours in every page, for which Streamlit has no place.

What pages draw comes too late to see the WebSocket being opened, and a style that comes with it moves all that has
been drawn by then.
"""

import hashlib
import html
from collections.abc import Sequence
from importlib.resources import files

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.base_path import route_path

FOLDER = "/folder.js"
"""Adds the slash that an address of the dashboard below a base path may lack."""

AWAY = "/away.js"
"""Says that the server is away, and asks until it is there again."""

STANDING = "/standing.js"
"""Clears the page when its sign-in has ended."""

DRAWN = "/drawn.js"
"""Shows a page when all of it is there."""

STYLE = "/frame.css"
"""How pages look beyond what settings of Streamlit cover."""

_HEAD = b"<head>"
_END = b"</body>"
"""The style stands here: of two rules that are as exact the later one counts, and Streamlit's are in the head."""
_STREAMLIT = b'<div id="root">'
"""What tells Streamlit's page from our own small ones."""

_UNCHANGED = ("if-none-match", "if-modified-since", "range", "accept-encoding")
"""What a browser must not ask for about a page that is changed on its way: a cached one may lack the script."""


def routes(scripts: Sequence[str]) -> list[BaseRoute]:
    """The scripts themselves, and the style."""
    return [*map(_script, scripts), _style()]


def _read(path: str) -> bytes:
    return (files("dashboard.web") / "assets" / path.removeprefix("/")).read_bytes()


def _style() -> Route:
    source = _read(STYLE)

    async def style(_: Request) -> Response:
        # Its address changes with it, so that browsers keep it.
        return Response(
            source, media_type="text/css", headers={"Cache-Control": "max-age=31536000, immutable"}
        )

    return Route(STYLE, style, methods=["GET"])


def _script(path: str) -> Route:
    source = _read(path)

    async def script(_: Request) -> Response:
        return Response(source, media_type="text/javascript", headers={"Cache-Control": "no-store"})

    return Route(path, script, methods=["GET"])


class PageScript:
    """Puts scripts at the beginning of Streamlit's page and the style at its end, whichever address it is opened by."""

    def __init__(self, app: ASGIApp, *, scripts: Sequence[str]) -> None:
        self.app = app
        self._scripts = tuple(scripts)
        self._style = f"{STYLE}?v={hashlib.sha256(_read(STYLE)).hexdigest()[:12]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request; the page is the only answer that is held back to be changed."""
        if scope["type"] != "http" or not _may_be_page(scope):
            await self.app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        for name in _UNCHANGED:
            del headers[name]
        await self.app({**scope, "headers": headers.raw}, receive, _changing(send, *self._tags(scope)))

    def _tags(self, scope: Scope) -> tuple[bytes, bytes]:
        # Below a base path the page may be asked for without its last slash, and then nothing relative is found.
        root = html.escape(str(scope.get("root_path", "")) or ".", quote=True)
        scripts = "".join(f'<script src="{root}{path}"></script>' for path in self._scripts)
        return scripts.encode(), f'<link rel="stylesheet" href="{root}{self._style}">'.encode()


def _may_be_page(scope: Scope) -> bool:
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return scope["method"] == "GET" and b"text/html" in accepted and not route_path(scope).startswith("/api/")


def _changing(send: Send, scripts: bytes, style: bytes) -> Send:
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
        whole = body
        if _STREAMLIT in body:
            whole = body.replace(_HEAD, _HEAD + scripts, 1).replace(_END, style + _END, 1)
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
