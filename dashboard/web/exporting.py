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
from dashboard.services.library_address import read_query
from dashboard.services.result_export import Bundle, Format
from dashboard.store.board import BoardFilter
from dashboard.web.streaming import MadeWhileSent

_MEDIA_TYPES = {
    "zip": "application/zip",
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
}

NOT_SEARCHABLE = "X-Not-Searchable-Yet"
"""Header that says how many stored texts a search has not looked at."""


def build_router(
    seen: Callable[[Request], Dashboard],
    *,
    states: Callable[[str], frozenset[State]],
    file: Callable[..., Response],
) -> APIRouter:
    """The routes below ``/api/v1``.

    Args:
        seen: for whom a request is answered.
        states: reads names of states.
        file: makes the answer of a download.
    """
    router = APIRouter()
    ours = Annotated[Dashboard, Depends(seen)]

    @router.get("/tasks/{reference}/export")
    def export_one(
        reference: str,
        app: ours,
        kind: Annotated[Format, Query(alias="format")] = "txt",
        masks: MaskStyle | None = None,
        bom: bool = False,  # noqa: FBT001, FBT002 - query parameters
        crlf: bool = False,  # noqa: FBT001, FBT002 - the same
        corrected: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> Response:
        """The text of one result as text, Markdown or JSON; ``masks`` says how masked words are written.

        ``corrected`` takes the text as people have corrected it, where they have.
        """
        usual = MaskStyle.MARKED if kind == "md" else MaskStyle.ASTERISKS
        style = TextStyle(masks=masks or usual, bom=bom, crlf=crlf)
        one = app.team.result_export.one
        return file(one(app.team.tasks.find(reference), kind, style, corrected=corrected))

    @router.get("/tasks/{reference}/support.zip")
    def support(reference: str, app: ours) -> Response:
        """Every call that was made for a task, without texts, names and secrets: for the vendor's forum."""
        return file(app.team.support_bundle.of(app.team.tasks.find(reference)))

    @router.get("/export")
    def export_many(
        app: ours,
        ids: Annotated[
            str, Query(description="our IDs, comma-separated; without them what the filter leaves")
        ] = "",
        state: Annotated[str, Query(description="state names, comma-separated")] = "",
        q: Annotated[str, Query(max_length=200)] = "",
        library: Annotated[
            str | None, Query(max_length=2_000, description="instead: the query of a library page's address")
        ] = None,
        masks: MaskStyle = MaskStyle.ASTERISKS,
        kind: Annotated[Bundle, Query(alias="format")] = "zip",
        corrected: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    ) -> Response:
        """Results as a ZIP (texts, parts, a manifest, a page that opens offline), one text, CSV or JSON Lines."""
        export = app.team.result_export
        wanted = BoardFilter(states=states(state), query=q.strip(), archived=None)
        if library is not None:
            chosen = app.team.library.matching(read_query(library))
        else:
            chosen = _numbers(ids) if ids else export.matching(wanted)
        pieces = export.many(chosen, masks, kind=kind, corrected=corrected)
        headers = {"Content-Disposition": f'attachment; filename="results.{kind}"'}
        if library is not None and (behind := app.outlook.not_searchable(app.team.team_id)):
            headers[NOT_SEARCHABLE] = str(behind)
        return MadeWhileSent(pieces, media_type=_MEDIA_TYPES[kind], headers=headers)

    return router


def _numbers(text: str) -> list[int]:
    numbers = [number.strip() for number in text.split(",") if number.strip()]
    if not all(number.isascii() and number.isdigit() and len(number) <= 10 for number in numbers):  # noqa: PLR2004 - digits of any ID
        raise InputRefused("ids must be our IDs, numbers separated by commas")
    return [int(number) for number in numbers]
