"""What arrives over a page's WebSocket and no page of ours has sent: refused in one line, whatever it breaks.

Streamlit reads the messages. What it cannot read shows as an error while a page is drawn, and so does a mistake in a
page. Where the two cannot be told apart there is a traceback, once for each place.
"""

import threading
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.logs import get_logger, shortly

log = get_logger(__name__)

_READERS = ("streamlit.runtime.state", "streamlit.components", "streamlit_autorefresh")
"""Modules that take values of widgets apart."""

_OURS = ("dashboard", "pages", "__main__")
_MISUSE = "streamlit.errors"
"""Where Streamlit's own errors are from, which say what a page does wrong."""

_UNSUPPORTED_DATA = 1003
_MOST_TRACEBACKS = 200


class PageMessages:
    """Stands before Streamlit's WebSocket, which speaks in bytes and falls over text."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one conversation; end it at the first text."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes") is None:
                log.warning("page.message_refused", failed="text instead of bytes")
                await send({"type": "websocket.close", "code": _UNSUPPORTED_DATA})
                return {"type": "websocket.disconnect", "code": _UNSUPPORTED_DATA}
            return message

        await self.app(scope, hear, send)


class PageFailures:
    """Logs why pages could not be drawn, each time in one line, with a traceback where a new one helps."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def tell(self, error: Exception) -> None:
        """Log one failure."""
        failed = shortly(error)
        if is_about_what_was_sent(error):
            log.warning("page.message_refused", failed=failed)
        elif self._is_new(failed):
            log.error("page.failed", failed=failed, exc_info=error)
        else:
            log.error("page.failed", failed=failed)

    def _is_new(self, failed: str) -> bool:
        with self._lock:
            is_new = failed not in self._told and len(self._told) < _MOST_TRACEBACKS
            if is_new:
                self._told.add(failed)
            return is_new


def is_about_what_was_sent(error: BaseException) -> bool:
    """Whether a page could not be drawn because of a value that a widget of it would never have sent.

    Says no when in doubt: a traceback too many is better than one too few.
    """
    if any(kind.__module__ == _MISUSE for kind in type(error).__mro__):
        return False
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _OURS:
            return False
        if module.startswith(_READERS):
            return True
    return False
