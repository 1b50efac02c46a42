"""How a service is reached from this machine: proxies and certificates, by the session and the environment."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

FRESH_SECONDS = 10.0
"""How long it is taken for unchanged: proxies change with the network that a machine is in, not with each call."""

_MOST = 100


@dataclass(frozen=True, slots=True)
class Way:
    """What ``requests`` has to be told with each call to one service.

    Attributes:
        verify: whether certificates are checked, or the file or folder of those that are trusted.
        cert: our own certificate.
        proxies: by scheme; none to this machine itself, whose sandbox no company's proxy can reach.
    """

    verify: bool | str
    cert: str | tuple[str, str] | None
    proxies: dict[str, str]


class Ways:
    """Remembers the way to each service for :data:`FRESH_SECONDS`; safe to share between threads.

    Finding it out means reading the whole environment, which costs as much as the rest of a call.

    Args:
        session: whose settings count before those of the environment.
        monotonic: seconds by a clock that nobody sets.
    """

    def __init__(self, session: requests.Session, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Way]] = {}

    def to(self, url: str) -> Way:
        """The way to an address that is about to be opened."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        now = self._monotonic()
        found = self._known.get(origin)
        if found is None or now - found[0] > FRESH_SECONDS:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[origin] = now, self._found_out(origin, parts.hostname or "")
        return found[1]

    def _found_out(self, origin: str, host: str) -> Way:
        # An explicit session.verify must win over REQUESTS_CA_BUNDLE, so it is handed in.
        settings = self._session.merge_environment_settings(
            origin, {}, stream=True, verify=self._session.verify, cert=None
        )
        verify, proxies = settings["verify"], settings["proxies"]
        return Way(
            verify=verify is None or verify,
            cert=settings["cert"],
            proxies={} if _is_loopback(host) else dict(proxies),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
