"""The sandbox's refusals: the service's own, with a trace that leads nowhere, and a gateway's."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

from starlette.responses import Response

from dashboard.wire import problems

problem = partial(problems.problem, trace_id="00-5a4d3c2b1a09f8e7d6c5b4a392817060-0123456789abcdef-00")
"""As :func:`dashboard.wire.problems.problem`, with a trace as the service gives one (fact sheet 7)."""


def page(status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    """The HTML page of a gateway that stands in front of the service."""
    title = f"{status} {HTTPStatus(status).phrase}"
    html = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return Response(html, status, headers, "text/html")
