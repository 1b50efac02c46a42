"""The addresses of OCR services: the one form they are stored in, and the operator's list of those that are called.

People and scripts name services, and tasks and tokens remember them. Which of them this server sends anything to
is the operator's decision alone, or everybody who may register a token could have it call whatever the server
reaches. Addresses are compared part by part after normalisation, never as text, and what is called afterwards is
the operator's own spelling, never the one that was given.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import idna

from dashboard.errors import ServiceNotListed
from dashboard.models import SANDBOX_URL

SETTING = "OCR_DASHBOARD_MORE_API_URLS"

_PLAIN = re.compile(r"[^\s\x00-\x20\x7f\\]+")  # no backslash either: some programs take it for a slash
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9_])?\.?")
_API_PATH = re.compile(r"/v5(?:\.\d+)?(?:/ocr(?:/.*)?)?/?$")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class _Place(NamedTuple):
    """What makes two addresses the same."""

    scheme: str
    host: str
    port: int
    path: str


class ServiceList:
    """The services this server may call; whatever is not on it is not called.

    Args:
        urls: what the operator has configured, in the form of :func:`normal_api_url`, the usual one first.
        sandbox: where the stand-in inside this server listens now, or None while it does not.
    """

    def __init__(self, urls: Sequence[str], *, sandbox: Callable[[], str | None] = lambda: None) -> None:
        self.urls = tuple(dict.fromkeys(urls))
        self._by_place = {_place(url): url for url in reversed(self.urls)}
        self._sandbox = sandbox

    def find(self, api_url: str) -> str | None:
        """The operator's spelling of this service, or None when it is not on the list.

        The sandbox inside this server is always on it, also by the address it has at the moment.
        """
        if api_url == SANDBOX_URL:
            return SANDBOX_URL
        try:
            place = _place(normal_api_url(api_url))
        except ValueError:
            return None
        if place in self._by_place:
            return self._by_place[place]
        running = self._sandbox()
        return SANDBOX_URL if running is not None and place == _place(running) else None

    def require(self, api_url: str) -> str:
        """The same for a call about to be made.

        Raises:
            ServiceNotListed: it must not be made.
        """
        found = self.find(api_url)
        if found is None:
            raise ServiceNotListed
        return found


def normal_api_url(value: str) -> str:
    """The base URL of a service as we store it: host in lower case and ASCII, no API path, no slash at its end.

    Raises:
        ValueError: when it is not an http(s) address, or carries a user name or a query; never repeats it.
    """
    url = value.strip()
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in _DEFAULT_PORTS and parts.port != 0
        host = _host(parts.hostname or "")
    except ValueError:  # its own message may repeat the URL, and with it a password
        is_address, host = False, ""
    if not is_address or not host or not _is_plain(url, parts):
        msg = "the service URL must look like https://api.aspose.cloud"
        raise ValueError(msg)
    if "@" in parts.netloc or parts.query or parts.fragment:
        msg = "the service URL must not carry a user name, a password or a query"
        raise ValueError(msg)
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{_API_PATH.sub('', parts.path).rstrip('/')}"


def is_within(url: str, base: str) -> bool:
    """Whether an address about to be opened lies at or below the base URL of a service, whatever it spells."""
    try:
        there, here = urlsplit(url), urlsplit(base)
        same = _origin(there) == _origin(here) and _user(there) == _user(here)
    except ValueError:
        return False
    path = here.path.rstrip("/")
    # Not only as it stands: servers resolve dots, also encoded ones, after everybody has looked.
    steps = [step.partition(";")[0] for step in re.split(r"[/\\]", unquote(unquote(there.path)))]
    return same and f"{there.path}/".startswith(f"{path}/") and not (path and ".." in steps)


def _place(url: str) -> _Place:
    parts = urlsplit(url)
    return _Place(*_origin(parts), parts.path.rstrip("/"))


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def _user(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[0]


def _host(given: str) -> str:
    """A host in its one form; empty when it cannot be one; raises ValueError."""
    if ":" in given:
        return f"[{ipaddress.IPv6Address(given).compressed}]"
    # Without mapping look-alikes such as full-width letters to ours: those are no host names and are refused.
    name = given.lower() if given.isascii() else idna.encode(given.lower()).decode("ascii")
    return name if _HOST.fullmatch(name) else ""


def _is_plain(url: str, parts: SplitResult) -> bool:
    """Whether it has only what addresses are made of; letters beyond ASCII in the host alone."""
    return _PLAIN.fullmatch(url) is not None and f"{parts.path}{parts.query}{parts.fragment}".isascii()
