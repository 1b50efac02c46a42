"""The JSON API, mounted at ``/api`` (design, interfaces that stay put).

Handlers are plain functions: FastAPI runs them on threads, so the database never blocks the event loop.
"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from dashboard import __version__
from dashboard.bootstrap import Dashboard
from dashboard.errors import DashboardError, InputRefused, NotFound, StillOpen, StoreUnavailable
from dashboard.logs import get_logger
from dashboard.models import Operation, State
from dashboard.services.intake import NewTask
from dashboard.services.tasks import Download
from dashboard.store.board import BoardFilter
from dashboard.web.payloads import (
    CredentialItem,
    FullItem,
    Item,
    Items,
    Known,
    NewCredential,
    Registered,
    Rejected,
    TaskEntries,
    TaskEntry,
    credential_item,
    full_item,
    item,
)

log = get_logger(__name__)

# The first kind that fits decides; anything else of ours is the server's fault.
_STATUS: tuple[tuple[type[DashboardError], int], ...] = (
    (InputRefused, 422),
    (NotFound, 404),
    (StillOpen, 409),
    (StoreUnavailable, 503),
)


def build_api(dashboard: Callable[[], Dashboard]) -> FastAPI:
    """The API over one dashboard; the caller mounts it at ``/api``."""
    # The interactive documentation loads its scripts from elsewhere, so only the schema is served.
    api = FastAPI(title="OCR Dashboard", version=__version__, docs_url=None, redoc_url=None)
    api.add_exception_handler(DashboardError, _on_known_error)
    api.add_exception_handler(RequestValidationError, _on_bad_request)
    api.add_exception_handler(HTTPException, _on_http_error)
    api.add_exception_handler(Exception, _on_unknown_error)
    ours = Annotated[Dashboard, Depends(dashboard)]

    @api.post("/v1/tasks")
    def register(body: TaskEntries, app: ours) -> Registered:
        """Register task IDs; each entry is saved whole or rejected with a reason."""
        return _register(app, body.tasks)

    @api.get("/v1/tasks")
    def list_tasks(
        app: ours,
        state: Annotated[str, Query(description="state names, comma-separated")] = "",
        q: Annotated[str, Query(max_length=200)] = "",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Items:
        """Tasks, newest first; beyond the last page the list is empty."""
        wanted = BoardFilter(states=_states(state), query=q.strip())
        view = app.board.look(wanted, page=page, per_page=per_page)
        rows = view.rows if view.page == page else ()
        return Items(items=[item(row) for row in rows], total=view.total)

    @api.get("/v1/tasks/{reference}")
    def show_task(reference: str, app: ours) -> FullItem:
        """One task by our ID, or by the service's where it is unambiguous."""
        return full_item(app.tasks.detail(app.tasks.find(reference)))

    @api.get("/v1/tasks/{reference}/text")
    def show_text(reference: str, app: ours) -> Response:
        """The decoded text; 409 with the state while the task is open."""
        task_ref = app.tasks.find(reference)
        try:
            return _file(app.tasks.text(task_ref), inline=True)
        except StillOpen as error:
            state = app.tasks.detail(task_ref).state.value
            return JSONResponse({"detail": str(error), "state": state}, status_code=409)

    @api.get("/v1/tasks/{reference}/parts/{position}")
    def show_part(reference: str, position: int, app: ours) -> Response:
        """The raw bytes of one part, counted from 0."""
        return _file(app.tasks.part(app.tasks.find(reference), position))

    @api.post("/v1/credentials")
    def add_credential(body: NewCredential, app: ours) -> CredentialItem:
        """Register an access token; the answer never contains it."""
        view, new = app.credentials.add(
            label=body.label, access_token=body.access_token.get_secret_value(), api_url=body.api_url
        )
        return credential_item(view, known=not new)

    return api


def _register(app: Dashboard, raw_entries: list[Any]) -> Registered:
    labels = {view.label: view.id for view in app.credentials.all()}
    entries, rejected = [], []
    for raw in raw_entries:
        try:
            entries.append(_entry(TaskEntry.model_validate(raw), labels))
        except ValidationError as error:
            rejected.append(Rejected(task_id=_shown_id(raw), reason=_sentence(error.errors()[0])))
        except InputRefused as error:
            rejected.append(Rejected(task_id=_shown_id(raw), reason=str(error)))
    done = app.intake.register(entries)
    rejected += [Rejected(task_id=task_id[:200], reason=reason) for task_id, reason in done.rejected]
    return Registered(
        registered=[_registered(app, row_id) for row_id in done.registered.values()],
        known=[Known(task_id=task_id, id=row_id) for task_id, row_id in done.known.items()],
        rejected=rejected,
    )


def _registered(app: Dashboard, row_id: int) -> Item:
    return Item.model_validate(full_item(app.tasks.detail(row_id)), from_attributes=True)


def _entry(given: TaskEntry, labels: dict[str, int]) -> NewTask:
    try:
        operation = Operation(given.operation)
    except ValueError:
        raise InputRefused(f"unknown operation; use one of {', '.join(Operation)}") from None
    credential = given.credential
    if isinstance(credential, str):
        if credential not in labels:
            raise InputRefused("there is no token with that label in this team")
        credential = labels[credential]
    return NewTask(
        task_id=given.task_id,
        operation=operation,
        trial=given.trial,
        credential_id=credential,
        label=given.label or "",
        submitted_at=given.submitted_at,
    )


def _states(text: str) -> frozenset[State]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    try:
        return frozenset(State(name) for name in names)
    except ValueError:
        raise InputRefused(f"unknown state; use some of {', '.join(State)}") from None


def _shown_id(raw: object) -> str:
    given = raw.get("task_id") if isinstance(raw, dict) else raw
    return str(given)[:200]


def _sentence(problem: Any) -> str:  # noqa: ANN401 - pydantic's and FastAPI's error entries are loose dicts
    place = ".".join(str(part) for part in problem["loc"] if part != "body")
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])


def _file(download: Download, *, inline: bool = False) -> Response:
    ascii_name = download.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    kind = "inline" if inline else "attachment"
    disposition = f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(download.name)}"
    return Response(
        download.data,
        media_type=download.media_type,
        headers={
            "Content-Disposition": disposition,
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def _on_known_error(_: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=status)


def _on_bad_request(_: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": "; ".join(map(_sentence, problems))}, status_code=422)


def _on_http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Error"
    return JSONResponse({"detail": detail}, status_code=status)


def _on_unknown_error(request: Request, error: Exception) -> Response:
    log.error("api.failed", path=request.url.path, exc_info=error)
    return JSONResponse({"detail": "Something went wrong here; the server's log says what."}, status_code=500)
