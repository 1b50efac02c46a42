"""The sandbox behind a server that repeats what it is sent, in all the ways servers escape it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.sandbox import SandboxServer, SandboxState
from dashboard.sandbox.service import build_app

Body = Callable[[str], bytes]


def _dotnet(text: str) -> str:
    """A JSON string as System.Text.Json writes it: more is escaped than has to be."""
    return "".join(c if c.isalnum() or c in " -._~:=" else f"\\u{ord(c):04X}" for c in text)


ANSWERS: dict[str, tuple[int, Body]] = {
    "words": (500, str.encode),
    "problem": (401, lambda said: json.dumps({"title": "Unauthorized", "detail": said}).encode()),
    "problem as .NET writes it": (400, lambda said: f'{{"title":"Bad","detail":"{_dotnet(said)}"}}'.encode()),
    "problem with slashes escaped": (
        403,
        lambda said: json.dumps({"detail": said}).replace("/", "\\/").encode(),
    ),
    "login error": (
        400,
        lambda said: f'{{"error":"invalid_client","error_description":"{_dotnet(said)}"}}'.encode(),
    ),
    "page": (502, lambda said: f"<html><title>{escape(said)}</title><p>{escape(said)}</p></html>".encode()),
    "URL": (429, lambda said: f"too many requests for {quote(said)}".encode()),
    "envelope": (
        200,
        lambda said: json.dumps(
            {
                "id": said,
                "taskStatus": "Error",
                "responseStatusCode": "Error",
                "error": {"messages": [said]},
                "results": None,
            }
        ).encode(),
    ),
}
"""Answers that repeat a request, by name: status, and what becomes of the request's words."""


@dataclass
class Parrot:
    """What is repeated, and what went through."""

    answer: str | None = None
    """One of :data:`ANSWERS` for every call; None lets the sandbox answer."""
    repeated: list[str] = field(default_factory=list)
    """Names of the answers that were given."""
    minted: list[str] = field(default_factory=list)
    """Access tokens that the sandbox gave out."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """The sandbox's application with this before it."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if self.answer is None:
                await app(scope, receive, self._noting(scope, send))
                return
            body = bytearray()
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            secret = parse_qs(body.decode()).get("client_secret", [""])[0]
            authorization = headers.get("authorization", "")
            # First the bare secret: nothing beside it tells that it is one.
            said = f"{authorization.partition(' ')[2]}{secret} {authorization} {body.decode()}".strip()
            status, form = ANSWERS[self.answer]
            self.repeated.append(self.answer)
            sent = [(b"content-type", b"application/json"), (b"x-debug", said.encode("latin-1"))]
            await send({"type": "http.response.start", "status": status, "headers": sent})
            await send({"type": "http.response.body", "body": form(said)})

        return answer

    def _noting(self, scope: Scope, send: Send) -> Send:
        async def note(message: Message) -> None:
            if scope["path"] == "/connect/token" and message.get("body"):
                value: dict[str, Any] = json.loads(message["body"])
                self.minted += [value["access_token"]] if "access_token" in value else []
            await send(message)

        return note


@contextmanager
def parroting(state: SandboxState, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SandboxServer, Parrot]]:
    """Run a sandbox with a parrot before it."""
    parrot = Parrot()
    monkeypatch.setattr("dashboard.sandbox.server.build_app", lambda state: parrot.around(build_app(state)))
    with SandboxServer(state=state) as server:
        yield server, parrot
