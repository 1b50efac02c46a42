"""A reverse proxy that serves the dashboard below a path and strips it, as Traefik, Caddy and nginx are told to."""

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

_MOST_HEAD = 65_536
_NOTHING = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    prefix: str
    behind: tuple[str, int]
    says_it: bool


class _Handler(socketserver.BaseRequestHandler):
    """One request on each connection; what follows is passed on as it comes, so that WebSockets work."""

    request: socket.socket

    def handle(self) -> None:
        """Take the path off and pass on, or say that something else is here."""
        server = cast("_Server", self.server)
        head, _, rest = self._read_head().partition(b"\r\n\r\n")
        asked = re.match(rb"(\S+) (\S+) (HTTP/1\.1)\r\n", head)
        if asked is None:
            return
        path, mark, query = asked[2].partition(b"?")
        prefix = server.prefix.encode()
        if path != prefix and not path.startswith(prefix + b"/"):
            self.request.sendall(_NOTHING % b"404 Not Found")
            return
        lines = [b"%s %s HTTP/1.1" % (asked[1], (path[len(prefix) :] or b"/") + mark + query)]
        is_upgrade = b"\r\nupgrade:" in head.lower()
        lines += [
            line
            for line in head.split(b"\r\n")[1:]
            if is_upgrade or not line.lower().startswith(b"connection:")
        ]
        lines += [] if is_upgrade else [b"Connection: close"]
        lines += [b"X-Forwarded-Prefix: " + prefix] if server.says_it else []
        try:
            behind = socket.create_connection(server.behind, timeout=10)
        except OSError:
            self.request.sendall(_NOTHING % b"502 Bad Gateway")
            return
        with behind:
            behind.settimeout(None)
            behind.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + rest)
            back = threading.Thread(target=_pump, args=(behind, self.request), daemon=True)
            back.start()
            _pump(self.request, behind)
            back.join()

    def _read_head(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _MOST_HEAD:
            more = self.request.recv(_MOST_HEAD)
            if not more:
                break
            head += more
        return head


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(_MOST_HEAD):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def stripped(prefix: str, behind: int, *, says_it: bool) -> Iterator[str]:
    """Serve what listens on a port of this machine below a path; gives back that address.

    Args:
        prefix: the path.
        behind: the port.
        says_it: whether the path is told in ``X-Forwarded-Prefix``.
    """
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.prefix, server.behind, server.says_it = prefix, ("127.0.0.1", behind), says_it
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
        finally:
            server.shutdown()
            thread.join()
