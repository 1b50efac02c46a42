"""``POST /api/v1/submissions`` and ``/api/v1/batches``: files that scripts send, and how far they are."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.sending.batch_views import BatchItem as StoredItem
from dashboard.services.sending.batch_views import BatchView
from dashboard.services.sending.submitting import Given
from dashboard.web.payloads import Item, item

MOST_FILES = 200
"""Of one call; more are sent as another batch."""

_MOST = 4_000_000_000
"""Bytes of one call; of a file, the setting says how many."""

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MOST_FILES,
                            "description": "images, PDF, DjVu, several-page TIFF, or a ZIP of them",
                        },
                        "settings": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "description": "a JSON object: operation, trial, credential_id, language, result_type, ...",
                        },
                        "name": {"type": "string", "description": "of the batch"},
                    },
                }
            }
        },
    }
}


class _ToDisk(MultiPartParser):
    """Keeps next to nothing of a file in memory; what it spools to is deleted with the request."""

    spool_max_size = 64 * 1024


class RefusedFile(BaseModel):
    """A file that is not sent, and why."""

    name: str
    reason: str


class Batch(BaseModel):
    """Files sent together, and how many of them stand where."""

    id: int
    name: str
    created_at: datetime
    created_by: str
    is_paused: bool
    about_seconds: float | None
    """How long it still takes at its pace so far; null while that cannot be told."""
    total: int
    waiting: int
    """Not sent yet."""
    perhaps: int
    """Not known to have arrived; a person decides on the page."""
    refused: int
    cancelled: int
    reading: int
    """Sent; the service reads them."""
    kept: int
    """Their results are stored."""
    ended: int
    """Ended without a result."""


class SubmittedBatch(BaseModel):
    """The answer of ``POST /api/v1/submissions``."""

    batch: Batch
    refused: list[RefusedFile]


class BatchFile(BaseModel):
    """One file of a batch."""

    position: int
    label: str
    state: str
    detail: str
    task: Item | None


class BatchPage(Batch):
    """A batch with a page of its files, in their order."""

    items: list[BatchFile]


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1``; ``seen`` says for whom a request is answered."""
    router = APIRouter(tags=["submissions"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.post("/submissions", openapi_extra=_FORM, max_body_size=_MOST)
    async def submit(request: Request, app: ours) -> SubmittedBatch:
        """Have files sent to the service, together as a batch; those that cannot be sent are named with a reason."""
        parser = _ToDisk(request.headers, request.stream(), max_files=MOST_FILES, max_fields=10)
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise HTTPException(422, "Send the files as multipart/form-data, each as a field “file”.")
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise HTTPException(422, f"The form cannot be read: {error.message}") from None
        try:
            return await run_in_threadpool(_submitted, app, form)
        finally:
            await form.close()

    @router.get("/batches/{batch_id}")
    def show_batch(
        batch_id: int,
        app: ours,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, Query(ge=0, le=500)] = 500,
    ) -> BatchPage:
        """How far a batch is, with a page of its files."""
        found = batch_of(app.team.batches.view(batch_id))
        start = (page - 1) * per_page
        items = app.team.batches.items(batch_id, start=start, limit=per_page) if per_page else []
        return BatchPage(**found.model_dump(), items=files_of(app, items))

    @router.post("/batches/{batch_id}/pause")
    def pause(batch_id: int, app: ours) -> Batch:
        """Send nothing more of a batch for now."""
        app.team.batches.pause(batch_id)
        return batch_of(app.team.batches.view(batch_id))

    @router.post("/batches/{batch_id}/resume")
    def resume(batch_id: int, app: ours) -> Batch:
        """Go on with a paused batch."""
        app.team.batches.resume(batch_id)
        return batch_of(app.team.batches.view(batch_id))

    @router.post("/batches/{batch_id}/cancel")
    def cancel(batch_id: int, app: ours) -> Batch:
        """Send nothing more of a batch for good; what was sent already is read all the same."""
        app.team.batches.cancel(batch_id)
        return batch_of(app.team.batches.view(batch_id))

    return router


def _submitted(app: Dashboard, form: FormData) -> SubmittedBatch:
    if unknown := sorted(set(form) - {"file", "settings", "name"}):
        raise InputRefused(f"There is no field {unknown[0][:40]!r}; the fields are file, settings and name.")
    files = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
    settings = SubmissionSettings.read(_object(form.get("settings", "{}")))
    given = (Given(name=one.filename or "", size=one.size or 0, data=one.file) for one in files)
    name = form.get("name", "")
    done = app.team.submitting.send(given, settings=settings, name=name if isinstance(name, str) else "")
    return SubmittedBatch(
        batch=batch_of(app.team.batches.view(done.batch_id)),
        refused=[RefusedFile(name=name, reason=reason) for name, reason in done.refused],
    )


def _object(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputRefused('settings must be a JSON object, such as {"language": "German"}.')
    return found


def batch_of(view: BatchView) -> Batch:
    """A batch as the API gives it."""
    progress = view.progress
    return Batch(
        id=view.id,
        name=view.name,
        created_at=view.created_at,
        created_by=view.created_by,
        is_paused=view.is_paused,
        about_seconds=view.about_seconds,
        total=progress.total,
        waiting=progress.waiting,
        perhaps=progress.perhaps,
        refused=progress.refused,
        cancelled=progress.cancelled,
        reading=progress.reading,
        kept=progress.kept,
        ended=progress.ended,
    )


def files_of(app: Dashboard, items: list[StoredItem]) -> list[BatchFile]:
    """Files of a batch as the API gives them."""
    refs = [one.task.id for one in items if one.task is not None and one.task.id]
    rows = {row.id: row for row in app.team.board.rows_of(refs)}
    return [
        BatchFile(
            position=one.submission.position,
            label=one.submission.label,
            state=one.submission.state,
            detail=one.submission.detail,
            task=item(rows[one.task.id]) if one.task is not None and one.task.id in rows else None,
        )
        for one in items
    ]
