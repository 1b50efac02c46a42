"""Results as files: one in a format, many as a ZIP. Streamed, so that no page is rerun and no memory fills."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused
from dashboard.models import State
from dashboard.results.exports import MaskStyle, TextStyle
from dashboard.services.library.library_address import read_query
from dashboard.services.results.export_formats import Bundle, OneFormat
from dashboard.services.tasks import board_address
from dashboard.store.board_filter import BoardFilter
from dashboard.web.api_schema import gives, says
from dashboard.web.streaming import as_file
from dashboard.zones import zone_of

NOT_SEARCHABLE = "X-Not-Searchable-Yet"
"""Header that says how many stored texts a search has not looked at."""

_STATE = f"({'|'.join(State)})"
_IDS = r"^(\d{1,10}(,\d{1,10})*)?$"

StatesAsked = Annotated[
    str,
    Query(
        description="state names, comma-separated",
        json_schema_extra={"pattern": f"^({_STATE}(,{_STATE})*)?$"},
    ),
]
"""The parameter that :func:`states_named` reads. Its pattern is for who reads of it: more is understood."""


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1``; ``seen`` says for whom a request is answered."""
    router = APIRouter(tags=["results"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.get(
        "/tasks/{reference}/export",
        response_class=Response,
        responses={
            **gives("text/plain", "text/markdown", "application/json"),
            **says(409, "There is no result yet."),
        },
    )
    def export_one(
        reference: str,
        app: ours,
        kind: Annotated[OneFormat, Query(alias="format")] = OneFormat.TXT,
        masks: MaskStyle | None = None,
        bom: bool = False,  # noqa: FBT001, FBT002 - query parameters
        crlf: bool = False,  # noqa: FBT001, FBT002 - the same
        corrected: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> Response:
        """The text of one result as text, Markdown or JSON; ``masks`` says how masked words are written.

        ``corrected`` takes the text as people have corrected it, where they have.
        """
        style = TextStyle(masks=masks or kind.masks, bom=bom, crlf=crlf)
        return as_file(app.team.result_export.one(reference, kind, style, corrected=corrected))

    @router.get("/tasks/{reference}/support.zip", response_class=Response, responses=gives("application/zip"))
    def support(reference: str, app: ours) -> Response:
        """Every call that was made for a task, without texts, names and secrets: for the vendor's forum."""
        return as_file(app.team.result_export.support(reference))

    @router.get(
        "/export",
        response_class=Response,
        responses=gives("application/zip", "text/plain", "text/csv", "application/jsonl"),
    )
    def export_many(
        app: ours,
        ids: Annotated[
            str,
            Query(
                description="our IDs, comma-separated; without them what the filter leaves",
                json_schema_extra={"pattern": _IDS},
            ),
        ] = "",
        state: StatesAsked = "",
        q: Annotated[str, Query(max_length=200)] = "",
        library: Annotated[
            str | None, Query(max_length=2_000, description="instead: the query of a library page's address")
        ] = None,
        board: Annotated[
            str | None, Query(max_length=2_000, description="instead: the query of a board page's address")
        ] = None,
        zone: Annotated[
            str, Query(max_length=100, description="where the days of that address begin, as Europe/Berlin")
        ] = "",
        masks: MaskStyle = MaskStyle.ASTERISKS,
        kind: Annotated[Bundle, Query(alias="format")] = Bundle.ZIP,
        corrected: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    ) -> Response:
        """Results as a ZIP (texts, parts, a manifest, a page that opens offline), one text, CSV or JSON Lines."""
        export = app.team.result_export
        wanted = BoardFilter(states=states_named(state), query=q.strip(), archived=None)
        named = _numbers(ids)  # what cannot be read is said, whether it would have counted or not
        if library is not None:
            chosen = app.team.library.matching(read_query(library))
        elif board is not None:
            chosen = export.matching(board_address.read_query(board, zone_of(zone)))
        else:
            chosen = named if ids else export.matching(wanted)
        answer = as_file(export.many(chosen, masks, kind=kind, corrected=corrected))
        if library is not None and (behind := app.outlook.not_searchable(app.team.team_id)):
            answer.headers[NOT_SEARCHABLE] = str(behind)
        return answer

    return router


def states_named(text: str) -> frozenset[State]:
    """The states of a comma-separated list; raises InputRefused."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    try:
        return frozenset(State(name) for name in names)
    except ValueError:
        raise InputRefused(f"unknown state; use some of {', '.join(State)}") from None


def _numbers(text: str) -> list[int]:
    numbers = [number.strip() for number in text.split(",") if number.strip()]
    if not all(number.isascii() and number.isdigit() and len(number) <= 10 for number in numbers):  # noqa: PLR2004 - digits of any ID
        raise InputRefused("ids must be our IDs, numbers separated by commas")
    return [int(number) for number in numbers]
