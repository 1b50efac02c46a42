"""Files that pages have made for whoever looks at them: pictures and downloads, served by Streamlit from memory.

Streamlit gives them to everybody who knows the address. Here they belong to the sign-in whose page made them, for as
long as it may do all that it could do then; to others there is no such file. No browser or proxy keeps one.
"""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from cachetools import LRUCache
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.errors import NotFound
from dashboard.services.team.visitors import Visitor
from dashboard.web.admission import SCOPE_KEY
from dashboard.web.base_path import route_path
from dashboard.web.standing import Who, still_covers

_MEDIA = "/media/"
_MOST_REMEMBERED = 50_000
"""Files of which it is known whose they are; Streamlit forgets those of pages that are left."""

talking: ContextVar[Who | None] = ContextVar("talking", default=None)
"""Who is at the other end of the WebSocket that is being answered; pages run on threads and do not see it."""


class Makers(Protocol):
    """What pages make files with: Streamlit's media file manager."""

    def add(self, *given: Any, **named: Any) -> str:  # noqa: ANN401 - passed through as it comes
        """Keep a file; gives back its address."""
        ...

    def add_deferred(self, *given: Any, **named: Any) -> str:  # noqa: ANN401 - the same
        """Keep what makes a file when it is asked for; gives back an ID."""
        ...

    def execute_deferred(self, file_id: str) -> str:
        """Make the file now; gives back its address."""
        ...


class Holders:
    """Whose each file is. The same bytes are the same file to Streamlit, so one may have several holders."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: LRUCache[str, dict[object, Who]] = LRUCache(_MOST_REMEMBERED)

    def note(self, file_id: str, who: Who) -> None:
        """Let somebody have a file."""
        with self._lock:
            self._held.setdefault(file_id, {})[_one(who)] = who

    def may_have(self, file_id: str, who: Who | None) -> bool:
        """Whether it was made for who asks, who may still do what they could do then."""
        with self._lock:
            held = self._held.get(file_id, {}).get(_one(who)) if who is not None else None
        return held is not None and still_covers(who, held)

    def watch(self, makers: Makers, *, looking: Callable[[], Who | None]) -> None:
        """Note from now on whose files are made, and refuse to make those of others.

        Args:
            makers: changed in place: Streamlit offers no other way to see whom it makes a file for.
            looking: who looks at the page that is being drawn.
        """
        add, add_deferred, execute = makers.add, makers.add_deferred, makers.execute_deferred

        def noted(given: str) -> str:
            who = talking.get() or looking()
            if who is not None:
                self.note(_id_of(given), who)
            return given

        def execute_own(file_id: str) -> str:
            if not self.may_have(file_id, talking.get()):
                raise NotFound("There is no such file.")
            return noted(execute(file_id))

        vars(makers).update(
            add=lambda *given, **named: noted(add(*given, **named)),
            add_deferred=lambda *given, **named: noted(add_deferred(*given, **named)),
            execute_deferred=execute_own,
        )


class Media:
    """Stands before Streamlit's media route and its WebSocket.

    Args:
        app: what is behind it.
        holders: whose the files are; None where nobody signs in.
    """

    def __init__(self, app: ASGIApp, *, holders: Holders | None) -> None:
        self.app = app
        self._holders = holders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, or say that there is no such file."""
        who: Who | None = scope.get(SCOPE_KEY)
        if scope["type"] == "websocket":
            talking.set(who)
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and (path := route_path(scope)).startswith(_MEDIA):
            answer = self.app
            if self._holders is not None and not self._holders.may_have(_id_of(path), who):
                answer = PlainTextResponse("File not found", status_code=404)
            await answer(scope, receive, _unstored(send))
        else:
            await self.app(scope, receive, send)


def _unstored(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return sending


def _id_of(address: str) -> str:
    """The ID in an address, as Streamlit reads it: what stands before the ending."""
    return address.removeprefix(_MEDIA).partition(".")[0]


def _one(who: Who) -> object:
    """What tells one sign-in or key from another."""
    return who.sign_in_id if isinstance(who, Visitor) else (who[0], who[1].key_id)
