"""How long a connection may wait, and how many there may be: strangers must not keep members out.

A connection that has not sent its whole request head within seconds is closed, and so is a body that stalls. When there
are too many, the oldest that has asked nothing yet makes room.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Protocol

import h11
from uvicorn.config import HTTP_PROTOCOLS

from dashboard.web.promptness import PromptProtocol

HEAD_SECONDS = 10.0
"""Time for a whole request head, from the connection or from the head's first byte."""

BODY_SECONDS = 20.0
"""Time without a byte of a body that is expected."""

MOST_CONNECTIONS = 2_000
_FILES_FOR_OTHERS = 256
"""File descriptors that databases, calls to the service and files may need beside connections."""


class Connection(Protocol):
    """What the doorkeeper needs to know of one."""

    def is_open(self) -> bool:
        """Whether it still counts."""
        ...

    def end(self) -> None:
        """Close it without an answer."""
        ...


class Doorkeeper:
    """Counts the connections of a process.

    Args:
        most: how many there may be.
        proxies: addresses that many people come by; from any other there may be half as many.
    """

    def __init__(self, *, most: int, proxies: frozenset[str] = frozenset()) -> None:
        self._most = most
        self._networks = tuple(ip_network(proxy, strict=False) for proxy in proxies if _is_network(proxy))
        self._open: dict[Connection, str] = {}
        self._waiting: dict[Connection, str] = {}
        self._from: Counter[str] = Counter()

    def admit(self, connection: Connection, address: str) -> bool:
        """Let one in that has asked nothing yet; False when there is no room, not even an idle one's."""
        own = None if self._is_proxy(address) else address
        fits = self._fits(own) or (self._forget_closed() and self._fits(own)) or self._make_room(own)
        if not fits:
            return False
        self._open[connection] = self._waiting[connection] = address
        self._from[address] += 1
        return True

    def asked(self, connection: Connection) -> None:
        """It has sent a whole request: it is nobody's to close any more."""
        self._waiting.pop(connection, None)

    def waits(self, connection: Connection) -> None:
        """It may ask again."""
        if connection in self._open:
            self._waiting[connection] = self._open[connection]

    def left(self, connection: Connection) -> None:
        """It is closed."""
        self._waiting.pop(connection, None)
        address = self._open.pop(connection, None)
        if address is not None:
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]

    def __len__(self) -> int:
        return len(self._open)

    def _fits(self, address: str | None) -> bool:
        few_of_them = address is None or self._from[address] < max(1, self._most // 2)
        return few_of_them and len(self._open) < self._most

    def _forget_closed(self) -> bool:
        """WebSockets end without telling us."""
        for connection in [it for it in self._open if not it.is_open()]:
            self.left(connection)
        return True

    def _make_room(self, address: str | None) -> bool:
        is_theirs = address is not None and self._from[address] >= max(1, self._most // 2)
        idle = (it for it, whose in self._waiting.items() if not is_theirs or whose == address)
        oldest = next(idle, None)
        if oldest is None:
            return False
        self.left(oldest)
        oldest.end()
        return True

    def _is_proxy(self, address: str) -> bool:
        return (
            bool(self._networks)
            and _is_network(address)
            and any(ip_address(address) in network for network in self._networks)
        )


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


class PatientProtocol(PromptProtocol):
    """HTTP with an end to waiting; WebSockets and answers take as long as they take."""

    doorkeeper: Doorkeeper = Doorkeeper(most=MOST_CONNECTIONS)
    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    _timer: asyncio.TimerHandle | None = None
    _reads_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn's class
        """Begin with a new connection, or refuse it."""
        super().connection_made(transport)
        if not self.doorkeeper.admit(self, self.client[0] if self.client else ""):
            self.end()
            return
        self._expect(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self._expect(None)
        self.doorkeeper.left(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Go on reading, with a time for what is still missing."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for another request on the same connection; uvicorn ends it soon when there is none."""
        super().on_response_complete()
        self.doorkeeper.waits(self)
        self._look()

    def is_open(self) -> bool:
        """Whether it still counts; after an upgrade only the transport knows."""
        return not self.transport.is_closing()

    def end(self) -> None:
        """Close it without an answer."""
        self._expect(None)
        self.transport.abort()

    def _look(self) -> None:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._expect(None)  # over, or a WebSocket now, which has its own pings
            self.doorkeeper.asked(self)
            return
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._reads_body = True
            self.doorkeeper.asked(self)
            self._expect(self.body_seconds)
        elif state is h11.IDLE:
            has_begun = bool(self.conn.trailing_data[0])
            if has_begun and (self._timer is None or self._reads_body):
                self._expect(self.head_seconds)
            elif not has_begun:
                self._expect(None)
            self._reads_body = False
        else:
            self._reads_body = False
            self.doorkeeper.asked(self)
            self._expect(None)

    def _expect(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        if self._reads_body and self.flow.read_paused:
            self._expect(self.body_seconds)  # it is us who do not read
        else:
            self.end()


def use_patient_protocol(*, proxies: frozenset[str], open_files: Callable[[], int] | None = None) -> None:
    """Have servers that are started from now on use it; Streamlit leaves no other way to say so.

    Args:
        proxies: addresses or networks that many people come by.
        open_files: how many files this process may have open.
    """
    most = max(16, min(MOST_CONNECTIONS, (open_files or _open_files)() - _FILES_FOR_OTHERS))
    PatientProtocol.doorkeeper = Doorkeeper(most=most, proxies=proxies)
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{PatientProtocol.__name__}"


def _open_files() -> int:
    try:
        import resource  # only where there are such limits
    except ModuleNotFoundError:
        return MOST_CONNECTIONS + _FILES_FOR_OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _FILES_FOR_OTHERS
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard > soft):
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft
