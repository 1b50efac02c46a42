"""The service, or what stands before it, answers no (fact sheet 1, 7; D2, D12, D14)."""

from datetime import timedelta
from email.utils import format_datetime

from starlette.responses import JSONResponse, Response

from dashboard.sandbox.faults.fault import ASKING, EVERY_CALL, SERVICE_CALLS, Call, Exchange, fault
from dashboard.sandbox.problems import page, problem

_LOGIN = frozenset({Call.TOKEN})
_SUBMITTING = frozenset({Call.SUBMIT})


@fault(calls=_LOGIN)
def login_refused(_: Exchange) -> Response:
    """400 invalid_client at the token endpoint, whatever the id and secret."""
    return JSONResponse({"error": "invalid_client"}, 400)


@fault(calls=_LOGIN)
def login_locked(_: Exchange) -> Response:
    """429 with Retry-After: 600 at the token endpoint, as after six refusals."""
    return JSONResponse({"error": "too_many_requests"}, 429, {"Retry-After": "600"})


@fault()
def unauthorized(_: Exchange) -> Response:
    """401 with a ProblemDetails object labelled text/plain."""
    return problem(401, media_type="text/plain")


@fault()
def unauthorized_empty(_: Exchange) -> Response:
    """401 with nothing but a WWW-Authenticate header."""
    return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


@fault()
def payment_required(_: Exchange) -> Response:
    """402, as a used-up plan might be told."""
    return problem(402, detail="Your plan does not allow further calls this month.")


@fault()
def forbidden(_: Exchange) -> Response:
    """403, as for another account's token."""
    return problem(403)


@fault(calls=ASKING | {Call.CANCEL})
def unknown_is_404(_: Exchange) -> Response:
    """404 for the asked ID instead of NotExist with 200 (fact sheet D14)."""
    return problem(404)


@fault(calls=ASKING | {Call.CANCEL})
def unknown_is_400(_: Exchange) -> Response:
    """400 for the asked ID instead of NotExist with 200."""
    return problem(400, errors={"id": ["The value is not valid."]})


@fault()
def method_not_allowed(_: Exchange) -> Response:
    """405, as for a path that does not take this method."""
    return problem(405)


@fault()
def not_acceptable(_: Exchange) -> Response:
    """406 without a body."""
    return Response(status_code=406)


@fault(calls=_SUBMITTING)
def bad_request(_: Exchange) -> Response:
    """400 with errors by field name."""
    return problem(400, errors={"settings.language": ["The value is not one of the known words."]})


@fault(calls=_SUBMITTING)
def too_large(_: Exchange) -> Response:
    """413 as an HTML page."""
    return page(413)


@fault(calls=_SUBMITTING)
def unsupported_media_type(_: Exchange) -> Response:
    """415 for the Content-Type."""
    return problem(415)


@fault(calls=EVERY_CALL)
def request_timeout(_: Exchange) -> Response:
    """408: the service was tired of waiting for the request."""
    return problem(408)


@fault(calls=EVERY_CALL)
def throttled(_: Exchange) -> Response:
    """429 with Retry-After in seconds."""
    return problem(429, headers={"Retry-After": "7"})


@fault(calls=EVERY_CALL)
def throttled_until(exchange: Exchange) -> Response:
    """429 with Retry-After as a date one minute ahead."""
    moment = format_datetime(exchange.now + timedelta(minutes=1), usegmt=True)
    return problem(429, headers={"Retry-After": moment})


@fault(calls=EVERY_CALL)
def throttled_silent(_: Exchange) -> Response:
    """429 without Retry-After and without a body."""
    return Response(status_code=429)


@fault(calls=EVERY_CALL)
def server_error(_: Exchange) -> Response:
    """500 with a ProblemDetails object."""
    return problem(500, detail="An error occurred while processing your request.")


@fault(calls=EVERY_CALL)
def server_error_text(_: Exchange) -> Response:
    """500 with plain words."""
    return Response("System.NullReferenceException: something was not there", 500, media_type="text/plain")


@fault(calls=EVERY_CALL)
def server_error_page(_: Exchange) -> Response:
    """500 with an HTML page."""
    return page(500)


@fault(calls=EVERY_CALL)
def bad_gateway(_: Exchange) -> Response:
    """502 from the load balancer, as an HTML page."""
    return page(502)


@fault(calls=EVERY_CALL)
def unavailable(_: Exchange) -> Response:
    """503 with Retry-After, as an HTML page."""
    return page(503, headers={"Retry-After": "30"})


@fault(calls=EVERY_CALL)
def gateway_timeout(_: Exchange) -> Response:
    """504 from the load balancer, as an HTML page."""
    return page(504)


@fault(calls=EVERY_CALL)
def redirect_elsewhere(exchange: Exchange) -> Response:
    """307 to another host, where no token must go."""
    return Response(status_code=307, headers={"Location": f"https://elsewhere.invalid{exchange.address}"})


@fault(calls=SERVICE_CALLS)
def redirect_here(exchange: Exchange) -> Response:
    """307 to the same address; asked with times=1 the second try succeeds."""
    return Response(status_code=307, headers={"Location": exchange.address})
