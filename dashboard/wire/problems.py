"""Refusals in the service's manner: ProblemDetails objects (fact sheet 7)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"


def problem(
    status: int,
    *,
    detail: str | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    media_type: str = PROBLEM_JSON,
    headers: Mapping[str, str] | None = None,
    trace_id: str | None = None,
) -> Response:
    """An error answer; a refused token comes as text/plain, as the service declares it."""
    body: dict[str, Any] = {
        "type": f"https://httpstatuses.example/{status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if trace_id is not None:
        body["traceId"] = trace_id
    if errors is not None:
        body["errors"] = {name: list(sentences) for name, sentences in errors.items()}
    return Response(json.dumps(body), status, headers, media_type)
