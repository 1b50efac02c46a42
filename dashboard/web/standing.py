"""Whether somebody who was let in still belongs here, for as long as a connection of theirs lives.

A connection outlives the request that opened it: a page's WebSocket stays for days, a download for minutes. Who
is expelled, signs out elsewhere, or keeps a smaller role meanwhile is cut off within seconds.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models.actors import Actor, Role
from dashboard.services.team.visitors import Visitor

log = get_logger(__name__)

LOOKED_AT_SECONDS = 2.0
"""How often a WebSocket is looked at on which nothing happens."""

REMEMBERED_SECONDS = 1.0
"""How long an answer is taken for the next message or piece too."""

ENDED = 1008
"""Code that a WebSocket is closed with whose sign-in has ended; a script of ours then clears the page."""

REASON = "This sign-in has ended."

Who = Visitor | tuple[int, Actor]
"""A signed-in browser; or the team and the actor of an API key."""


class Standing:
    """What a connection was let in with.

    Args:
        who: who was let in.
        ask: who that is now, None for nobody any more; called on a thread.
        monotonic: seconds that only grow.
    """

    def __init__(
        self, who: Who, ask: Callable[[], Who | None], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._who = who
        self._ask = ask
        self._monotonic = monotonic
        self._looked_at = monotonic()
        self._holds = True

    async def holds(self) -> bool:
        """Whether they may still see what they could see when they came; once lost it is lost for good."""
        if self._holds and self._monotonic() - self._looked_at >= REMEMBERED_SECONDS:
            try:
                now = await run_in_threadpool(self._ask)
                self._holds = self._holds and still_covers(now, self._who)
            except StoreError:
                pass  # what cannot be read cannot be shown either: an open page then says why, until it can be again
            self._looked_at = self._monotonic()
        return self._holds


def still_covers(now: Who | None, before: Who) -> bool:
    """Whether everything somebody could do is still theirs; more is no reason to send them away."""
    held = _roles(now)
    return bool(held) and all(
        team_id in held and held[team_id].covers(role) for team_id, role in _roles(before).items()
    )


def _roles(who: Who | None) -> dict[int, Role]:
    if who is None:
        return {}
    if isinstance(who, Visitor):
        return {place.team_id: place.role for place in who.places}
    team_id, actor = who
    return {team_id: actor.role}


async def serve_while_welcome(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, standing: Standing
) -> None:
    """Answer one request, and stop when who asked does not belong here any more."""
    if scope["type"] == "websocket":
        await _talk(app, scope, receive, send, standing)
    else:
        await _answer(app, scope, receive, send, standing)


async def _talk(app: ASGIApp, scope: Scope, receive: Receive, send: Send, standing: Standing) -> None:
    """Pass a conversation on, message by message; also look when nothing is said."""
    over = asyncio.Event()

    async def part() -> None:
        if not over.is_set():
            over.set()  # first: from here on nothing more goes out, however long closing takes
            log.info("access.socket_closed")
            await send({"type": "websocket.close", "code": ENDED, "reason": REASON})

    async def hear() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not await standing.holds():
            await part()
        return {"type": "websocket.disconnect", "code": ENDED} if over.is_set() else message

    async def say(message: Message) -> None:
        if not over.is_set():
            await send(message)

    async def watch() -> None:
        while await standing.holds():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), LOOKED_AT_SECONDS)
        await part()

    watching = asyncio.create_task(watch())
    try:
        await app(scope, hear, say)
    finally:
        watching.cancel()


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send, standing: Standing) -> None:
    """Pass an answer on, piece by piece; what is cut off ends without the sign that it is whole.

    To what makes the pieces it looks as if the client had hung up.
    """
    over = asyncio.Event()

    async def hear() -> Message:
        heard, ended = asyncio.ensure_future(receive()), asyncio.ensure_future(over.wait())
        try:
            await asyncio.wait([heard, ended], return_when=asyncio.FIRST_COMPLETED)
            if heard.done() and not over.is_set():
                return heard.result()
            return {"type": "http.disconnect"}
        finally:
            heard.cancel()
            ended.cancel()

    async def say(message: Message) -> None:
        is_piece = message["type"] == "http.response.body" and message.get("more_body", False)
        if is_piece and not over.is_set() and not await standing.holds():
            over.set()
            log.info("access.download_ended")
        if not over.is_set():
            await send(message)

    await app(scope, hear, say)
