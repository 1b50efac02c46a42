"""The drop-in address: the service's wire format on our own server (fact sheet 1 to 3).

A script that is pointed here changes nothing but its base URL. What it submits is passed on and is on the team's board;
what it asks about is answered from what is stored.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URLPath
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, NoMatchFound, request_response
from starlette.types import Receive, Scope, Send

from dashboard.bootstrap import Dashboard
from dashboard.errors import DashboardError, NotPermitted
from dashboard.logs import get_logger
from dashboard.models.dispatches import Dispatch, Relayable
from dashboard.services.drop_in import stored_answers
from dashboard.services.drop_in.fetching import Looked
from dashboard.services.drop_in.forwarding import Forwarded
from dashboard.services.drop_in.new_dispatches import Order
from dashboard.services.team.drop_in_access import Caller
from dashboard.web.base_path import route_path
from dashboard.web.drop_in_bodies import Body, BodyTooLarge, received
from dashboard.web.drop_in_paths import DropInPath, read_path
from dashboard.web.drop_in_refusals import not_asked_yet, refused, unauthorized
from dashboard.web.holding import hold
from dashboard.wire.contract import Content, Problems, read_content
from dashboard.wire.endpoints import TOKEN_PATH, Endpoint, endpoint_of, is_status, wants_json
from dashboard.wire.problems import problem

log = get_logger(__name__)

TOKEN_HEADER = "X-OCR-Dashboard-Token"  # noqa: S105 - the name of a header
LABEL_HEADER = "X-OCR-Dashboard-Label"
TEXT_HEADER = "X-OCR-Dashboard-Text"
"""What scripts may say beyond the service's own words."""

TASK_HEADER = "X-OCR-Dashboard-Task"
KEPT_HEADER = "X-OCR-Dashboard-Kept"
"""What they may hear beyond them."""

NOT_KEPT = "no; the database cannot be written to. The task ID is in the server's log; ask for it here to have it kept."

LONGEST_WAIT = 30.0
"""Seconds for which an answer about an open task is held back where that is wanted; clients give up after some more."""

_FIRST_ANSWER = 15.0
"""Seconds in which the poller has to have asked about a task that was not known here."""

_LOOK_SECONDS = 0.1

_LITTLE = 1_000_000
"""Bytes of a body that is taken in before it is asked who sends it."""

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})(?:$|[,;\s])", re.IGNORECASE)
_TEXT_PLAIN = "text/plain"

MOST_BODIES = 64
"""Bodies that are taken in at once; who comes later waits, and is not read from meanwhile."""

MOST_SENT = 16
"""Requests that are passed on at once; threads of their own, so that slow ones keep nobody else waiting."""

_MOST_OPENED = 2
"""Bodies that are read as JSON at once: each stands in memory for that moment, four times its size."""


class DropInRoute(BaseRoute):
    """Everything that the drop-in address answers; the service's own paths are written in any case.

    Args:
        dashboard: gives it when a request comes.
    """

    def __init__(self, dashboard: Callable[[], Dashboard]) -> None:
        self._dashboard = dashboard
        self._bodies = asyncio.Semaphore(MOST_BODIES)
        self._opening = CapacityLimiter(_MOST_OPENED)
        self._sending = CapacityLimiter(MOST_SENT)
        self._app = request_response(self._answer)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is one of its paths."""
        is_ours = scope["type"] == "http" and read_path(route_path(scope)) is not None
        return (Match.FULL if is_ours else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Nobody makes links to it."""
        raise NoMatchFound(name, dict(path_params))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = read_path(route_path(request.scope)) or DropInPath(None, "", "")
        try:
            answer = await self._answered(request, path)
        except DashboardError as error:
            answer = refused(error)
        except BodyTooLarge:
            most = self._dashboard().settings.upload_mb
            answer = problem(413, detail=f"The image is larger than {most} MB (OCR_DASHBOARD_UPLOAD_MB).")
        except ClientDisconnect:
            answer = problem(400)  # nobody is left to hear it
        except Exception:
            log.exception("drop_in.failed", method=request.method)
            answer = problem(500, detail="Something went wrong here; the server's log says what.")
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    async def _answered(self, request: Request, path: DropInPath) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            # A page elsewhere must not have a browser ask here, where asking alone may register a task.
            raise NotPermitted("This address is for scripts, not for pages of other sites.")
        access = self._dashboard().drop_in_access
        if path.rest == TOKEN_PATH:
            return await self._login(request, path) if request.method == "POST" else problem(405)
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else ""
        caller = await run_in_threadpool(access.caller, given, address=path.address)
        if caller is None:
            return unauthorized()
        endpoint = endpoint_of(path.operation)
        of_status = is_status(path.operation)
        if endpoint is None and not of_status:
            return problem(404, detail="The service has no such operation.")
        app = self._dashboard().seen_by(caller.team_id, caller.actor)
        if request.method == "POST" and endpoint is not None:
            return await self._submit(request, app, endpoint)
        if request.method == "DELETE" and endpoint is not None:
            return await _cancel(request, app, endpoint, caller)
        return await _fetch(request, app, endpoint) if request.method == "GET" else problem(405)

    async def _login(self, request: Request, path: DropInPath) -> Response:
        """``/connect/token``, urlencoded or multipart (fact sheet 1)."""
        async with request.form(max_files=0, max_fields=10) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        login = partial(self._dashboard().drop_in_access.login, fields, address=path.address)
        given = await run_in_threadpool(login)
        return JSONResponse(dict(given.body), given.status, given.headers)

    async def _submit(self, request: Request, app: Dashboard, endpoint: Endpoint) -> Response:
        media_type = request.headers.get("content-type", "")
        accept = request.headers.get("accept", "*/*")
        if not media_type.lower().startswith("application/json"):
            return problem(415)
        if wants_json(accept, of_get=False) is None:
            return Response(status_code=406)
        if not 0 < _announced(request) <= _LITTLE:  # before anything is read; a little one is looked at once
            await run_in_threadpool(app.team.forwarding.require)
        most = app.settings.upload_mb * 1_000_000 * 4 // 3 + 65_536  # Base64, and the settings
        async with self._bodies, received(request, app.settings.data_dir, most=most) as body:
            label = request.query_params.get("label", "") or request.headers.get(LABEL_HEADER, "")
            token = request.headers.get(TOKEN_HEADER, "")
            begin = partial(_begun, app, endpoint, body, token=_text(token), label=_text(label))
            dispatch = await run_sync(begin, limiter=self._opening)
            if isinstance(dispatch, dict):
                return problem(400, errors=dispatch)
            passed_on = Relayable(body=body, media_type=media_type, accept=accept)
            send = partial(app.team.forwarding.send, dispatch, passed_on)
            return _forwarded(await run_sync(send, limiter=self._sending))


def _begun(app: Dashboard, endpoint: Endpoint, body: Body, *, token: str, label: str) -> Dispatch | Problems:
    """What was written down of a submission; what is wrong with it where it can be none."""
    content = read_content(endpoint, body.whole())
    if not isinstance(content, Content):
        return content
    order = Order(
        operation=endpoint.operation,
        trial=endpoint.trial,
        data=content.data,
        digest=hashlib.sha256(content.data).hexdigest(),
        settings=content.settings,
        token=token,
        label=label,
    )
    return app.team.forwarding.begin(order)


def _forwarded(done: Forwarded) -> Response:
    """The service's own answer, byte for byte."""
    answer = Response(done.answer.body, done.answer.status)
    if done.answer.media_type:
        answer.headers["Content-Type"] = done.answer.media_type
    if not done.is_kept:
        answer.headers[KEPT_HEADER] = NOT_KEPT
    return answer


async def _cancel(request: Request, app: Dashboard, endpoint: Endpoint, caller: Caller) -> Response:
    if not caller.may_cancel:
        raise NotPermitted(
            "With this address tasks are submitted and fetched; to cancel one takes an API key."
        )
    task_id = _asked_id(request)
    if not task_id:
        return _no_id()
    cancel = partial(app.team.fetching.cancel, endpoint, task_id, token=_token(request))
    await run_in_threadpool(cancel)
    return Response()


async def _fetch(request: Request, app: Dashboard, endpoint: Endpoint | None) -> Response:
    as_json = wants_json(request.headers.get("accept", ""), of_get=True)
    task_id = _asked_id(request)
    if not task_id:
        return _no_id()
    if as_json is None:
        return Response(status_code=406)
    corrected = request.headers.get(TEXT_HEADER, "").strip().lower() == "corrected"
    look = partial(app.team.fetching.look, endpoint, task_id, corrected=corrected)
    found = await run_in_threadpool(look)
    if found is None:
        found = await _asked_elsewhere(request, app, endpoint, task_id)
        if found is None:
            return not_asked_yet()
    seconds = _wanted_wait(request)
    if found.is_open and seconds and found.task_ref:
        await hold(request, app.teams.endings, found.task_ref, seconds=seconds)
        found = await run_in_threadpool(look) or found
    answer = Response(found.text.encode(), media_type="application/json" if as_json else _TEXT_PLAIN)
    if found.task_ref:
        answer.headers[TASK_HEADER] = str(found.task_ref)
    if seconds:
        answer.headers["Preference-Applied"] = f"wait={seconds:g}"
    return answer


async def _asked_elsewhere(
    request: Request, app: Dashboard, endpoint: Endpoint | None, task_id: str
) -> Looked | None:
    """What the service says of a task that was not known here; None when it has not been asked in time."""
    fetching, token = app.team.fetching, _token(request)
    if endpoint is None:
        text = await run_in_threadpool(partial(fetching.status_elsewhere, task_id, token=token))
        return Looked(text=text, task_ref=None, is_open=False)
    since = app.clock()
    task_ref = await run_in_threadpool(partial(fetching.register, endpoint, task_id, token=token))
    if task_ref is None:
        return Looked(text=stored_answers.unknown(task_id), task_ref=None, is_open=False)
    look = partial(fetching.first_answer, endpoint, task_ref, task_id, since=since)
    for _ in range(round(_FIRST_ANSWER / _LOOK_SECONDS)):
        await asyncio.sleep(_LOOK_SECONDS)
        found = await run_in_threadpool(look)
        if found is not None:
            return found
    return None


def _wanted_wait(request: Request) -> float:
    """Seconds of ``Prefer: wait=30`` (RFC 7240), at most :data:`LONGEST_WAIT`; 0 where nothing is said."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    return min(float(found[1]), LONGEST_WAIT) if found else 0.0


def _announced(request: Request) -> int:
    """Bytes of the body, where that is said; 0 elsewhere."""
    said = request.headers.get("content-length", "")
    return int(said[:20]) if said.isascii() and said.isdigit() else 0


def _asked_id(request: Request) -> str:
    """The ``id`` of the query, in any case as the service's own framework reads it."""
    return next((value for name, value in request.query_params.items() if name.lower() == "id"), "")


def _no_id() -> Response:
    return problem(400, errors={"id": ["The id field is required."]})


def _token(request: Request) -> str:
    return _text(request.headers.get(TOKEN_HEADER, ""))


def _text(value: str) -> str:
    """A header as its writer meant it: servers read Latin-1, writers mean UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return value.strip()
