"""``Idempotency-Key``: a script that did not hear the answer asks again, and the call is not carried out twice.

The first call under a key goes through and its answer is kept; the same call again gets that answer, another call under
the same key is refused. Bodies are never held for it: they are only looked at while they pass.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.bootstrap import Dashboard
from dashboard.errors import DashboardError
from dashboard.logs import get_logger
from dashboard.services.team.api_calls import LONGEST_ANSWER, ApiCalls, FirstCall
from dashboard.web.api_errors import answer_to
from dashboard.web.gate import SAFE_METHODS

log = get_logger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
"""Header of an answer that was given before."""

KEY_PATTERN = r"^[\x21-\x7e]{1,200}$"

UNDER_WAY = timedelta(minutes=2)
"""After which a call without an answer is no longer waited for."""

_KEY = re.compile(KEY_PATTERN)
_BOUNDARY = re.compile(r"multipart/form-data;.*\bboundary=\"?([^\";,]+)", re.IGNORECASE)
_NOTHING_DONE = frozenset({502, 503})
"""Beside refusals, answers after which the call may be made again."""

_ODD_KEY = f"{HEADER}: give up to 200 characters without blanks, such as a UUID."
_OTHER = f"This {HEADER} was used for another call. Give each call a key of its own."
_SOON = f"The first call with this {HEADER} is still under way. Ask again soon."
_BROKEN_OFF = (
    f"The first call with this {HEADER} was broken off, and may have been carried out. Look whether it was; to "
    "carry it out again, give another key."
)
_ANSWER_GONE = f"The call with this {HEADER} was carried out; its answer cannot be given again."


class Idempotency:
    """Stands before the routes of the API.

    Args:
        app: what is behind it.
        seen: says for whom a request is answered.
    """

    def __init__(self, app: ASGIApp, *, seen: Callable[[Request], Dashboard]) -> None:
        self.app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request; only those with a key that may change something are looked at."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if key is None or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            await JSONResponse({"detail": _ODD_KEY}, status_code=422)(scope, receive, send)
            return
        try:
            calls = (await run_in_threadpool(self._seen, Request(scope))).team.api_calls
            first = await run_in_threadpool(calls.begin, key)
        except DashboardError as error:
            await answer_to(error)(scope, receive, send)
            return
        asked = _Asked(scope, receive)
        if first is None:
            await _Call(calls, key, asked).run(self.app, scope, send)
            return
        await asked.rest()
        await _repeated(first, asked.fingerprint())(scope, receive, send)


class _Asked:
    """What is asked, told apart while its body passes."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._ended = False
        self._hash = hashlib.sha256()
        for part in (scope["method"].encode(), scope["path"].encode(), scope.get("query_string", b"")):
            self._hash.update(part + b"\n")
        # Clients make up a new boundary each time they send the same form.
        found = _BOUNDARY.match(headers.get("content-type", ""))
        self._boundary = found[1].encode("latin-1", "replace") if found else b""
        self._tail = b""

    async def receive(self) -> Message:
        """The next message of the client."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._take(message.get("body", b""))
            self._ended = not message.get("more_body", False)
        else:
            self._ended = True
        return message

    async def rest(self) -> None:
        """Let pass what nobody has read."""
        while not self._ended:
            await self.receive()

    def fingerprint(self) -> str:
        """Of everything that has passed."""
        self._hash.update(self._tail)
        self._tail = b""
        return self._hash.hexdigest()

    def _take(self, piece: bytes) -> None:
        if not self._boundary:
            self._hash.update(piece)
            return
        held = (self._tail + piece).replace(self._boundary, b"")
        keep = min(len(held), len(self._boundary) - 1)
        self._hash.update(held[: len(held) - keep])
        self._tail = held[len(held) - keep :]


class _Call:
    """The first call under a key: its answer is kept before the client hears the end of it."""

    def __init__(self, calls: ApiCalls, key: str, asked: _Asked) -> None:
        self._calls = calls
        self._key = key
        self._asked = asked
        self._status = 500
        self._body = bytearray()

    async def run(self, app: ASGIApp, scope: Scope, send: Send) -> None:
        """Carry it out. What ends without an answer stays as it is: it may have been carried out."""

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
            elif message["type"] == "http.response.body":
                if len(self._body) <= LONGEST_ANSWER:
                    self._body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._asked.rest()
                    await run_in_threadpool(self._settle)
            await send(message)

        await app(scope, self._asked.receive, say)

    def _settle(self) -> None:
        try:
            self._remember()
        except DashboardError as error:  # its work is done all the same, and said
            log.warning("api.answer_not_kept", reason=str(error))

    def _remember(self) -> None:
        if self._status < 300:  # noqa: PLR2004 - HTTP
            self._calls.keep(
                self._key,
                fingerprint=self._asked.fingerprint(),
                status=self._status,
                answer=bytes(self._body),
            )
        elif self._status < 500 or self._status in _NOTHING_DONE:  # noqa: PLR2004 - HTTP
            self._calls.give_back(self._key)


def _repeated(first: FirstCall, fingerprint: str) -> Response:
    if first.status is None:
        soon = first.age < UNDER_WAY
        headers = {"Retry-After": "1"} if soon else {}
        return JSONResponse({"detail": _SOON if soon else _BROKEN_OFF}, status_code=409, headers=headers)
    if first.fingerprint != fingerprint:
        return JSONResponse({"detail": _OTHER}, status_code=409)
    if first.answer is None:
        return JSONResponse({"detail": _ANSWER_GONE}, status_code=409)
    media_type = "application/json" if first.answer else None
    return Response(first.answer, status_code=first.status, media_type=media_type, headers={REPLAYED: "true"})
