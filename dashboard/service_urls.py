"""The addresses of OCR services: the one form they are stored in, and what makes two of them the same. Pure.

Addresses are compared part by part after normalisation, never as text: ``https://api.aspose.cloud.evil.example``
begins like ours, and ``https://api.aspose.cloud@evil.example`` does too.
"""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import idna

_PLAIN = re.compile(r"[^\s\x00-\x20\x7f\\]+")  # no backslash either: some programs take it for a slash
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9_])?\.?")
_OTHER_DOTS = re.compile("[\u3002\uff0e\uff61]")
_API_PATH = re.compile(r"/v5(?:\.\d+)?(?:/ocr(?:/.*)?)?/?$")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """What makes two addresses the same service."""

    scheme: str
    host: str
    port: int
    path: str


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


def place_of(api_url: str) -> Place | None:
    """What decides whether two addresses are the same service; None for what is no service's address."""
    try:
        parts = urlsplit(normal_api_url(api_url))
    except ValueError:
        return None
    scheme, host, port = _origin(parts)
    return Place(scheme, host.rstrip("."), port, parts.path)


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


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def _user(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[0]


def _host(given: str) -> str:
    """A host in its one form; empty when it cannot be one; raises ValueError."""
    if ":" in given:
        return f"[{ipaddress.IPv6Address(given).compressed}]"
    # Without mapping look-alikes such as full-width letters or dots to ours: those are no host names.
    name = given.lower() if given.isascii() else idna.encode(given.lower()).decode("ascii")
    if _OTHER_DOTS.search(given):
        return ""
    return name if _HOST.fullmatch(name) else ""


def _is_plain(url: str, parts: SplitResult) -> bool:
    """Whether it has only what addresses are made of; letters beyond ASCII in the host alone."""
    return _PLAIN.fullmatch(url) is not None and f"{parts.path}{parts.query}{parts.fragment}".isascii()
