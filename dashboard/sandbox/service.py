"""The sandbox's HTTP: every operation of fact sheet 2, the token endpoint, and the switches for faults."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.errors import InputRefused
from dashboard.sandbox.answers import envelope
from dashboard.sandbox.faults import CATALOGUE, Call, Exchange, Stage
from dashboard.sandbox.problems import page, problem
from dashboard.sandbox.state import SandboxState
from dashboard.sandbox.task_life import Phase
from dashboard.wire.contract import Order, read_order
from dashboard.wire.endpoints import (
    BODY_LIMIT,
    PREFIX,
    STATUS_PATH,
    TOKEN_PATH,
    Endpoint,
    endpoint_of,
    is_status,
    wants_json,
)

_SENTENCE = (
    "This is the sandbox of OCR Dashboard: a stand-in for Aspose.OCR Cloud, which reads its own samples, and "
    "other images where the extra 'local' is installed. What it reads is its own, not the vendor's quality.\n"
)
_CALLS = {"POST": Call.SUBMIT, "GET": Call.FETCH, "DELETE": Call.CANCEL}


def build_app(state: SandboxState) -> Starlette:
    """The sandbox as an ASGI application. Faults that break connections need the sandbox's own server."""
    service = _Service(state)
    return Starlette(
        routes=[
            Route("/", _greet),
            Route(TOKEN_PATH, service.login, methods=["POST"]),
            Route("/sandbox/faults", service.faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{PREFIX}{{path:path}}", service.operate, methods=["GET", "POST", "DELETE"]),
        ],
        exception_handlers={HTTPException: _refuse},
    )


async def _greet(_: Request) -> Response:
    return PlainTextResponse(_SENTENCE)


async def _refuse(_: Request, error: Exception) -> Response:
    # Registered for HTTPException only, which the signature of a handler cannot say.
    status = error.status_code if isinstance(error, HTTPException) else 500
    return page(413) if status == 413 else problem(status)  # noqa: PLR2004 - a gateway's page, not the service's words


class _Service:
    """The routes around one state."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    async def login(self, request: Request) -> Response:
        """``/connect/token``, urlencoded or multipart (fact sheet 1)."""
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}

        def act(exchange: Exchange) -> Exchange:
            given = self._state.answer_login(fields)
            return replace(exchange, response=JSONResponse(dict(given.body), given.status, given.headers))

        return await self._exchange(request, Call.TOKEN, "connect/token", None, act)

    async def operate(self, request: Request) -> Response:
        """Submit, fetch, cancel and status."""
        path = request.path_params["path"]
        endpoint = endpoint_of(path)
        if endpoint is not None:
            body = await _read(request)
            call, name = _CALLS[request.method], endpoint.path
        elif is_status(path) and request.method == "GET":
            body, call, name = b"", Call.STATUS, STATUS_PATH
        else:
            return problem(405 if is_status(path) else 404)
        task_id = None if call is Call.SUBMIT else request.query_params.get("id")

        def act(exchange: Exchange) -> Exchange:
            authorized = (endpoint is not None and endpoint.trial) or self._is_authorized(request)
            if endpoint is not None and call is Call.SUBMIT:
                return (
                    self._submit(request, exchange, endpoint, body) if authorized else _unauthorized(exchange)
                )
            if not task_id:
                refused = problem(400, errors={"id": ["The id field is required."]})
                return replace(exchange, response=refused) if authorized else _unauthorized(exchange)
            if endpoint is not None and call is Call.CANCEL:
                if not authorized:
                    return _unauthorized(exchange)
                self._state.cancel(task_id, endpoint)
                return replace(exchange, response=Response())
            return self._look_up(request, exchange, endpoint, task_id, authorized=authorized)

        return await self._exchange(request, call, name, task_id, act)

    async def faults(self, request: Request) -> Response:
        """List the faults, switch one on, or switch all off."""
        switchboard = self._state.faults
        if request.method == "DELETE":
            switchboard.clear()
        elif request.method == "POST":
            try:
                switchboard.switch_on(_parse(await _read(request)))
            except InputRefused as refused:
                return JSONResponse({"error": str(refused)}, 400)
        listed = [
            {"fault": fault.name, "does": fault.sentence, "when": fault.stage, "calls": sorted(fault.calls)}
            for fault in CATALOGUE.values()
        ]
        return JSONResponse({"active": switchboard.active(), "faults": listed})

    async def _exchange(
        self,
        request: Request,
        call: Call,
        path: str,
        task_id: str | None,
        act: Callable[[Exchange], Exchange],
    ) -> Response:
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        now = self._state.clock()
        exchange = Exchange(call=call, now=now, path=path, address=address, task_id=task_id)
        fault = self._state.faults.take(Stage.BEFORE, exchange)
        if fault is None:
            # In a thread, because a submission may write the task to disk.
            exchange = await run_in_threadpool(act, exchange)
            fault = self._state.faults.take(Stage.AFTER, exchange)
        return fault.answer(exchange) if fault is not None else exchange.response or problem(500)

    def _submit(self, request: Request, exchange: Exchange, endpoint: Endpoint, body: bytes) -> Exchange:
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            return replace(exchange, response=problem(415))
        as_json = wants_json(request.headers.get("accept", ""), of_get=request.method == "GET")
        if as_json is None:
            return replace(exchange, response=Response(status_code=406))
        order = read_order(endpoint, body)
        if not isinstance(order, Order):
            return replace(exchange, response=problem(400, errors=order))
        task_id = self._state.submit(endpoint, order).task_id
        response = JSONResponse(task_id) if as_json else PlainTextResponse(task_id)
        return replace(exchange, task_id=task_id, phase=Phase.PENDING, response=response)

    def _look_up(
        self,
        request: Request,
        exchange: Exchange,
        endpoint: Endpoint | None,
        task_id: str,
        *,
        authorized: bool,
    ) -> Exchange:
        as_json = wants_json(request.headers.get("accept", ""), of_get=request.method == "GET")
        task, phase = self._state.find(task_id, endpoint)
        with_data = exchange.call is Call.FETCH
        reading = self._state.reading_of(task) if with_data else None
        answer: dict[str, Any] = envelope(task_id, task, phase, reading=reading, with_data=with_data)
        if not authorized:
            # The envelope goes along for the fault that leaves this door open (fact sheet D3).
            return replace(_unauthorized(exchange), envelope=answer)
        if as_json is None:
            return replace(exchange, response=Response(status_code=406))
        media_type = "application/json" if as_json else "text/plain"
        response = Response(json.dumps(answer), media_type=media_type)
        return replace(exchange, phase=phase, envelope=answer, response=response)

    def _is_authorized(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._state.accepts(token.strip())


def _unauthorized(exchange: Exchange) -> Exchange:
    return replace(exchange, response=problem(401, media_type="text/plain"))


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        wish = json.loads(raw)
    except (ValueError, RecursionError):
        wish = None
    if not isinstance(wish, dict):
        raise InputRefused("a JSON object is needed")
    return wish


async def _read(request: Request) -> bytes:
    """The body, refused as soon as it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            raise HTTPException(413)
    return bytes(body)
