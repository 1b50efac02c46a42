"""What scripts do to tasks, as people do it on pages: check now, cancel, delete, relabel, tag."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from dashboard.bootstrap import Dashboard
from dashboard.models import State
from dashboard.web.api_schema import says
from dashboard.web.payloads import Item, item

_ENDED = "This task has ended already ({state}); there is nothing to cancel."


class Relabelling(BaseModel):
    """The body of ``PATCH /api/v1/tasks/{id}``."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    label: str = Field(description="empty for none")


class Tagging(BaseModel):
    """The body of ``POST /api/v1/tasks/{id}/tags``."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    add: list[str] = Field(default=[], max_length=100)
    remove: list[str] = Field(default=[], max_length=100)


class Tags(BaseModel):
    """What is on a task now."""

    tags: list[str]


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1/tasks/{reference}``; the services refuse who is no editor."""
    router = APIRouter(prefix="/tasks/{reference}", tags=["tasks"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.post("/check")
    def check_now(reference: str, app: ours) -> Item:
        """Ask the service about a task at once; a lost or failed one is opened again."""
        task_ref = app.team.tasks.find(reference)
        app.team.tasks.check_now([task_ref])
        return _item(app, task_ref)

    @router.post(
        "/cancel", responses={**says(409, "It has ended."), **says(502, "The service did not do it.")}
    )
    def cancel(reference: str, app: ours) -> Item:
        """Cancel a task at the service, then here; 409 when it has ended, 502 when the service did not do it."""
        task_ref = app.team.tasks.find(reference)
        cancelled, problems = app.team.tasks.cancel([task_ref])
        if problems:
            raise HTTPException(502, problems[0])
        found = _item(app, task_ref)
        if not cancelled:
            raise HTTPException(409, _ENDED.format(state=State(found.state).value.replace("_", " ")))
        return found

    @router.delete("", status_code=204)
    def delete(reference: str, app: ours) -> None:
        """Delete a task with everything that is stored for it; the service is not told."""
        app.team.tasks.delete([app.team.tasks.find(reference)])

    @router.patch("")
    def relabel(reference: str, body: Relabelling, app: ours) -> Item:
        """Change the label of a task."""
        task_ref = app.team.tasks.find(reference)
        app.team.tasks.relabel(task_ref, body.label)
        return _item(app, task_ref)

    @router.get("/tags")
    def show_tags(reference: str, app: ours) -> Tags:
        """The tags on a task."""
        return Tags(tags=list(app.team.library.tags_on(app.team.tasks.find(reference))))

    @router.post("/tags")
    def tag(reference: str, body: Tagging, app: ours) -> Tags:
        """Put tags on a task and take others off; answers which ones it has then."""
        task_ref = app.team.tasks.find(reference)
        app.team.library.tag([task_ref], add=body.add, remove=body.remove)
        return Tags(tags=list(app.team.library.tags_on(task_ref)))

    return router


def _item(app: Dashboard, task_ref: int) -> Item:
    rows = app.team.board.rows_of([task_ref])
    if not rows:
        app.team.tasks.find(str(task_ref))  # deleted meanwhile: says so
    return item(rows[0])
