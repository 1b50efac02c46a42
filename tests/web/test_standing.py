"""A connection that outlives the belonging of who opened it: a WebSocket, a download."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from dashboard.errors import StoreUnavailable
from dashboard.models import Actor, ActorKind, Role
from dashboard.services.team.visitors import Place, Visitor
from dashboard.web import standing
from dashboard.web.standing import Standing, Who, serve_while_welcome, still_covers

LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    """What the server runs on."""
    return "asyncio"


def person(*roles: tuple[int, Role]) -> Visitor:
    """Somebody with these roles in these teams."""
    places = tuple(Place(team_id=team, slug=f"t{team}", team=f"T{team}", role=role) for team, role in roles)
    return Visitor(sign_in_id=1, name="Ada", places=places, until=LATER)


def key(team_id: int, role: Role) -> tuple[int, Actor]:
    """A script with a key of a team."""
    return team_id, Actor(kind=ActorKind.KEY, name="script", role=role)


@pytest.mark.parametrize(
    ("before", "now", "holds"),
    [
        (person((1, Role.VIEWER)), person((1, Role.VIEWER)), True),
        (person((1, Role.VIEWER)), person((1, Role.OWNER)), True),
        (person((1, Role.VIEWER)), person((1, Role.VIEWER), (2, Role.OWNER)), True),
        (person((1, Role.EDITOR)), person((1, Role.VIEWER)), False),
        (person((1, Role.OWNER)), person((1, Role.EDITOR)), False),
        (person((1, Role.VIEWER), (2, Role.VIEWER)), person((2, Role.VIEWER)), False),
        (person((1, Role.VIEWER)), person((2, Role.OWNER)), False),
        (person((1, Role.VIEWER)), person(), False),
        (person((1, Role.VIEWER)), None, False),
        (key(1, Role.EDITOR), key(1, Role.EDITOR), True),
        (key(1, Role.EDITOR), key(1, Role.VIEWER), False),
        (key(1, Role.EDITOR), key(2, Role.EDITOR), False),
        (key(1, Role.VIEWER), None, False),
        (key(1, Role.VIEWER), person((1, Role.VIEWER)), True),
    ],
)
def test_what_is_still_covered(before: Who, now: Who | None, holds: bool) -> None:  # noqa: FBT001 - a table
    """More rights are no reason to be sent away; fewer are, in whichever team."""
    assert still_covers(now, before) is holds


@pytest.mark.anyio
async def test_while_nobody_can_say(anyio_backend: str) -> None:
    """Who is in stays in, and their page says itself what is wrong; who was sent away meanwhile is out after it."""
    assert anyio_backend
    now, answers = (
        [0.0],
        iter((StoreUnavailable("away"), person((1, Role.VIEWER)), StoreUnavailable("away"), None)),
    )

    def ask() -> Who | None:
        if isinstance(answer := next(answers), StoreUnavailable):
            raise answer
        return answer

    watched = Standing(person((1, Role.VIEWER)), ask, monotonic=lambda: now[0])
    held = []
    for _ in range(4):
        now[0] += 10
        held.append(await watched.holds())
    assert held == [True, True, True, False]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """How many there are."""
        return self.now


@pytest.mark.anyio
async def test_asking_is_cheap_and_final() -> None:
    """The database is asked once a second at most, and whoever was sent away once stays away on this connection."""
    asked: list[float] = []
    answers: list[Who | None] = [person((1, Role.VIEWER)), None, person((1, Role.OWNER))]
    clock = Clock()

    def ask() -> Who | None:
        asked.append(clock.now)
        return answers.pop(0)

    watched = Standing(person((1, Role.VIEWER)), ask, monotonic=clock)
    assert [await watched.holds() for _ in range(5)] == [True] * 5
    assert asked == []
    clock.now = 1.0
    assert [await watched.holds() for _ in range(5)] == [True] * 5
    assert asked == [1.0]
    clock.now = 2.0
    assert await watched.holds() is False
    clock.now = 10.0
    assert await watched.holds() is False
    assert asked == [1.0, 2.0]


class Line:
    """Both ends of a connection: what the client says, and what it was sent."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        self.answered = asyncio.Event()

    async def receive(self) -> Message:
        """The client's next message."""
        return await self.said.get()

    async def send(self, message: Message) -> None:
        """What the client gets; a closed socket says so to who listens, as servers do."""
        self.sent.append(message)
        self.answered.set()
        if message["type"] == "websocket.close":
            self.said.put_nowait({"type": "websocket.disconnect", "code": message["code"]})


def echo(heard: list[Message]) -> Callable[[Scope, Receive, Send], Any]:
    """An app that answers every message until it is told that nobody listens."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            heard.append(message)
            if message["type"] == "websocket.disconnect":
                await send({"type": "websocket.send", "text": "too late"})
                return
            await send({"type": "websocket.send", "text": "the board"})

    return app


class Door:
    """Lets somebody in until it is shut; no time passes between two questions."""

    def __init__(self) -> None:
        self.is_open = True
        clock = Clock()

        def monotonic() -> float:
            clock.now += standing.REMEMBERED_SECONDS
            return clock.now

        who = person((1, Role.VIEWER))
        self.standing = Standing(who, lambda: who if self.is_open else None, monotonic=monotonic)


@pytest.mark.anyio
async def test_the_next_message_of_who_was_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not heard any more: the socket is closed with its own code, and nothing goes out after that."""
    monkeypatch.setattr(standing, "LOOKED_AT_SECONDS", 3600.0)
    door, line, heard = Door(), Line(), list[Message]()
    line.said.put_nowait({"type": "websocket.receive", "bytes": b"1"})
    task = asyncio.create_task(
        serve_while_welcome(echo(heard), {"type": "websocket"}, line.receive, line.send, door.standing)
    )
    await line.answered.wait()
    door.is_open = False
    line.said.put_nowait({"type": "websocket.receive", "bytes": b"2"})
    await task
    assert [it["type"] for it in heard] == ["websocket.receive", "websocket.disconnect"]
    assert [it["type"] for it in line.sent] == ["websocket.send", "websocket.close"]
    assert line.sent[-1]["code"] == 1008


@pytest.mark.anyio
async def test_a_socket_on_which_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is looked at from time to time."""
    monkeypatch.setattr(standing, "LOOKED_AT_SECONDS", 0.001)
    door, line, heard = Door(), Line(), list[Message]()
    door.is_open = False
    await serve_while_welcome(echo(heard), {"type": "websocket"}, line.receive, line.send, door.standing)
    assert [it["type"] for it in line.sent] == ["websocket.close"]
    assert [it["type"] for it in heard] == ["websocket.disconnect"]


@pytest.mark.anyio
async def test_a_download_is_cut_off() -> None:
    """In the middle, without the sign that it is whole; what made the pieces is told to stop."""
    door, line, made, ended = Door(), Line(), list[int](), list[str]()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            for number in range(1_000):
                made.append(number)
                yield b"piece"
                if number == 2:
                    door.is_open = False
                await asyncio.sleep(0)
        finally:
            ended.append("stopped")

    answer = StreamingResponse(pieces())
    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    await serve_while_welcome(answer, scope, line.receive, line.send, door.standing)
    assert len(made) < 20
    assert all(message.get("more_body", True) for message in line.sent)
    assert ended == ["stopped"]


@pytest.mark.anyio
async def test_what_is_sent_up_still_arrives() -> None:
    """Bodies are heard as they came."""
    door, line, heard = Door(), Line(), list[bytes]()
    for number in range(3):
        line.said.put_nowait({"type": "http.request", "body": b"%d" % number, "more_body": number < 2})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(await Request(scope, receive).body())
        await PlainTextResponse("ok")(scope, receive, send)

    scope = {"type": "http", "method": "POST", "headers": []}
    await serve_while_welcome(app, scope, line.receive, line.send, door.standing)
    assert heard == [b"012"]
    assert line.sent[-1]["body"] == b"ok"


@pytest.mark.anyio
async def test_other_errors_stay_errors() -> None:
    """What goes wrong for somebody who belongs here is not hidden."""

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        msg = "a fault"
        raise ValueError(msg)

    line = Line()
    with pytest.raises(ValueError, match="a fault"):
        await serve_while_welcome(app, {"type": "http"}, line.receive, line.send, Door().standing)
