"""Addresses where nothing is: they get a page of ours, and the status that says so.

Streamlit answers all of them with its page, which then finds out by itself that there is no such thing.
"""

import html
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.base_path import route_path
from dashboard.web.joining import page


class UnknownAddress:
    """Answers 404 where Streamlit's page comes at an address of no page. What is anything else goes through.

    Args:
        app: what is behind it.
        pages: the paths of all pages.
        shell: the file that Streamlit answers with, at pages and wherever it knows nothing.
    """

    def __init__(self, app: ASGIApp, *, pages: frozenset[str], shell: Path) -> None:
        self.app = app
        self._pages = pages
        self._shell = FileResponse(shell, stat_result=shell.stat()).headers["etag"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request; nothing is held back, the first message tells which answer it is."""
        if scope["type"] != "http" or route_path(scope) in self._pages:
            await self.app(scope, receive, send)
            return
        is_unknown = False

        async def looking(message: Message) -> None:
            nonlocal is_unknown
            if message["type"] == "http.response.start":
                is_unknown = Headers(raw=message["headers"]).get("etag") == self._shell
            if not is_unknown:
                await send(message)

        await self.app(scope, receive, looking)
        if is_unknown:
            await _nothing_here(scope)(scope, receive, send)


def _nothing_here(scope: Scope) -> Response:
    board = html.escape(f"{scope.get('root_path', '')}/", quote=True)
    return page(
        "There is no such page",
        "<p>Nothing is at this address. It may be mistyped, or have lost its end on the way.</p>"
        f'<p><a class="button" href="{board}">Open the board</a></p>',
        status=404,
    )
