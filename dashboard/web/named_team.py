"""Addresses of pages that name a team: ``?team=scans``. Somebody else's team does not exist for whoever asks.

Stands behind the admission. The API and the figures say the same in their own words: :mod:`dashboard.web.current_team`.
"""

import html
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.web.admission import visitor_of
from dashboard.web.base_path import route_path
from dashboard.web.current_team import TEAM
from dashboard.web.joining import page

_IN_THEIR_OWN_WORDS = ("/api/", "/metrics")


class TeamAddress:
    """Answers 404 to who opens a page of a team that is not theirs, whether there is one of that name or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on one request."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _is_foreign(scope):
            board = html.escape(f"{scope.get('root_path', '')}/", quote=True)
            answer = page(
                "There is no such team among yours",
                "<p>Open one of yours, or ask somebody of the team for a link.</p>"
                f'<p><a class="button" href="{board}">Open the board</a></p>',
                status=404,
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    visitor = visitor_of(scope)
    if visitor is None or route_path(scope).startswith(_IN_THEIR_OWN_WORDS):
        return False
    query = scope.get("query_string", b"").decode("latin-1")
    return any(name == TEAM and visitor.place(slug) is None for name, slug in parse_qsl(query))
