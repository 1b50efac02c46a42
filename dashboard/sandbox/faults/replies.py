"""Odd but usable answers: how an ID or token is written, how JSON is labelled (fact sheet 1, 2, 3.2; D3)."""

import json

from starlette.responses import JSONResponse, Response

from dashboard.sandbox.faults.fault import ASKING, Call, Exchange, Stage, body_of, fault
from dashboard.sandbox.task_life import Phase

_SUBMITTED = frozenset({Phase.PENDING, Phase.PROCESSING, Phase.COMPLETED, Phase.ERROR})
_SUBMIT = frozenset({Call.SUBMIT})
_TOKEN = frozenset({Call.TOKEN})


@fault(calls=_SUBMIT, stage=Stage.AFTER, phases=_SUBMITTED)
def id_quoted(exchange: Exchange) -> Response:
    """The task ID in quotes, as text/plain."""
    return Response(f'"{exchange.task_id}"', media_type="text/plain")


@fault(calls=_SUBMIT, stage=Stage.AFTER, phases=_SUBMITTED)
def id_with_line_end(exchange: Exchange) -> Response:
    """The task ID with a byte order mark before it and a line end behind it."""
    return Response(f"\ufeff{exchange.task_id}\r\n", media_type="text/plain")


@fault(calls=_SUBMIT, stage=Stage.AFTER, phases=_SUBMITTED)
def id_as_json(exchange: Exchange) -> Response:
    """The task ID as a JSON string."""
    return JSONResponse(exchange.task_id)


@fault(calls=_SUBMIT, stage=Stage.AFTER, phases=_SUBMITTED)
def id_as_bare_json(exchange: Exchange) -> Response:
    """The bare task ID, labelled application/json."""
    return Response(exchange.task_id, media_type="application/json")


@fault(calls=_SUBMIT, stage=Stage.AFTER, phases=_SUBMITTED)
def id_in_object(exchange: Exchange) -> Response:
    """The task ID inside a JSON object."""
    return JSONResponse({"id": exchange.task_id})


@fault(calls=ASKING, stage=Stage.AFTER)
def json_as_text(exchange: Exchange) -> Response:
    """The right JSON, labelled text/plain."""
    return Response(body_of(exchange), media_type="text/plain")


@fault(calls=frozenset({Call.STATUS}), stage=Stage.AFTER)
def status_needs_no_token(exchange: Exchange) -> Response:
    """GetTaskStatus answers without a token (fact sheet D3)."""
    return JSONResponse(exchange.envelope)


@fault(calls=_TOKEN, stage=Stage.AFTER)
def token_without_life(exchange: Exchange) -> Response:
    """A token without expires_in, and its type in lower case (fact sheet D1)."""
    given = json.loads(body_of(exchange))
    given.pop("expires_in", None)
    return JSONResponse(given | {"token_type": "bearer"})


@fault(calls=_TOKEN, stage=Stage.AFTER)
def token_of_a_day(exchange: Exchange) -> Response:
    """A token that claims to live for a day, whatever it really does (fact sheet D1)."""
    return JSONResponse(json.loads(body_of(exchange)) | {"expires_in": 86_400})
