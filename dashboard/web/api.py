"""The JSON API, mounted at ``/api`` (architecture, what scripts may rely on).

Handlers are plain functions: FastAPI runs them on threads, so the database never blocks the event loop. The one that
waits (:mod:`dashboard.web.waiting`) is not, so that it holds no thread meanwhile.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Path, Query, Response
from fastapi.responses import JSONResponse

from dashboard import __version__
from dashboard.bootstrap import Dashboard
from dashboard.errors import StillOpen
from dashboard.store.board_filter import BoardFilter
from dashboard.web import (
    api_docs,
    api_errors,
    api_schema,
    dropped_api,
    exporting,
    kept_source_api,
    registering,
    share_api,
    source_api,
    submission_api,
    task_verbs,
    team_api,
    waiting,
)
from dashboard.web.api_schema import StillOpenAnswer, gives, says
from dashboard.web.current_team import as_seen
from dashboard.web.heads import Heads
from dashboard.web.idempotency import Idempotency
from dashboard.web.payloads import (
    CredentialItems,
    Items,
    NewCredential,
    NewCredentialItem,
    Registered,
    TaskEntries,
    credential_item,
    item,
)
from dashboard.web.streaming import as_file

MAX_BODY = 20 * 1024 * 1024
"""Bytes of a request: ten thousand entries with every field filled stay below."""

_DRAWN = ("image", "audio")
"""What browsers say of a file that a page only shows (``Sec-Fetch-Dest``); it is not taken away."""


def build_api(dashboard: Callable[[], Dashboard]) -> FastAPI:
    """The API over one dashboard; the caller mounts it at ``/api``."""
    # FastAPI's own page of documentation loads its scripts from elsewhere; ours is api_docs.
    api = FastAPI(
        title="OCR Dashboard", version=__version__, docs_url=None, redoc_url=None, max_body_size=MAX_BODY
    )
    api_errors.install(api)
    api_schema.install(api, open_to_all=lambda: dashboard().settings.access == "open")
    api.add_middleware(Heads)
    api.add_middleware(Idempotency, seen=as_seen(dashboard))
    ours = Annotated[Dashboard, Depends(as_seen(dashboard))]

    @api.post("/v1/tasks", tags=["tasks"])
    def register(body: TaskEntries, app: ours) -> Registered:
        """Register task IDs; each entry is saved whole or rejected with a reason."""
        return registering.register(app, body.tasks)

    @api.get("/v1/tasks", tags=["tasks"])
    def list_tasks(
        app: ours,
        state: exporting.StatesAsked = "",
        q: Annotated[str, Query(max_length=200)] = "",
        at_risk: Annotated[  # noqa: FBT002 - a query parameter
            bool,
            Query(
                description="only open tasks that have less than two hours until the service deletes their results"
            ),
        ] = False,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Items:
        """Tasks, newest first; beyond the last page the list is empty."""
        wanted = BoardFilter(
            states=exporting.states_named(state), query=q.strip(), at_risk=at_risk, archived=None
        )
        view = app.team.board.look(wanted, page=page, per_page=per_page)
        rows = view.rows if view.page == page else ()
        return Items(items=[item(row) for row in rows], total=view.total)

    @api.get(
        "/v1/tasks/{reference}/text",
        tags=["results"],
        response_class=Response,
        responses={**gives("text/plain"), **says(409, "The task is still open.", StillOpenAnswer)},
    )
    def show_text(reference: str, app: ours) -> Response:
        """The decoded text; 409 with the state while the task is open."""
        try:
            text = app.team.result_export.one(reference)
        except StillOpen as error:
            state = app.team.tasks.detail(reference, with_text=False).state.value
            return JSONResponse({"detail": str(error), "state": state}, status_code=409)
        return as_file(text, inline=True)

    @api.get(
        "/v1/tasks/{reference}/parts/{position}",
        tags=["results"],
        response_class=Response,
        responses=gives("*/*"),
    )
    def show_part(
        reference: str,
        position: Annotated[int, Path(ge=0, le=1_000_000)],
        app: ours,
        sec_fetch_dest: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> Response:
        """The raw bytes of one part, counted from 0."""
        # A script can say anything of itself, and has no page to show it on.
        drawn = sec_fetch_dest in _DRAWN and app.team.actor.key_id is None
        return as_file(app.team.result_export.part(reference, position, taken=not drawn))

    @api.post("/v1/credentials", tags=["tokens"])
    def add_credential(body: NewCredential, app: ours) -> NewCredentialItem:
        """Register an access token, or a client ID with its secret; the answer contains neither secret."""
        return registering.register_credential(app, body)

    @api.get("/v1/credentials", tags=["tokens"])
    def list_credentials(app: ours) -> CredentialItems:
        """Every token with its health and what it was used for; without secrets."""
        views = app.team.credentials.all()
        return CredentialItems(items=[credential_item(view) for view in views], total=len(views))

    for room in (
        waiting,
        task_verbs,
        submission_api,
        share_api,
        exporting,
        dropped_api,
        kept_source_api,
        source_api,
    ):
        api.include_router(room.build_router(as_seen(dashboard)), prefix="/v1")
    api.include_router(team_api.build_router(as_seen(dashboard)), prefix="/v1/team")
    api.include_router(api_docs.build_router())
    return api
