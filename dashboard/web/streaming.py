"""Files as answers. Some are made while they are sent, and not a moment longer: when nobody listens, that ends too."""

from collections.abc import AsyncIterator, Iterator, Mapping
from urllib.parse import quote

import anyio
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dashboard.errors import DashboardError
from dashboard.logs import get_logger
from dashboard.results.files import Download
from dashboard.results.text_encoding import read_text

_CHARSETS = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "cp1252": "windows-1252"}
"""What the web calls an encoding, where Python has another name."""

log = get_logger(__name__)


class MadeWhileSent(StreamingResponse):
    """Sends pieces and stops their making with the answer, however it ends.

    Left to the garbage collector, the making would go on, or hold its database, until somebody sweeps.
    """

    def __init__(self, pieces: Iterator[bytes], *, media_type: str, headers: Mapping[str, str]) -> None:
        self._pieces = pieces
        super().__init__(_in_threads(b"", pieces), media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, until the last piece or until the other side is gone.

        What fails before the first piece is answered like any other failure. Later the answer breaks off, which
        whoever takes it can tell from its end.
        """
        try:
            first = await run_in_threadpool(next, self._pieces, None)
            self.body_iterator = _in_threads(first, self._pieces)
            await self._send(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(_close, self._pieces)

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except DashboardError as error:
            # Not raised further: the server closes the connection of an answer without an end, with one line.
            log.warning("download.broken_off", path=scope["path"], reason=str(error))


def as_file(download: Download[bytes] | Download[Iterator[bytes]], *, inline: bool = False) -> Response:
    """The answer that hands a file out: to be saved, or to be looked at where ``inline`` says so."""
    ascii_name = download.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    kind = "inline" if inline else "attachment"
    said = {
        "Content-Disposition": f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(download.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if not isinstance(download.data, bytes):
        return MadeWhileSent(download.data, media_type=download.media_type, headers=said)
    media_type = download.media_type
    if media_type.startswith("text/") and ";" not in media_type:  # raw text, in UTF-8 nearly always
        encoding = read_text(download.data).encoding
        media_type = f"{media_type}; charset={_CHARSETS.get(encoding, encoding)}"
    return Response(download.data, media_type=media_type, headers=said)


async def _in_threads(first: bytes | None, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    piece = first
    while piece is not None:
        if piece:
            yield piece
        piece = await run_in_threadpool(next, pieces, None)


def _close(pieces: Iterator[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
