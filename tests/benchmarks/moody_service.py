"""A script: a stand-in of the service that answers late, hangs or refuses: ``moody_service.py PORT``.

A task's ID says when it is ready and how long each answer about it takes (see :func:`task_id`). ``POST /mood`` sets
what happens to all calls; ``GET /seen`` tells which tasks were asked about since, and how many were turned away.
"""

import base64
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit


def task_id(number: int, *, ready_at: float, answer_seconds: float) -> str:
    """A task ID; times in seconds since 1970."""
    return f"{number:08x}-{round(answer_seconds * 100):04x}-4000-8000-{round(ready_at * 1000):012x}"


class Moody(BaseHTTPRequestHandler):
    """One connection; the mood is everybody's."""

    protocol_version = "HTTP/1.1"
    mood: ClassVar[str] = "ok"
    asked: ClassVar[dict[str, float]] = {}
    failed: ClassVar[int] = 0

    def do_POST(self) -> None:
        """Change the mood."""
        Moody.mood = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Moody.asked, Moody.failed = {}, 0
        self._send(200, {})

    def do_GET(self) -> None:
        """Answer about a task, or about what was asked."""
        url = urlsplit(self.path)
        if url.path in ("/", "/seen"):
            self._send(200, {"asked": Moody.asked, "failed": Moody.failed})
            return
        mood = Moody.mood
        if mood != "ok":
            Moody.failed += 1
        if mood == "hang":
            threading.Event().wait(120)
            return
        if mood == "refuse":
            self._send(503, {"title": "Service Unavailable"})
            return
        asked = parse_qs(url.query)["id"][0]
        _, answer, _, _, ready = asked.split("-")
        time.sleep(int(answer, 16) / 100)
        Moody.asked.setdefault(asked, time.time())
        is_ready = time.time() >= int(ready, 16) / 1000
        text = {"type": "Text", "data": base64.b64encode(b"Paid with thanks.").decode()}
        self._send(
            200,
            {
                "id": asked,
                "taskStatus": "Completed" if is_ready else "Processing",
                "responseStatusCode": "Ok" if is_ready else "NotReady",
                "results": [text] if is_ready else None,
            },
        )

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Moody).serve_forever()
