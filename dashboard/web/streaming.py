"""Files that are made while they are sent, and not a moment longer: when nobody listens any more, that ends too."""

from collections.abc import AsyncIterator, Iterator, Mapping

import anyio
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send


class MadeWhileSent(StreamingResponse):
    """Sends pieces and stops their making with the answer, however it ends.

    Left to the garbage collector, the making would go on, or hold its database, until somebody sweeps.
    """

    def __init__(self, pieces: Iterator[bytes], *, media_type: str, headers: Mapping[str, str]) -> None:
        self._pieces = pieces
        super().__init__(_in_threads(pieces), media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, until the last piece or until the other side is gone."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(_close, self._pieces)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await run_in_threadpool(next, pieces, None)) is not None:
        if piece:
            yield piece


def _close(pieces: Iterator[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
