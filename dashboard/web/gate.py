"""The gate in front of every route and the WebSocket: who may ask, and what browsers may do with answers.

Plain ASGI, because it must see WebSocket handshakes and must not buffer streams.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from importlib.util import find_spec
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.base_path import route_path

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Gate:
    """Refuses foreign hosts and cross-site writes, and adds the security headers.

    - A page elsewhere cannot reach a dashboard on somebody's laptop through a rebound DNS name: only known
      host names are answered.
    - A page elsewhere cannot write through a visitor's browser: unsafe methods and WebSockets must come from
      our own origin, or from no browser at all.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] | None, this_machine_only: bool = False) -> None:
        """Let through only these host names; None lets through all of them.

        ``this_machine_only`` also refuses what arrives on an address other machines can reach: servers that are
        started without our command line listen on all of them unless told otherwise.
        """
        self.app = app
        self._this_machine_only = this_machine_only
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            await _refuse(refusal, scope, receive, send)
            return

        of_api = route_path(scope).startswith("/api/")  # routing changes the scope on its way in

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    answer.setdefault(name, value)
                if of_api:
                    answer.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        if self._this_machine_only and is_exposed(scope.get("server")):
            return "This dashboard answers its own machine only. OCR_DASHBOARD_HOST says where it listens."
        host = headers.get("host", "")
        if self._hosts is not None and host_name(host) not in self._hosts:
            return "Unknown host name. Add it to OCR_DASHBOARD_ALLOWED_HOSTS."
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = headers.get("origin")
        if unsafe and origin and _site(origin) != host.lower():
            return "This request came from another site."
        if unsafe and headers.get("sec-fetch-site") == "cross-site":
            return "This request came from another site."
        return None


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    await PlainTextResponse(reason, status_code=403)(scope, receive, send)


def is_exposed(server: tuple[str, int | None] | None) -> bool:
    """Whether a connection came in on an address of ours (ASGI's ``server``) that other machines can reach."""
    try:
        address = ip_address(server[0]) if server else None
    except ValueError:
        return False  # a Unix socket
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return address is not None and not address.is_loopback


def host_name(host_header: str) -> str:
    """The host of a Host header, lower case, without port and brackets; empty when it is none."""
    try:
        return (urlsplit(f"//{host_header}").hostname or "").lower()
    except ValueError:  # brackets that hold no address
        return ""


def _site(origin: str) -> str | None:
    """Host and port of an Origin header; None for "null" and nonsense, which equals no host."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def known_hosts(host: str, allowed_hosts: str) -> frozenset[str] | None:
    """The names a server bound to ``host`` answers to; None means any (it is open on purpose)."""
    named = {name.strip().lower() for name in allowed_hosts.split(",") if name.strip()}
    bound = host.strip("[]").lower()
    if bound in ("0.0.0.0", "::") and not named:  # noqa: S104 - comparing, not binding
        return None
    return frozenset(named | LOOPBACK_NAMES | {bound})


def security_headers() -> dict[str, str]:
    """Headers for every answer.

    The pages need Streamlit's inline start script and the refresh component's one; both are allowed by hash,
    computed from the installed files. ``blob:`` is how Streamlit loads our own components.
    """
    scripts = " ".join(sorted(_script_hashes()))
    policy = (
        "default-src 'self'; "
        f"script-src 'self' blob: {scripts}; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _script_hashes() -> set[str]:
    pages = (
        _package_folder("streamlit") / "static" / "index.html",
        _package_folder("streamlit_autorefresh") / "frontend" / "build" / "index.html",
    )
    hashes = set()
    for page in pages:
        for script in _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8")):
            digest = hashlib.sha256(script.encode()).digest()
            hashes.add(f"'sha256-{base64.b64encode(digest).decode()}'")
    return hashes


def _package_folder(name: str) -> Path:
    """Where a package is, without importing it.

    The refresh component registers itself with the running server while it is imported. Imported earlier, it is
    answered with 404 and no page ever refreshes.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        msg = f"{name} is not installed"
        raise ModuleNotFoundError(msg)
    return Path(spec.submodule_search_locations[0])
