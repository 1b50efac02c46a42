"""The second gate: who belongs to a team. Everything but links and liveness needs a sign-in or an API key.

Plain ASGI like :mod:`dashboard.web.gate`, which comes before it: pages, the WebSocket, Streamlit's own uploads,
media and components, our API and downloads are all behind it, also routes nobody has thought of yet.
"""

import re
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.services.access import COOKIE, JOIN_PATH, Access, Visitor
from dashboard.services.sharing import SHARE_PATH
from dashboard.web.base_path import route_path
from dashboard.web.joining import knock_page
from dashboard.web.sso_paths import CALLBACK_PATH, LOGIN_PATH, login_href

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""What a load balancer may ask without a sign-in; they tell nothing about anybody."""

SSO_PATHS = frozenset({LOGIN_PATH, CALLBACK_PATH})
"""What single sign-on needs from somebody who is not signed in yet."""

GUESSES = RateLimitItemPerMinute(20)
"""Wrong links or keys a minute from one address; secrets have 256 bits, this keeps the noise down."""

SCOPE_KEY = "ocr_dashboard.who"
"""Where routes find who is asking: a Visitor, or a pair of team ID and actor for an API key."""


_LINK = re.compile(f"(?:{JOIN_PATH}|{SHARE_PATH})/[^/]+")
"""What the holder of a link may ask for; nothing that merely begins so, which could be a page."""


class Admission:
    """Lets in who belongs to a team.

    Args:
        app: what is behind it.
        access: gives the deployment's sign-ins; asked when the first request comes, because it is built then.
        sign_in: what single sign-on is called; empty where there is none.
    """

    def __init__(self, app: ASGIApp, *, access: Callable[[], Access], sign_in: str = "") -> None:
        self.app = app
        self._sign_in = sign_in
        self._access = access
        self._guesses = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        linked = scope["type"] == "http" and _LINK.fullmatch(path) is not None
        if path in OPEN_PATHS or (self._sign_in and path in SSO_PATHS):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        who_from = scope["client"][0] if scope.get("client") else "unknown"
        if (linked or headers.get("authorization")) and not self._guesses.test(GUESSES, who_from):
            await _refuse(scope, receive, send, _too_many(scope))
            return
        if linked:
            await self.app(scope, receive, self._counting(send, who_from))
            return
        who = await run_in_threadpool(self._who, headers)
        if who is None:
            if headers.get("authorization"):
                self._guesses.hit(GUESSES, who_from)
            await _refuse(scope, receive, send, _unknown(scope, headers, self._sign_in))
            return
        scope[SCOPE_KEY] = who
        await self.app(scope, receive, send)

    def _who(self, headers: Headers) -> object | None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._access().key_holder(key.strip())
        visitor = self._access().visitor(cookie_of(headers))
        return visitor if visitor is not None and visitor.places else None

    def _counting(self, send: Send, who_from: str) -> Send:
        """Count an answer that says "no such link" as a guess."""

        async def counting(message: object) -> None:
            if isinstance(message, dict) and message.get("status") == 404:  # noqa: PLR2004 - Not Found
                self._guesses.hit(GUESSES, who_from)
            await send(message)  # type: ignore[arg-type]  # passed on as it came

        return counting


def cookie_of(headers: Headers) -> str | None:
    """Our cookie among those a browser sent."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    morsel = cookies.get(COOKIE)
    return morsel.value if morsel is not None else None


def visitor_of(scope: Scope) -> Visitor | None:
    """The signed-in browser behind a request that was let in; None for keys, and without access control."""
    who = scope.get(SCOPE_KEY)
    return who if isinstance(who, Visitor) else None


def _unknown(scope: Scope, headers: Headers, sign_in: str) -> Response:
    path = route_path(scope)
    if path.startswith("/api/"):
        sentence = "Sign in, or send an API key of a team: Authorization: Bearer odk_…"
        return JSONResponse(
            {"detail": sentence}, status_code=401, headers={"WWW-Authenticate": "Bearer", **_UNSTORED}
        )
    if "text/html" in headers.get("accept", ""):
        query = scope.get("query_string", b"").decode("ascii", "replace")
        href = login_href(root_path=scope.get("root_path", ""), path=path, query=query)
        knock = knock_page(sign_in=sign_in, sign_in_href=href)
        return HTMLResponse(knock, status_code=401, headers=_UNSTORED)
    return PlainTextResponse("Sign in by a team link first.", status_code=401, headers=_UNSTORED)


def _too_many(scope: Scope) -> Response:
    sentence = "Too many wrong links or keys from this address. Wait a minute."
    headers = {"Retry-After": "60", **_UNSTORED}
    if route_path(scope).startswith("/api/"):
        return JSONResponse({"detail": sentence}, status_code=429, headers=headers)
    return PlainTextResponse(sentence, status_code=429, headers=headers)


_UNSTORED = {"Cache-Control": "no-store"}


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "Sign in by a team link first."})
        return
    await response(scope, receive, send)
