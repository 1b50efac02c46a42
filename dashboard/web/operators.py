"""What is neither a stranger's nor a member's: figures of the whole process, for who runs it.

They tell of every team at once: how many calls are made, how many pages are open, how much memory results take.
Stands before the admission, because an operator need not belong to any team. A wrong secret goes on to it and is a
guess there.
"""

import hmac
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.bootstrap import Dashboard
from dashboard.errors import DashboardError
from dashboard.web.base_path import route_path
from dashboard.web.health import ProcessFigures, figures

METRICS_PATH = "/metrics"
STREAMLITS_METRICS_PATH = "/_stcore/metrics"


class Operators:
    """Gives the process's figures to who has the secret, and Streamlit's own to nobody.

    Args:
        app: what is behind it.
        token: the secret; None where the figures are not served.
        dashboard: whose figures they are; asked when the first request comes, because it is built then.
    """

    def __init__(self, app: ASGIApp, *, token: SecretStr | None, dashboard: Callable[[], Dashboard]) -> None:
        self.app = app
        self._token = token.get_secret_value().encode() if token else None
        self._dashboard = dashboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on one request."""
        path = route_path(scope).rstrip("/") if scope["type"] == "http" else ""
        if path == STREAMLITS_METRICS_PATH:
            await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
        elif path == METRICS_PATH and scope["method"] in ("GET", "HEAD") and self._is_operator(scope):
            answer = await run_in_threadpool(self._answer)
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_operator(self, scope: Scope) -> bool:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if self._token is None or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode("latin-1"), self._token)

    def _answer(self) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            body = figures(ProcessFigures(self._dashboard()))
        except DashboardError as error:
            return PlainTextResponse(f"{error}\n", status_code=503, headers=headers)
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers=headers)
