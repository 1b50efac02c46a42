"""Answers leave at once.

asyncio turns off the delay of small packets only on sockets it made itself, and Streamlit makes the listening
one. With the delay every answer on a kept-alive connection takes 44 ms instead of one: head and body are two
packets, and the second waits until the first is acknowledged.
"""

import asyncio
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol


class PromptProtocol(H11Protocol):
    """HTTP, and whatever it is upgraded to, without the delay."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn's class
        """Begin with a new connection."""
        accepted = transport.get_extra_info("socket")
        if accepted is not None and accepted.family in (socket.AF_INET, socket.AF_INET6):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
