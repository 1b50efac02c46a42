"""How many connections there may be, and who gives way when there are more: strangers must not keep members out.

A connection that the server waits for gives way, the longest waiting first, and one that brings what it promised
only when there is no other. One that is being answered never does.
"""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

from starlette.types import Scope

from dashboard.logs import get_logger
from dashboard.web.forwarding import Proxies

log = get_logger(__name__)

MOST_CONNECTIONS = 2_000
_FILES_FOR_OTHERS = 128
"""Files that databases, calls to the service and uploads may need beside connections."""
_FILES = _FILES_FOR_OTHERS + 2 * MOST_CONNECTIONS
_EVERYBODY = ""
_NETWORK_OF_ONE = 64
"""Bits of an IPv6 address that one customer is given as a whole."""


class Connection(Protocol):
    """What the doorkeeper needs to know of one."""

    def keeps_up(self) -> bool:
        """Whether what the server waits for is on its way."""
        ...

    def end(self) -> None:
        """Close it without an answer."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """What a process can afford."""

    most: int
    """Connections."""
    at_once: int
    """Connections accepted in one go, before any of them can be turned away; up to four times as many exist."""


class Doorkeeper:
    """Counts the connections of a process; one address gets half of them, open pages three quarters.

    Args:
        most: how many there may be.
        proxies: addresses that many people come by; for them only the whole number counts.
    """

    def __init__(self, *, most: int, proxies: Proxies) -> None:
        self._most = most
        self._proxies = proxies
        self.is_open = False
        """Whether anybody has come yet."""
        self._is_closed = False
        self._open: dict[Connection, tuple[str, ...]] = {}
        """Whom each of them counts for."""
        self._waiting: dict[Connection, None] = {}
        self._staying: set[Connection] = set()
        self._count: Counter[str] = Counter()
        self._count_staying: Counter[str] = Counter()

    def admit(self, connection: Connection, address: str) -> bool:
        """Let one in; False when there is no room and nobody to give way, and after closing time."""
        whose = (_EVERYBODY,) if address in self._proxies else (neighbourhood(address), _EVERYBODY)
        if self._is_closed or not all(self._has_room(one) for one in whose):
            return False
        self._open[connection] = whose
        self._count.update(whose)
        return True

    def waits(self, connection: Connection) -> None:
        """From now on the server waits for it."""
        if connection in self._open:
            self._waiting.pop(connection, None)
            self._waiting[connection] = None

    def asked(self, connection: Connection) -> None:
        """It has sent a whole request: it is nobody's to close."""
        self._waiting.pop(connection, None)

    def stays(self, connection: Connection) -> bool:
        """Let it stay as long as it likes (an open page); False when too many do."""
        whose = self._open.get(connection)
        if whose is None or any(
            self._count_staying[one] >= max(1, self._limit(one) * 3 // 4) for one in whose
        ):
            return False
        self.asked(connection)
        self._staying.add(connection)
        self._count_staying.update(whose)
        return True

    def left(self, connection: Connection) -> None:
        """It is closed."""
        self._waiting.pop(connection, None)
        whose = self._open.pop(connection, ())
        counts = [self._count]
        if connection in self._staying:
            self._staying.remove(connection)
            counts.append(self._count_staying)
        for count in counts:
            count.subtract(whose)
            for one in whose:
                if not count[one]:
                    del count[one]

    def close(self) -> None:
        """Let nobody in any more."""
        self._is_closed = True

    def __len__(self) -> int:
        return len(self._open)

    def _limit(self, whose: str) -> int:
        return self._most if whose == _EVERYBODY else max(1, self._most // 2)

    def _has_room(self, whose: str) -> bool:
        if self._count[whose] < self._limit(whose):
            return True
        log.warning("connections.full", most=self._most)
        behind = (one for one in self._waiting if whose in self._open[one] and not one.keeps_up())
        gives_way = next(behind, None) or next(
            (one for one in self._waiting if whose in self._open[one]), None
        )
        if gives_way is None:
            return False
        self.left(gives_way)
        gives_way.end()
        return True


def neighbourhood(address: str) -> str:
    """What one customer has: an IPv4 address, or the network that an IPv6 address is in."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(ip_network((int(parsed), _NETWORK_OF_ONE), strict=False))
    return address


def neighbourhood_of(scope: Scope) -> str:
    """The same of who asks."""
    client = scope.get("client")
    return neighbourhood(str(client[0]) if client else "")


def room_for(files: int) -> Room:
    """What a process can afford that may have so many files open."""
    spare = max(32, min(files, _FILES) - _FILES_FOR_OTHERS)
    return Room(most=spare // 2, at_once=spare // 8)


def open_files() -> int:
    """How many files this process may have open, after asking for as many as we can use."""
    try:
        import resource  # only where there are such limits
    except ModuleNotFoundError:
        return _FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return _FILES if soft == resource.RLIM_INFINITY else min(soft, _FILES)
