"""``GET /api/v1/tasks/{id}?wait=``: answers when the task ends, and holds nothing but its connection until then."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bootstrap import Dashboard
from dashboard.services.tasks.endings import Endings
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.web.payloads import FullItem, full_item

LONGEST_WAIT = 60.0
"""Seconds; proxies commonly cut off what is silent for longer."""


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The route of one task; ``seen`` says for whom a request is answered."""
    router = APIRouter(tags=["tasks"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.get("/tasks/{reference}", response_model=FullItem)
    async def show_task(
        reference: str,
        request: Request,
        app: ours,
        wait: Annotated[
            float,
            Query(ge=0, le=LONGEST_WAIT, description="seconds to wait for the task to end before answering"),
        ] = 0,
    ) -> Response:
        """One task by our ID, or by the service's where it is unambiguous."""

        def read() -> TaskDetail:
            return app.team.tasks.detail(reference, with_text=False)

        found = await when_over(request, app.teams.endings, read, seconds=wait)
        return Response(await run_in_threadpool(_json, found), media_type="application/json")

    return router


def _json(found: TaskDetail) -> str:
    return full_item(found).model_dump_json()


async def when_over(
    request: Request, endings: Endings, read: Callable[[], TaskDetail], *, seconds: float
) -> TaskDetail:
    """A task once it has ended, else as it is after so many seconds, or when nobody listens any more.

    Args:
        request: who waits.
        endings: what hears of ends.
        read: reads the task, in the name of who asks; runs on a thread.
        seconds: how long to wait at most.
    """
    first = await run_in_threadpool(read)
    if not seconds or not first.state.is_open:
        return first
    await hold(request, endings, first.task.id or 0, seconds=seconds)
    return await run_in_threadpool(read)


async def hold(request: Request, endings: Endings, task_ref: int, *, seconds: float) -> None:
    """Wait until a task has ended, so many seconds are over, or nobody listens any more."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(told.set)

    with endings.awaiting(task_ref, tell):
        over = asyncio.ensure_future(told.wait())
        gone = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait([over, gone], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
