"""Requests that are answered when a task has ended; they hold nothing but their connection until then."""

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from dashboard.services.tasks.endings import Endings
from dashboard.services.tasks.task_detail import TaskDetail


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
