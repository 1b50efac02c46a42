"""The connection itself fails, or what it carries is no answer (fact sheet 7, last rows).

Some of this ASGI has no words for; those faults take the transport that the sandbox's server leaves in
the scope (see :mod:`dashboard.sandbox.server`) and write to it, or close it, themselves.
"""

import asyncio
import functools
import socket
import struct
import zlib

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dashboard.sandbox.faults.fault import EVERY_CALL, SERVICE_CALLS, Call, Exchange, Stage, body_of, fault
from dashboard.sandbox.problems import page

TRICKLE_SECONDS = 0.2
SLOW_SECONDS = 3.0
BOMB_BYTES = 64 * 2**20


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Silence(Response):
    """Never answers; ends when the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await _until_gone(receive)


class _Reset(Response):
    """Cuts the connection with a TCP reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        transport: asyncio.Transport = scope["state"]["transport"]
        # Lingering for no time at all turns the close into a reset.
        no_linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        transport.abort()
        await _until_gone(receive)


class _Raw(Response):
    """Writes exactly these bytes, head included, and closes the connection."""

    def __init__(self, *pieces: bytes, pause_seconds: float = 0.0) -> None:
        super().__init__()
        self._pieces = pieces
        self._pause_seconds = pause_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        transport: asyncio.Transport = scope["state"]["transport"]
        for piece in self._pieces:
            if transport.is_closing():
                break
            transport.write(piece)
            await asyncio.sleep(self._pause_seconds)
        transport.close()
        await _until_gone(receive)


class _Late(Response):
    """Another answer, after a while."""

    def __init__(self, response: Response | None) -> None:
        super().__init__()
        self._response = response or Response()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(SLOW_SECONDS)
        await self._response(scope, receive, send)


def _head(length: int | None) -> bytes:
    size = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + size + b"\r\n\r\n"


@fault(calls=EVERY_CALL)
def silence(_: Exchange) -> Response:
    """The connection stays open and nothing ever comes."""
    return _Silence()


@fault(calls=EVERY_CALL)
def reset(_: Exchange) -> Response:
    """The connection is reset before an answer."""
    return _Reset()


@fault(calls=frozenset({Call.SUBMIT}), stage=Stage.AFTER)
def answer_lost(_: Exchange) -> Response:
    """The image is taken, a task exists, and the connection is reset before its ID arrives."""
    return _Reset()


@fault(calls=EVERY_CALL, stage=Stage.AFTER)
def slow(exchange: Exchange) -> Response:
    """The right answer, three seconds late."""
    return _Late(exchange.response)


@fault(calls=EVERY_CALL, stage=Stage.AFTER)
def trickle(exchange: Exchange) -> Response:
    """The right answer, a byte every fifth of a second: quicker than a read timeout, slower than patience."""
    body = body_of(exchange)
    pieces = (body[n : n + 1] for n in range(len(body)))
    return _Raw(_head(len(body)), *pieces, pause_seconds=TRICKLE_SECONDS)


@fault(calls=EVERY_CALL, stage=Stage.AFTER)
def truncated(exchange: Exchange) -> Response:
    """Half of the right answer, then the end of the connection."""
    body = body_of(exchange)
    return _Raw(_head(len(body) + 2), body[: len(body) // 2])


@fault(calls=EVERY_CALL)
def bad_chunk(_: Exchange) -> Response:
    """A chunk whose size is no number."""
    return _Raw(_head(None), b'zz\r\n{"id":\r\n')


@fault(calls=EVERY_CALL)
def no_http(_: Exchange) -> Response:
    """Bytes that are no HTTP at all."""
    return _Raw(b"SSH-2.0-OpenSSH_9.2\r\n")


@fault(calls=EVERY_CALL)
def page_with_200(_: Exchange) -> Response:
    """An HTML page with status 200."""
    return page(200)


@fault(calls=EVERY_CALL)
def empty(_: Exchange) -> Response:
    """Status 200 and an empty body."""
    return Response(media_type="application/json")


@fault(calls=EVERY_CALL)
def no_content(_: Exchange) -> Response:
    """204, as the deprecated file endpoint answers for an expired result."""
    return Response(status_code=204)


@fault(calls=SERVICE_CALLS)
def not_utf8(_: Exchange) -> Response:
    """JSON that is not valid UTF-8."""
    return Response(b'{"id": "\xff\xfe", "taskStatus": "Completed"}', media_type="application/json")


@fault(calls=SERVICE_CALLS)
def deep_nesting(_: Exchange) -> Response:
    """A hundred thousand arrays inside each other."""
    return Response(b"[" * 100_000 + b"]" * 100_000, media_type="application/json")


@fault(calls=SERVICE_CALLS)
def long_number(_: Exchange) -> Response:
    """A number of five thousand digits."""
    return Response(b'{"taskStatus": ' + b"9" * 5000 + b"}", media_type="application/json")


@fault(calls=SERVICE_CALLS)
def not_a_number(_: Exchange) -> Response:
    """NaN, which is no JSON, as a status."""
    return Response(b'{"taskStatus": NaN, "results": Infinity}', media_type="application/json")


@fault(calls=SERVICE_CALLS)
def gzip_bomb(_: Exchange) -> Response:
    """64 MiB of spaces in 64 kB of gzip."""
    return Response(_bomb(), headers={"Content-Encoding": "gzip"}, media_type="application/json")


@functools.cache
def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    spaces = b" " * 2**20
    return b"".join(packer.compress(spaces) for _ in range(BOMB_BYTES // len(spaces))) + packer.flush()
