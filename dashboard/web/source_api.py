"""The images that tasks were made of: as they were added, and as browsers show them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bootstrap import Dashboard
from dashboard.web.api_schema import gives
from dashboard.web.streaming import as_file


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1/tasks/{reference}/source``."""
    router = APIRouter(tags=["results"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.get("/tasks/{reference}/source", response_class=Response, responses=gives("*/*"))
    def show_source(reference: str, app: ours) -> Response:
        """The image a task was made of, where it is held here."""
        return as_file(app.team.sources.image(app.team.tasks.find(reference)))

    @router.get(
        "/tasks/{reference}/source/pages/{number}", response_class=Response, responses=gives("image/*")
    )
    def show_page(reference: str, number: Annotated[int, Path(ge=1, le=10_000)], app: ours) -> Response:
        """One page of that image, counted from 1, as a picture that browsers show."""
        return as_file(app.team.sources.page(app.team.tasks.find(reference), number))

    return router
