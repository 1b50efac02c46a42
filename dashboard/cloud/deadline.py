"""A deadline for a whole HTTP exchange, not for each read.

``requests`` restarts its timeout with every packet, so a server that trickles its headers or its body
holds a thread for as long as it likes. Here every wait of the socket is given only what is left.
"""

import http.client
import io
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_SEND_SIZE = 65_536

_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything sent and received by this thread in the block has to be over after ``seconds``."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def time_left() -> float:
    """Seconds until the deadline of the block; infinite outside of one.

    Raises:
        TimeoutError: it has passed.
    """
    ends = _ends.get()
    if ends is None:
        return float("inf")
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left


class DeadlineAdapter(HTTPAdapter):
    """An adapter whose connections keep to :func:`within`.

    Only looking up the name is out of its hands, and connecting may take the connect timeout
    once for every address of the host.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - requests' signature
        """Build the pools from connections that watch the deadline."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> urllib3.ProxyManager:  # noqa: ANN401 - same
        """Do the same behind an HTTP proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if type(manager) is urllib3.ProxyManager:  # a SOCKS manager brings connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _TimedReader(io.RawIOBase):
    """A socket's reader that waits no longer than the deadline allows."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any writable buffer
        left = time_left()
        if left != float("inf"):
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - http.client's
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _TimedHTTP(HTTPConnection):
    """A body goes out in pieces, each within what is left; an answer comes in the same way."""

    response_class = _TimedResponse

    def send(self, data: Any) -> None:  # noqa: ANN401 - http.client's signature
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        for start in range(0, len(view), _SEND_SIZE):
            left = time_left()
            if left != float("inf"):
                self.sock.settimeout(left)
            super().send(view[start : start + _SEND_SIZE])

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        sock = self.sock
        try:
            return super().getresponse()
        except BaseException:
            # urllib3 forgets an answer whose headers contradict each other, and its socket stays open.
            if sock is not None and sock.fileno() >= 0:
                os.close(sock.detach())
            raise


class _TimedHTTPS(_TimedHTTP, HTTPSConnection):
    """The same over TLS."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}
