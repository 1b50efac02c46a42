"""Refusals in the service's manner: ProblemDetails objects (fact sheet 7)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"
_TRACE = "00-5a4d3c2b1a09f8e7d6c5b4a392817060-0123456789abcdef-00"


def problem(
    status: int,
    *,
    detail: str | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    media_type: str = PROBLEM_JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error answer; a refused token comes as text/plain, as the service declares it."""
    body: dict[str, Any] = {
        "type": f"https://httpstatuses.example/{status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "traceId": _TRACE,
    }
    if errors is not None:
        body["errors"] = {name: list(sentences) for name, sentences in errors.items()}
    return Response(json.dumps(body), status, headers, media_type)


def page(status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    """The HTML page of a gateway that stands in front of the service."""
    title = f"{status} {HTTPStatus(status).phrase}"
    html = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return Response(html, status, headers, "text/html")
