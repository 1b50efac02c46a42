"""What goes wrong at the drop-in address, in the service's own shape (fact sheet 7): a status and what to do."""

import math
from collections.abc import Mapping

from starlette.responses import Response

from dashboard.errors import (
    CloudError,
    DashboardError,
    InputRefused,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotPermitted,
    RateLimited,
    StoreError,
    TokenHeld,
    TokenRejected,
)
from dashboard.services.drop_in.drop_in_tokens import TOO_MANY, Held
from dashboard.services.drop_in.forwarding import NotForwarded
from dashboard.web.printable import printable
from dashboard.wire.problems import problem

_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 400, 403, 404, 429
_BAD_GATEWAY, _UNAVAILABLE, _NO_ANSWER = 502, 503, 504

_OURS: tuple[tuple[type[DashboardError], int], ...] = (
    (InputRefused, _BAD_REQUEST),
    (NotPermitted, _FORBIDDEN),
    (NotFound, _NOT_FOUND),
    (StoreError, _UNAVAILABLE),
)
_SOON = 5.0
"""Seconds after which it is worth trying again where nobody knows better."""

NO_CALLER = (
    "Send an API key of a team of this dashboard as “Authorization: Bearer odk_…”, or as the client secret at "
    "/connect/token. An owner of the team makes one."
)


def refused(error: DashboardError) -> Response:
    """The answer that says what was understood, and when to try again."""
    if isinstance(error, CloudError):
        return _of_call(error)
    status = next((code for kind, code in _OURS if isinstance(error, kind)), 500)
    seconds = _SOON if status == _UNAVAILABLE else None
    return _said(status, str(error), seconds)


def unauthorized() -> Response:
    """The answer to who is not known; labelled as the service labels it (fact sheet 2)."""
    return problem(401, detail=NO_CALLER, media_type="text/plain", headers={"WWW-Authenticate": "Bearer"})


def not_asked_yet() -> Response:
    """The answer where the poller has not come to a task that was registered just now."""
    return _said(
        _UNAVAILABLE, "The task is registered, and the service has not been asked about it yet.", _SOON
    )


def too_many_guesses() -> Response:
    """The answer to an address from which too many wrong secrets came."""
    return _said(_TOO_MANY, "Too many wrong keys from this address. Wait a minute.", 60.0)


def _of_call(error: CloudError) -> Response:
    if isinstance(error, Held):
        return _said(_TOO_MANY if error.reason in TOO_MANY else _UNAVAILABLE, str(error), error.retry_after)
    if isinstance(error, NotForwarded) and error.is_perhaps:
        # Without a word about trying again: that may make a second task.
        return _said(_NO_ANSWER if isinstance(error.cause, NoAnswer) else _BAD_GATEWAY, str(error), None)
    cause = error.cause if isinstance(error, NotForwarded) else error
    if isinstance(cause, RateLimited):
        return _said(_TOO_MANY, str(error), cause.retry_after or _SOON)
    if isinstance(cause, TokenRejected):
        # Not 401: the script's own key is good, and another one would not help.
        whom = "" if isinstance(cause, NotAllowed) else " Somebody of the team has to see to it on Tokens."
        return _said(_UNAVAILABLE, f"{error}{whom}", cause.retry_after)
    if isinstance(cause, TokenHeld):
        return _said(_UNAVAILABLE, str(error), _SOON if cause.is_outage else None)
    is_away = isinstance(error, NotForwarded) or isinstance(cause, NoAnswer)
    return _said(_UNAVAILABLE if is_away else _BAD_GATEWAY, str(error), cause.retry_after or _SOON)


def _said(status: int, detail: str, seconds: float | None) -> Response:
    headers: Mapping[str, str] = {} if seconds is None else {"Retry-After": str(max(1, math.ceil(seconds)))}
    return problem(status, detail=printable(detail), headers=headers)
