"""HEAD where FastAPI knows GET only: the same head, the same checks and the same line in the log, without a body."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _NobodyListens(OSError):
    """Ends what is made while it is sent, as if the client had hung up."""


class Heads:
    """Asks what is behind it for the whole, and lets go of it once the head is there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; only those with HEAD are changed."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        is_over = False

        async def hear() -> Message:
            return {"type": "http.disconnect"} if is_over else await receive()

        async def say(message: Message) -> None:
            nonlocal is_over
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                is_over = True
            elif message.get("more_body"):
                raise _NobodyListens

        try:
            await self.app({**scope, "method": "GET"}, hear, say)
        except (ClientDisconnect, _NobodyListens):
            if not is_over:
                raise
