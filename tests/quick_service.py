"""A service in a process of its own that costs next to nothing, so that who asks it is what is measured.

Every request is answered, after a while, with a completed task that quotes its ID. ``/heard?id=`` says when a task was
first asked about, in this machine's monotonic seconds.
"""

import asyncio
import base64
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from multiprocessing.connection import Connection
from typing import cast

from dashboard.sandbox.samples import latin


@contextmanager
def quick_service(*, latency: float) -> Iterator[str]:
    """Run it until the end of the block; its URL.

    Args:
        latency: seconds before each answer.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, latency), daemon=True)
    process.start()
    there.close()  # whoever cannot start is noticed by the end of the line
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


class _Answers(asyncio.Protocol):
    """One connection that is kept open."""

    _text = latin().text

    def __init__(self, latency: float, heard: dict[str, float]) -> None:
        self._latency = latency
        self._heard = heard
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            path, _, task_id = request.split(b" ", 2)[1].decode().partition("?id=")
            if path == "/heard":
                self._send({"at": self._heard.get(task_id)})
            else:
                self._heard.setdefault(task_id, time.monotonic())
                later = asyncio.get_running_loop().call_later
                later(self._latency, self._send, self._completed(task_id))

    def _completed(self, task_id: str) -> dict[str, object]:
        data = base64.b64encode(f"{self._text}\nPage {task_id}".encode()).decode()
        return {
            "id": task_id,
            "responseStatusCode": "Ok",
            "taskStatus": "Completed",
            "results": [{"type": "Text", "data": data}],
            "error": None,
        }

    def _send(self, envelope: dict[str, object]) -> None:
        body = json.dumps(envelope).encode()
        head = (
            "HTTP/1.1 200 OK\r\nServer: stand-in\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Date: {formatdate(usegmt=True)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)


def _serve(line: Connection, latency: float) -> None:
    heard: dict[str, float] = {}

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Answers(latency, heard), "127.0.0.1", 0)
        line.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await server.serve_forever()

    asyncio.run(listen())
