"""What the holder of a share link sees: ``/s/<secret>`` as a page, ``/s/<secret>.txt`` for scripts.

No script, no cookie, nothing of the team but what the link shows.
"""

import html
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.counts import count_of
from dashboard.errors import NotFound, StillOpen
from dashboard.models import State
from dashboard.results.highlighting import highlight
from dashboard.results.masks import masks_within
from dashboard.services.results.sharing import LEFT_OUT, SHARE_PATH, Shared, SharedResult, SharedResults

_REFRESH_SECONDS = 15
_AGAIN = "again"
"""Query parameter of a page that looks again by itself, which is no other view."""

_SHOWN_CHARACTERS = 200_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
}
_ENDINGS = {
    State.COMPLETED_EMPTY: "The service finished and found no text in the image.",
    State.FAILED: "The service could not read the image.",
    State.NOT_FOUND: "The service does not know this task.",
    State.EXPIRED: "The service has deleted the result before it was fetched.",
    State.DATA_LOST: "The service finished and then lost the result.",
    State.CANCELLED: "The task was cancelled.",
}


def routes(shared: Callable[[], SharedResults], clock: Callable[[], datetime]) -> list[BaseRoute]:
    """The two routes.

    Args:
        shared: opens links.
        clock: the time, aware.
    """

    async def look(request: Request) -> Response:
        secret = request.path_params["secret"]
        as_text = secret.endswith(".txt")
        counts = _AGAIN not in request.query_params
        try:
            if as_text:
                text = await run_in_threadpool(shared().text, secret.removesuffix(".txt"), counts=counts)
                return PlainTextResponse(text, headers=_HEADERS)
            found = await run_in_threadpool(shared().open, secret, counts=counts)
        except StillOpen as error:
            later = {**_HEADERS, "Retry-After": str(_REFRESH_SECONDS)}
            return PlainTextResponse(f"{error}\n", status_code=409, headers=later)
        except NotFound as error:
            if as_text:
                return PlainTextResponse(f"{error}\n", status_code=404, headers=_HEADERS)
            body = f"<h1>This link does not work</h1><p>{html.escape(str(error))}</p>"
            return _page("This link does not work", body, status=404)
        return await run_in_threadpool(_shown, found, secret, clock())

    return [Route(f"{SHARE_PATH}/{{secret}}", look, methods=["GET"])]


def _shown(shared: Shared, secret: str, now: datetime) -> Response:
    title = html.escape(shared.title)
    until = shared.expires_at.strftime("%d %B %Y, %H:%M UTC")
    many = len(shared.results) > 1
    contents = (
        "<nav><ol>"
        + "".join(
            f'<li><a href="#r{number}">{html.escape(result.title)}</a> '
            f'<span class="quiet">{_state(result)}</span></li>'
            for number, result in enumerate(shared.results, 1)
        )
        + "</ol></nav>"
        if many
        else ""
    )
    articles = "".join(_article(number, result, now) for number, result in enumerate(shared.results, 1))
    if not articles:
        articles = "<p>What this link showed has been deleted.</p>"
    waiting = (
        f"<p>{count_of(shared.open, 'result')} still to come. This page looks again by itself.</p>"
        if shared.open
        else ""
    )
    body = (
        f'<h1>{title}</h1><p class="quiet">Shared with you to read. This link works until {until}.</p>{waiting}'
        f'<nav><a href="{html.escape(secret, quote=True)}.txt">As plain text</a></nav>{contents}{articles}'
    )
    return _page(shared.title, body, refresh=bool(shared.open))


def _article(number: int, result: SharedResult, now: datetime) -> str:
    state = result.state
    lines = [f'<p class="state">{_state(result)}</p>']
    if state.is_open:
        lines.append(f"<p>{_left(result, now)}</p>")
    lines += [f"<p>{html.escape(notice)}</p>" for notice in result.notices]
    if state in _ENDINGS:
        lines.append(f"<p>{_ENDINGS[state]}</p>")
    if result.corrected:
        lines.append('<p class="quiet">Corrected by hand.</p>')
    if result.masks:
        lines.append(
            f'<p class="quiet">{count_of(len(result.masks), "word")} masked by the service\'s evaluation mode.</p>'
        )
    if result.left_out:
        lines.append(f"<p>{LEFT_OUT}</p>")
    elif result.text is not None:
        shown = result.text[:_SHOWN_CHARACTERS]
        here = masks_within(result.masks, 0, len(shown))
        lines.append(f'<pre dir="auto" tabindex="0">{highlight(shown, here)}</pre>')
        if len(result.text) > len(shown):
            lines.append("<p>This is the beginning. Open it as plain text to read all of it.</p>")
    elif state.has_result and state is not State.COMPLETED_EMPTY:
        lines.append("<p>This result has files and no text.</p>")
    return f'<article id="r{number}"><h2>{html.escape(result.title)}</h2>{"".join(lines)}</article>'


def _state(result: SharedResult) -> str:
    return result.state.value.replace("_", " ").capitalize()


def _left(result: SharedResult, now: datetime) -> str:
    minutes = max(0, round((result.expires_at - now).total_seconds() / 60))
    left = f"{minutes // 60} h {minutes % 60} min"
    most = "" if result.expiry_exact else "at most "
    return f"The result is fetched as soon as there is one; the service keeps it for {most}{left} more."


def _page(title: str, body: str, *, status: int = 200, refresh: bool = False) -> HTMLResponse:
    style = (files("dashboard.web") / "assets" / "sharing.css").read_text(encoding="utf-8")
    again = f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS};url=?{_AGAIN}=1">' if refresh else ""
    content = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        f"<style>{style}</style></head><body><main>{body}</main></body></html>"
    )
    return HTMLResponse(content.encode("utf-8", "replace"), status_code=status, headers=_HEADERS)
