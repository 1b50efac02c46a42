"""The body of a submission while it is passed on: small ones in memory, others in a file without a name."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

_IN_MEMORY = 512 * 1024
"""Bytes of a body that are kept in memory; more of it goes to the disk."""

_PIECE = 256 * 1024


class BodyTooLarge(Exception):
    """More is sent than is taken."""


class Body:
    """A request body as it came; it can be read as often as wanted, by one at a time."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder))  # noqa: SIM115 - closed below
        self._size = 0

    async def receive(self, request: Request, *, most: int) -> None:
        """Take it in as it comes; raises BodyTooLarge as soon as that is known."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > most:
            raise BodyTooLarge
        async for piece in request.stream():
            self._size += len(piece)
            if self._size > most:
                raise BodyTooLarge
            if self._size <= _IN_MEMORY:
                self._file.write(piece)
            elif piece:
                await run_in_threadpool(self._file.write, piece)

    def whole(self) -> bytes:
        """All of it at once."""
        self._file.seek(0)
        return self._file.read()

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def close(self) -> None:
        """Forget it."""
        self._file.close()


@asynccontextmanager
async def received(request: Request, folder: Path, *, most: int) -> AsyncIterator[Body]:
    """The body of a request, until the block ends; raises BodyTooLarge."""
    body = Body(folder)
    try:
        await body.receive(request, most=most)
        yield body
    finally:
        body.close()
