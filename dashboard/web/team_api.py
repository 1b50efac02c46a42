"""What owners take away: everything the team owns as a ZIP, and the audit log as CSV."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bootstrap import Dashboard
from dashboard.results.files import Download
from dashboard.results.spreadsheets import csv_beginning, csv_line
from dashboard.services.team.members import Members
from dashboard.services.team.namesakes import Namesakes
from dashboard.web.api_schema import gives
from dashboard.web.streaming import as_file

_LINES = 1_000

_AUDIT = ("when (UTC)", "who", "known by", "what", "of what", "detail", "name of that time")
_NUMBERS = {
    "account": "account",
    "link": "link",
    "link number": "link_id",
    "sign-in number": "sign_in_id",
    "first sign-in of the same person": "person_id",
    "key number": "key_id",
}
"""Columns of the audit log that say who it was by what people cannot choose, as they are headed."""


def build_router(seen: Callable[[Request], Dashboard]) -> APIRouter:
    """The routes below ``/api/v1/team``; the services refuse everybody but owners."""
    router = APIRouter(tags=["team"])
    ours = Annotated[Dashboard, Depends(seen)]

    @router.get("/export", response_class=Response, responses=gives("application/zip"))
    def export_team(app: ours) -> Response:
        """Everything the team owns, as a ZIP."""
        pieces = app.team.team_export.write()
        return as_file(Download(name="team.zip", media_type="application/zip", data=pieces))

    @router.get("/audit.csv", response_class=Response, responses=gives("text/csv"))
    def export_audit(app: ours) -> Response:
        """Who did what when, newest first, for a spreadsheet."""
        known = app.team.members.namesakes()  # refuses before the answer begins
        lines = _audit_lines(app.team.members, known)
        return as_file(Download(name="audit.csv", media_type="text/csv; charset=utf-8", data=lines))

    return router


def _audit_lines(members: Members, known: Namesakes) -> Iterator[bytes]:
    yield csv_beginning([*_AUDIT, *_NUMBERS])
    before: int | None = None
    while page := members.audit_log(before_id=before, limit=_LINES):
        for entry in page:
            detail = ", ".join(f"{name}: {value}" for name, value in entry.detail.items())
            yield csv_line(
                [
                    entry.at.isoformat(),
                    known.called(entry.actor, entry.person_id),
                    entry.actor_kind,
                    entry.action,
                    entry.subject,
                    detail,
                    entry.actor,
                    *(getattr(entry, column) for column in _NUMBERS.values()),
                ]
            )
        before = page[-1].id
