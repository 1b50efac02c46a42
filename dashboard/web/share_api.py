"""Share links for scripts: made, listed and ended as on pages."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr
from starlette.requests import Request

from dashboard.bootstrap import Dashboard
from dashboard.services.results.sharing import (
    DEFAULT_LIFE,
    LONGEST_LIFE,
    MOST_TASKS,
    SHARE_PATH,
    ShareView,
)
from dashboard.store.tasks import MAX_ID

_HOUR = timedelta(hours=1)


class NewShare(BaseModel):
    """The body of ``POST /api/v1/shares``."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tasks: list[StrictInt | StrictStr] = Field(
        min_length=1,
        max_length=MOST_TASKS,
        description="our IDs, or the service's where they are unambiguous",
    )
    label: str = Field(default="", description="the title of the page behind the link")
    hours: int = Field(default=DEFAULT_LIFE // _HOUR, ge=1, le=LONGEST_LIFE // _HOUR)


class ShareItem(BaseModel):
    """A share link, without its secret."""

    id: int
    label: str
    hint: str
    """The last four characters of its address."""
    tasks: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    works: bool
    revoked: bool
    views: int
    last_viewed_at: datetime | None


class MadeShare(ShareItem):
    """A share link that was made just now."""

    url: str
    """Its address, told only now; with ``.txt`` behind it the text alone."""


class ShareItems(BaseModel):
    """Every share link of the team, newest first."""

    items: list[ShareItem]
    total: int


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1/shares``; the services refuse who is no editor."""
    router = APIRouter(prefix="/shares", tags=["share links"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.post("")
    def make(body: NewShare, request: Request, app: ours) -> MadeShare:
        """Make a link that shows results to people outside the team; its address is told only now."""
        secret = app.team.sharing.make(
            _found(app, body.tasks), label=body.label, life=timedelta(hours=body.hours)
        )
        made = _item(app.team.sharing.opened_by(secret))
        return MadeShare(**made.model_dump(), url=f"{_base(request)}{SHARE_PATH}/{secret}")

    @router.get("")
    def show_all(app: ours) -> ShareItems:
        """Every link, also those that have ended; without their secrets."""
        views = app.team.sharing.all()
        return ShareItems(items=[_item(view) for view in views], total=len(views))

    @router.delete("/{share_id}", status_code=204)
    def revoke(share_id: Annotated[int, Path(ge=1, le=MAX_ID)], app: ours) -> None:
        """End a link at once."""
        app.team.sharing.revoke(share_id)

    return router


def _found(app: Dashboard, references: Sequence[int | str]) -> list[int]:
    return [app.team.tasks.find(str(reference)) for reference in references]


def _item(view: ShareView) -> ShareItem:
    return ShareItem.model_validate(view, from_attributes=True)


def _base(request: Request) -> str:
    """The address of this dashboard as whoever asks knows it, below a base path too."""
    return str(request.base_url).rstrip("/").removesuffix("/api")
