"""``GET /api/v1/tasks/{id}?wait=``: answers when the task ends, and holds nothing but its connection until then."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bootstrap import Dashboard
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.web.holding import when_over
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
