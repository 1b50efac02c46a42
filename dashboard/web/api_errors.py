"""What goes wrong in the API, as an answer with one sentence; nothing that was sent in is repeated whole."""

import re
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from dashboard import full_disk
from dashboard.errors import DashboardError, InputRefused, NotFound, NotPermitted, StillOpen, StoreUnavailable
from dashboard.logs import get_logger
from dashboard.redaction import redacted
from dashboard.web.printable import printable

log = get_logger(__name__)

# The first kind that fits decides; anything else of ours is the server's fault.
_STATUS: tuple[tuple[type[DashboardError], int], ...] = (
    (InputRefused, 422),
    (NotFound, 404),
    (NotPermitted, 403),
    (StillOpen, 409),
    (StoreUnavailable, 503),
)
_ODD_BODY = "The body must be a JSON object, sent as Content-Type: application/json."
_NOT_UTF_8 = "The body is not UTF-8. Send it as JSON in UTF-8."
_TOO_DEEP = "The body is nested too deeply."
_ODD_ENTRY = "this must be a JSON object with a task_id"
_WHOLE = {"missing": _ODD_BODY, "model_attributes_type": _ODD_BODY, "model_type": _ODD_ENTRY}
"""Sentences about a body or an entry as a whole, by pydantic's word for it."""

_LONGEST_PLACE = 100
_NAME = re.compile(r"[A-Za-z]{1,15}(?:[_-][A-Za-z]{1,15}){0,3}")
_ODD_NAME = "a field with an unusual name"
"""Somebody may have put a secret where the name of a field belongs."""


def install(api: FastAPI) -> None:
    """Answer every error of this API with ``{"detail": sentence}``."""
    api.add_exception_handler(DashboardError, _on_known_error)
    api.add_exception_handler(RequestValidationError, _on_bad_request)
    api.add_exception_handler(HTTPException, _on_http_error)
    api.add_exception_handler(ClientDisconnect, _on_half_a_body)
    api.add_exception_handler(Exception, _on_unknown_error)


def sentence(problem: Any) -> str:  # noqa: ANN401 - pydantic's and FastAPI's error entries are loose dicts
    """One problem of a request or an entry, in words; values are never repeated."""
    where = [part for part in problem["loc"] if part not in ("body", "query", "path")]
    if problem["type"] == "extra_forbidden" and not _is_name(where[-1]):
        where[-1] = _ODD_NAME
    place = ".".join(map(str, where))
    if problem["type"] == "json_invalid":
        return f"The body is not JSON: something is wrong at character {place}."
    if not place:
        return _WHOLE.get(problem["type"], str(problem["msg"]))
    return f"{printable(redacted(place[:_LONGEST_PLACE]))}: {problem['msg']}"


def _is_name(part: object) -> bool:
    return isinstance(part, str) and _NAME.fullmatch(part) is not None


def answer_to(error: DashboardError) -> Response:
    """The answer that says what was understood."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    return JSONResponse({"detail": printable(str(error))}, status_code=status)


def _on_known_error(_: Request, error: Exception) -> Response:
    return answer_to(error) if isinstance(error, DashboardError) else _on_unknown_error(_, error)


def _on_bad_request(_: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": "; ".join(map(sentence, problems))}, status_code=422)


def _on_http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Error"
    if isinstance(error.__cause__, UnicodeDecodeError):
        status, detail = 422, _NOT_UTF_8
    elif isinstance(error.__cause__, RecursionError):
        status, detail = 422, _TOO_DEEP
    return JSONResponse({"detail": detail}, status_code=status)


def _on_half_a_body(_: Request, __: Exception) -> Response:
    """Nobody is left to hear it, and nothing is wrong here."""
    return JSONResponse({"detail": "The request has not come to its end."}, status_code=400)


def _on_unknown_error(request: Request, error: Exception) -> Response:
    if full_disk.is_full(error):
        log.error("api.disk_full", path=request.url.path)
        return JSONResponse({"detail": full_disk.SENTENCE}, status_code=503)
    log.error("api.failed", path=request.url.path, exc_info=error)
    return JSONResponse({"detail": "Something went wrong here; the server's log says what."}, status_code=500)
