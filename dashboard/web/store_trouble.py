"""What a request gets for which the database cannot say anything: a sentence, whichever part of us wanted to know.

The API answers for itself. This is for everything before and beside it: who is asking, links to join and to share.
"""

import html

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.web.base_path import route_path
from dashboard.web.joining import page

log = get_logger(__name__)

_TRY_AGAIN_LATER = 1013
"""How a WebSocket says it."""


class StoreTrouble:
    """Answers in place of whatever fails for want of the database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except StoreError as error:
            log.warning("request.store_trouble", path=scope.get("path"), reason=str(error))
            if has_begun:
                return  # without an end, which tells that it is not whole
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": ""})
            else:
                answer = await run_in_threadpool(_answer, scope, str(error))
                await answer(scope, receive, send)


def _answer(scope: Scope, sentence: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if route_path(scope).startswith("/api/"):
        return JSONResponse({"detail": sentence}, status_code=503, headers=headers)
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return page("The database cannot be used", f"<p>{html.escape(sentence)}</p>", status=503)
    return PlainTextResponse(f"{sentence}\n", status_code=503, headers=headers)
