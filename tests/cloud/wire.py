"""What the tests of the calls share: a token, HTTP answers as bytes, ways to misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from itertools import islice

from dashboard.models import Operation, TaskAddress

Behaviour = Callable[[socket.socket, bytes], None]
Serve = Callable[..., str]

TOKEN = "planted.token-0123456789"
PENDING = b'{"taskStatus":"Pending","responseStatusCode":"NotReady"}'


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Build a whole HTTP answer that ends its connection."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def at(url: str, *, trial: bool = False, task_id: str = "task-0001") -> TaskAddress:
    """Address a task at a server."""
    return TaskAddress(api_url=url, operation=Operation.RECOGNIZE_IMAGE, trial=trial, task_id=task_id)


def trickling(start: bytes, drops: Iterator[bytes]) -> Behaviour:
    """Send a beginning and then one drop every 50 ms, for up to 10 s."""

    def behave(conn: socket.socket, _request: bytes) -> None:
        conn.sendall(start)
        for drop in islice(drops, 200):
            conn.sendall(drop)
            threading.Event().wait(0.05)

    return behave
