"""The second gate: who belongs to a team. Everything but links and liveness needs a sign-in or an API key.

Plain ASGI like :mod:`dashboard.web.gate`, which comes before it: pages, the WebSocket, Streamlit's own uploads,
media and components, our API and downloads are all behind it, also routes nobody has thought of yet.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from limits import RateLimitItemPerMinute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.services.results.sharing import SHARE_PATH
from dashboard.services.team.access import JOIN_PATH, SIGN_OUT_PATH, Access
from dashboard.services.team.visitors import Visitor
from dashboard.web.base_path import route_path
from dashboard.web.drop_in_paths import read_path
from dashboard.web.drop_in_refusals import too_many_guesses
from dashboard.web.joining import knock_page
from dashboard.web.rate_limits import PerAddress
from dashboard.web.sign_in_cookie import find_sign_in, renew_in, with_one_cookie
from dashboard.web.sso_paths import CALLBACK_PATH, LOGIN_PATH, login_href
from dashboard.web.standing import Standing, Who, serve_while_welcome

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""What a load balancer may ask without a sign-in; they tell nothing about anybody."""

SSO_PATHS = frozenset({LOGIN_PATH, CALLBACK_PATH})
"""What single sign-on needs from somebody who is not signed in yet."""

GUESSES = RateLimitItemPerMinute(20)
"""Wrong links or keys a minute from one address; secrets have 256 bits, this keeps the noise down.

Only what is wrong is counted and refused: somebody else's guesses never keep out who has a right one.
"""

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
        self._guesses = PerAddress(GUESSES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        path = route_path(scope) if scope["type"] in ("http", "websocket") else ""
        if not path or path in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http" and read_path(path) is not None:
            # Scripts only: whose browser is signed in says nothing there, and is sent no page.
            await self.app(scope, receive, self._counting(scope, send, status=401))
            return
        headers = Headers(scope=scope)
        cookie, visitor = await run_in_threadpool(find_sign_in, scope, self._access().visitor)
        scope = with_one_cookie(scope, cookie)
        if scope["type"] == "http" and _LINK.fullmatch(path):
            await self.app(scope, receive, self._counting(scope, send, status=404))
            return
        if self._sign_in and path in SSO_PATHS:
            await self.app(scope, receive, send)
            return

        def ask() -> Who | None:
            return self._who(headers, cookie)

        who = await run_in_threadpool(ask)
        if who is None:
            guessed = bool(headers.get("authorization"))
            refusal = self._guess(scope) if guessed else None
            await _refuse(scope, receive, send, refusal or _unknown(scope, headers, self._sign_in))
            return
        scope[SCOPE_KEY] = who
        if visitor is not None and cookie and _is_page(scope, headers):
            send = _renewing(send, scope, cookie, self._access().time_left(visitor))
        if path == SIGN_OUT_PATH:  # who leaves by this request still gets its answer
            await self.app(scope, receive, send)
            return
        await serve_while_welcome(self.app, scope, receive, send, Standing(who, ask))

    def _who(self, headers: Headers, cookie: str | None) -> Who | None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._access().key_holder(key.strip())
        visitor = self._access().visitor(cookie)
        return visitor if visitor is not None and visitor.places else None

    def _guess(self, scope: Scope) -> Response | None:
        """Count a wrong link or key; the answer to whoever has made too many."""
        return None if self._guesses.hit(scope) else _too_many(scope)

    def _counting(self, scope: Scope, send: Send, *, status: int) -> Send:
        """Count an answer that says "no such link" or "no such key" as a guess; another one after too many."""
        refused = False

        async def counting(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == status:
                refusal = self._guess(scope)
                if refusal is not None:
                    refused = True
                    await refusal(scope, _nothing_more, send)
            if not refused:
                await send(message)

        return counting


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Whether a browser opens one of the pages, which is what counts as a visit."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in headers.get("accept", "")
        and not route_path(scope).startswith("/api/")
    )


def _renewing(send: Send, scope: Scope, cookie: str, life: timedelta) -> Send:
    """Have the browser keep the cookie for as long as the sign-in lasts now, under the name it has here."""

    async def renewing(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:  # noqa: PLR2004 - OK
            renew_in(message, scope, cookie, life=life)
        await send(message)

    return renewing


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


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
    if read_path(route_path(scope)) is not None:
        return too_many_guesses()
    if route_path(scope).startswith("/api/"):
        return JSONResponse({"detail": sentence}, status_code=429, headers=headers)
    return PlainTextResponse(sentence, status_code=429, headers=headers)


_UNSTORED = {"Cache-Control": "no-store"}


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "Sign in by a team link first."})
        return
    await response(scope, receive, send)
