"""Where the page sends what is dropped on it: straight to disk, a piece at a time, behind the gate."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dashboard import private_files
from dashboard.bootstrap import Dashboard
from dashboard.dropping.kinds import refuse_large
from dashboard.dropping.staging import Waiting
from dashboard.web.streaming import as_file

_PIECE = 1 << 20
"""Bytes that are gathered before they are written."""

_MOST = 2_001_000_000
"""More than any setting allows: what a file may have, the setting says, with a sentence."""


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1/dropped``; they belong to the page, and may change with it."""
    router = APIRouter(include_in_schema=False)
    ours = Annotated[Dashboard, Depends(seen)]

    @router.post("/dropped", max_body_size=_MOST)
    async def drop(
        request: Request,
        app: ours,
        name: Annotated[str, Query(max_length=1_000)] = "",
        place: Annotated[int, Query(ge=0, le=10**16)] = 0,
    ) -> dict[str, Any]:
        """One file, as the body; the answer says what became of it."""
        announced = request.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        incoming = await run_in_threadpool(app.team.dropped.begin, size)
        try:
            await _write(request, incoming.path, app.team.dropped.largest)
        except BaseException:
            incoming.give_up()
            raise
        return said(await run_in_threadpool(app.team.dropped.take, incoming, name, place=place))

    @router.get("/dropped/{dropped_id}/thumbnail")
    def show_thumbnail(dropped_id: str, app: ours) -> Response:
        """A small picture of a file that waits."""
        return as_file(app.team.dropped.thumbnail(dropped_id), inline=True)

    @router.delete("/dropped/{dropped_id}", status_code=204)
    def remove(dropped_id: str, app: ours) -> None:
        """Forget a file that waits; done also where it is gone."""
        app.team.dropped.remove([dropped_id])

    return router


def said(waiting: Waiting) -> dict[str, Any]:
    """What became of a file, for the page."""
    return {
        "files": [{"id": one.id, "name": one.name, "size": one.size} for one in waiting.files],
        "not_taken": [
            {"id": one.id, "name": one.name, "sentence": one.sentence} for one in waiting.not_taken
        ],
    }


async def _write(request: Request, path: Path, most: int) -> None:
    """Write the body as it comes: never more than a piece of it is in memory."""
    making = private_files.replacing(path, lasting=False)
    file = await run_in_threadpool(making.__enter__)
    try:
        size, gathered = 0, bytearray()
        async for chunk in request.stream():
            size += len(chunk)
            refuse_large(size, most)
            gathered += chunk
            if len(gathered) >= _PIECE:
                await run_in_threadpool(file.write, bytes(gathered))
                gathered.clear()
        await run_in_threadpool(file.write, bytes(gathered))
    except BaseException as error:
        making.__exit__(type(error), error, error.__traceback__)
        raise
    await run_in_threadpool(making.__exit__, None, None, None)
