"""Requests to the service in pasted text: which task they ask about, of which operation, where. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from dashboard.models import Operation
from dashboard.models.task_ids import GUID, clean_id

_MOST_DECODINGS = 3
"""How often a URL may be inside another one: a mail scanner's in a redirect's."""

_IN_URL = re.compile(
    r"/v5(?:\.\d)?/ocr/(?:\w+/)?(?P<path>\w+)/?\?(?:[^\s\"']*?&(?:amp;)?)?id=(?P<id>[^&\s\"'#<>`]+)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\s\"'`<>]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_REST = re.compile(r"[^\s\"'`<>;|,()\[\]{}]*")
"""What else belongs to an address, before the API's path and behind the ID."""

# Looked for from the end on, so that no line takes longer than it is long.
_ADDRESS = re.compile(r"[^\s\"'`<>()]*")
_CARRIED = ("=https://", "=http://", "_https://", "_http://")
"""How an address begins that another one carries: mail scanners write it behind a name, or between underscores."""

_SCHEME = re.compile(r"[A-Za-z0-9+.-]*")
_BARE_HOST = re.compile(r"[^=,;]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUrl:
    """A request in a text.

    Attributes:
        start: where the address begins in the text, and
        end: where it ends, whatever else is in it included.
        api_url: the service, as it stands there; None where there is only a path. It is not on any list yet.
        operation: None for status calls and what we do not know.
        trial: None without an operation.
    """

    start: int
    end: int
    task_id: str
    api_url: str | None
    operation: Operation | None
    trial: bool | None


def request_urls(text: str) -> Iterator[RequestUrl]:
    """Every request in a readable text."""
    for match in _IN_URL.finditer(text):
        operation, trial = _operation_of(match["path"])
        rest = _REST.match(text, match.end())
        yield RequestUrl(
            start=match.start() - len(_end(text[: match.start()], _REST)),
            end=rest.end() if rest else match.end(),
            task_id=clean_id(unquote(match["id"])),
            api_url=_service_in(text[: match.start()]),
            operation=operation,
            trial=trial,
        )


def readable_urls(text: str) -> str:
    """A line whose percent-encoded parts are readable, as far as that brings an ID to light."""

    def decoded(found: re.Match[str]) -> str:
        token = found[0]
        for _ in range(_MOST_DECODINGS):
            if not _PERCENT.search(token) or _IN_URL.search(token):
                break
            token = unquote(token, errors="replace")
        requests = list(_IN_URL.finditer(token))
        if requests:
            return token[: requests[-1].end()]  # the rest is the scanner's own
        return token if GUID.search(token) else found[0]

    return _TOKEN.sub(decoded, text) if "%" in text else text


def without_urls(text: str) -> str:
    """A text without addresses of whatever kind."""
    return re.sub(r"\S*(?:://|/v5)\S*", " ", text)


def is_in_url(text: str, match: re.Match[str]) -> bool:
    """Whether a piece of a text stands in an address."""
    start = max(text.rfind(sign, 0, match.start()) for sign in " \t\"'`<>()") + 1
    return "://" in text[start : match.start()] or text[start : match.start()].lower().startswith("www.")


def _service_in(before: str) -> str | None:
    """The service that a URL names, from what stands before its API path; None where there is only a path.

    Whatever may be one counts as one: what is no address of a listed service is refused later.
    """
    address = _end(before, _ADDRESS)
    inside = max(address.rfind(mark) for mark in _CARRIED)
    address = address[inside + 1 :] if inside >= 0 else address
    head, slashes, rest = address.partition("//")
    if slashes:
        scheme = _end(head[:-1], _SCHEME) if head.endswith(":") else ""
        return f"{scheme or 'https'}://{rest}"
    host = _end(address, _BARE_HOST)
    return f"https://{host}" if host else None


def _end(text: str, pattern: re.Pattern[str]) -> str:
    """The longest end of a text that consists of what a pattern allows."""
    found = pattern.match(text[::-1])
    return found[0][::-1] if found else ""


def _operation_of(path: str) -> tuple[Operation | None, bool | None]:
    name = path.lower()
    for operation in Operation:
        if name == operation.value.lower():
            return operation, False
        if operation.has_trial and name == f"{operation.value}trial".lower():
            return operation, True
    return None, None
