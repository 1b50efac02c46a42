"""How long a connection may keep the server waiting, and that somebody else may have its place meanwhile.

What the server itself takes long for (an export, a WebSocket, a download that somebody reads slowly) is no waiting.
"""

import asyncio
import os
import socket
from dataclasses import dataclass
from typing import Any, Literal

import h11

from dashboard.ending import STREAMS_SECONDS
from dashboard.web.doorkeeper import Doorkeeper
from dashboard.web.forwarding import unmapped
from dashboard.web.tcp_nodelay import PromptProtocol

Awaited = Literal["head", "body"] | None

_QUEUE = 2_048
"""Newcomers that the kernel keeps until they are accepted; what uvicorn asks for as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds and bytes a second, meant for slow mobile networks, not for nobody."""

    head_seconds: float = 10.0
    """For a whole request head."""
    body_seconds: float = 20.0
    """Of a body without a single byte, and in which it may be slower than the least rate."""
    least_rate: float = 8 * 1024
    """Bytes a second of a body, on average after that."""
    unread_seconds: float = 60.0
    """Without the other side taking anything of what was sent to it."""


class PatientProtocol(PromptProtocol):
    """HTTP with an end to waiting, on a place that the doorkeeper gives.

    Args:
        doorkeeper: that of the server.
        patience: how long it waits.
        given: what uvicorn gives to every protocol.
    """

    def __init__(
        self,
        *,
        doorkeeper: Doorkeeper,
        patience: Patience,
        **given: Any,  # noqa: ANN401 - uvicorn's own arguments
    ) -> None:
        super().__init__(**given)
        self._doorkeeper = doorkeeper
        self._patience = patience
        self._awaited: Awaited = None
        self._timer: asyncio.TimerHandle | None = None
        self._since = self._last = 0.0
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn's class
        """Begin with a new connection, or refuse it."""
        super().connection_made(transport)
        if not self._doorkeeper.is_open:
            self._doorkeeper.is_open = True
            _queue_newcomers(transport)
        _limit_unread(transport, self._patience.unread_seconds)
        if self._doorkeeper.admit(self, unmapped(self.client[0]) if self.client else ""):
            self._wait_for("head")
        else:
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Go on reading, and see what is still missing."""
        super().data_received(data)
        self._look()
        self._last = self.loop.time()
        self._received += len(data)

    def on_response_complete(self) -> None:
        """Wait for another request on the same connection; uvicorn ends it soon when there is none."""
        super().on_response_complete()
        self._look()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand over to the WebSocket, which has its own pings, and keep the place for it."""
        if not self._doorkeeper.stays(self):
            self.end()
            return
        self._wait_for(None)
        super().handle_websocket_upgrade(event)
        successor = self.transport.get_protocol()
        end = successor.connection_lost

        def lost(exc: Exception | None) -> None:  # nobody else tells us
            self._leave()
            end(exc)

        successor.connection_lost = lost  # type: ignore[method-assign]

    def shutdown(self) -> None:
        """Stop with the server: at once when something is missing still, soon when it is being answered."""
        super().shutdown()
        self._doorkeeper.close()
        self.loop.call_later(0 if self._awaited == "body" else STREAMS_SECONDS, self.end)

    def keeps_up(self) -> bool:
        """Whether a body comes fast enough, an answer is being read, or it has just been answered."""
        if self._is_our_turn():
            return True
        if self._awaited == "body":
            return self._received >= (self.loop.time() - self._since) * self._patience.least_rate
        return self.cycle is not None and not self.conn.trailing_data[0]

    def end(self) -> None:
        """Close it without an answer."""
        self._leave()
        self.transport.abort()

    def _look(self) -> None:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        state = self.conn.their_state
        awaited: Awaited = "head" if state is h11.IDLE else "body" if state is h11.SEND_BODY else None
        if awaited != self._awaited:
            self._wait_for(awaited)

    def _wait_for(self, awaited: Awaited) -> None:
        self._awaited = awaited
        self._begin_anew()
        if awaited is None:
            self._doorkeeper.asked(self)
        else:
            self._doorkeeper.waits(self)
        self._set_timer()

    def _begin_anew(self) -> None:
        self._since = self._last = self.loop.time()
        self._received = 0

    def _deadline(self) -> float:
        if self._awaited == "head":
            idle = self.timeout_keep_alive if self.cycle else 0
            return self._since + idle + self._patience.head_seconds
        earned = self._received / self._patience.least_rate
        return self._patience.body_seconds + min(self._last, self._since + earned)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(self._deadline(), self._ring) if self._awaited else None

    def _ring(self) -> None:
        if self._is_our_turn():
            self._begin_anew()
        if self._deadline() <= self.loop.time():
            self.end()
        else:
            self._set_timer()

    def _is_our_turn(self) -> bool:
        """Whether the other side still reads an answer, or waits until we go on reading."""
        if self.transport.get_write_buffer_size():
            return True
        return self._awaited == "body" and (self.flow.read_paused or self.cycle.waiting_for_100_continue)

    def _leave(self) -> None:
        self._awaited = None
        self._set_timer()
        self._doorkeeper.left(self)


def _queue_newcomers(transport: asyncio.Transport) -> None:
    """Have the kernel keep more newcomers than are accepted at once; asyncio takes one number for both.

    Without a queue, whoever comes during a flood would have to knock again a second later.
    """
    for listening in getattr(getattr(transport, "_server", None), "sockets", ()):  # no public way leads there
        with socket.socket(fileno=os.dup(listening.fileno())) as same:
            same.listen(_QUEUE)


def _limit_unread(transport: asyncio.Transport, seconds: float) -> None:
    """Have the kernel end a connection whose other side takes nothing; one that reads slowly is never cut off."""
    accepted = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux
    if option is not None and accepted is not None and accepted.family in (socket.AF_INET, socket.AF_INET6):
        accepted.setsockopt(socket.IPPROTO_TCP, option, round(seconds * 1000))
