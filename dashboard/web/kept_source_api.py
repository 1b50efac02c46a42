"""Small pictures of sources that are held, for lists."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bootstrap import Dashboard
from dashboard.results.files import Download
from dashboard.results.sniffing import JPEG
from dashboard.web.api_schema import gives
from dashboard.web.streaming import as_file

_A_WHILE = "private, max-age=300"
"""A live list is drawn again each two seconds; the picture of a source never changes."""


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1/sources``."""
    router = APIRouter()
    ours = Annotated[Dashboard, Depends(seen)]

    @router.get("/sources/{source_id}/thumbnail", response_class=Response, responses=gives("image/jpeg"))
    def show_thumbnail(source_id: Annotated[int, Path(ge=1, le=2**31 - 1)], app: ours) -> Response:
        """A small JPEG of the first page of an image or document that is held."""
        data = app.team.kept_sources.thumbnail(source_id)
        found = Download(name=f"{source_id}{JPEG.extension}", media_type=JPEG.media_type, data=data)
        answer = as_file(found, inline=True)
        answer.headers["Cache-Control"] = _A_WHILE
        return answer

    return router
