"""HTTP failures of the service as our errors; the policy is two tables (fact sheet 7)."""

import re
from collections.abc import Mapping
from datetime import datetime

from dashboard.cloud.lenient import http_date
from dashboard.cloud.service_words import as_sentence, is_page, mentions, service_words
from dashboard.errors import (
    CloudError,
    NotAllowed,
    RateLimited,
    RequestRefused,
    ServiceFault,
    TokenRejected,
    UnreadableAnswer,
)
from dashboard.models import Answer, State

LONGEST_WAIT_SECONDS = 6 * 3600.0
"""No ``Retry-After`` keeps a task from being asked about for longer; results live for 24 hours."""

ABSENT_STATUSES = frozenset({400, 404})
"""On a GET these mean that the service does not know the ID: an answer, not an error (fact sheet D14)."""

_BY_STATUS: Mapping[int, tuple[type[CloudError], str]] = {
    401: (TokenRejected, "The OCR service refuses access: the token is wrong, expired or missing"),
    402: (NotAllowed, "The OCR service asks for a paid plan"),
    403: (NotAllowed, "The OCR service does not allow this with the given token"),
    408: (ServiceFault, "The OCR service gave up waiting for the request"),
    413: (RequestRefused, "The image is too large for the OCR service"),
    425: (ServiceFault, "The OCR service is not ready for the request yet"),
    429: (RateLimited, "The OCR service asks us to slow down"),
    503: (ServiceFault, "The OCR service is busy or under maintenance"),
}
_BY_FAMILY: Mapping[int, tuple[type[CloudError], str]] = {
    4: (RequestRefused, "The OCR service refused the request"),
    5: (ServiceFault, "The OCR service has trouble of its own"),
}
_QUOTA = re.compile(r"\b(?:quota|subscription|billing|credits?|plan|monthly|per month)\b", re.IGNORECASE)
"""Words of a 429 that no waiting of minutes will cure; its real body is not documented (fact sheet 7)."""

_ODD = (UnreadableAnswer, "The OCR service gave an answer that has no meaning here")


def read_failure(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> CloudError:
    """Turn a failed HTTP answer into the error to raise.

    Args:
        status: the HTTP status.
        headers: as received; names in any case.
        body: as much of the body as was read; may be empty or cut.
        now: aware; what a ``Retry-After`` date is counted from.

    Returns:
        The error, with the service's own words in its message where it has some in a form we know (at most 500
        characters, no secrets).
    """
    kind, sentence = _BY_STATUS.get(status) or _BY_FAMILY.get(status // 100) or _ODD
    words = service_words(body)
    if kind is RateLimited and mentions(body, _QUOTA):
        kind, sentence = NotAllowed, "The OCR service says that the plan's calls are used up"
    message = f"{sentence} (HTTP {status}): {words}" if words else f"{sentence} (HTTP {status})"
    return kind(as_sentence(message), http_status=status, retry_after=retry_after(headers, now=now))


def read_absence(status: int, body: bytes) -> Answer:
    """What 404 and 400 on a GET say: the service does not know this ID here.

    A web page may come from a gateway or a wrong address, so it is not believed at once.
    """
    words = service_words(body)
    page = is_page(body)
    return Answer(
        state=State.NOT_FOUND,
        settled=not page,
        notices=(words,) if words else (),
        remarks=(f"HTTP {status} with a web page instead of an answer" if page else f"HTTP {status}",),
        http_status=status,
    )


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds the service asked us to wait: digits or an HTTP date, between 0 and six hours."""
    given = next((value for name, value in headers.items() if name.casefold() == "retry-after"), "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), LONGEST_WAIT_SECONDS)
    moment = http_date(given)
    if moment is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)
