"""What clients and services do while a server is to stop."""

import contextlib
import io
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from PIL import Image
from sqlmodel import update
from websockets.sync.client import ClientConnection

from dashboard.bootstrap import Dashboard
from dashboard.models import Part, State, Task
from dashboard.services.tasks.intake import NewTask
from tests.chaos.waiting import wait_until
from tests.web.talking import Tab

PATIENCE = 30.0
MEGABYTE = 1_000_000


def keep_many_results(app: Dashboard, megabytes: int) -> None:
    """Store results that do not become much smaller in a ZIP, ten to a megabyte."""
    names = [NewTask(task_id=f"result-{number}", trial=True) for number in range(10 * megabytes)]
    refs = app.team.intake.register(names).registered.values()
    with app.database.writing() as session:
        done = update(Task).values(
            state=State.COMPLETED.value, next_poll_at=None, completed_at=datetime.now(UTC)
        )
        session.exec(done)
        for task_ref in refs:
            text = secrets.token_hex(MEGABYTE // 20)
            session.add(_part(task_ref, "text/plain", ".txt", text.encode(), text))


def keep_costly_source(app: Dashboard) -> None:
    """Store a task with a scan of many pages; whoever looks at one has a process started."""
    (task_ref,) = app.team.intake.register([NewTask(task_id="scan", trial=True)]).registered.values()
    file = io.BytesIO()
    pages = [Image.new("L", (600, 800), shade) for shade in range(20)]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    app.team.sources.add(task_ref, name="scan.tif", data=file.getvalue())


def _part(task_ref: int, media_type: str, extension: str, data: bytes, text: str | None) -> Part:
    return Part(
        task_ref=task_ref,
        position=0,
        text=text,
        media_type=media_type,
        extension=extension,
        data=data,
        size=len(data),
        sha256=sha256(data).hexdigest(),
    )


@contextmanager
def export(port: int, *, reads: bool) -> Iterator[None]:
    """Somebody downloads everything; reads on until the end, or stops reading after the first bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        if not reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.sendall(b"GET /api/v1/export HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
        if reads:
            threading.Thread(target=_read_on, args=(connection,), daemon=True).start()
        yield


def _read_on(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(65_536):
            pass


@contextmanager
def open_page(port: int) -> Iterator[None]:
    """Somebody looks at the board."""
    with Tab.open(f"http://127.0.0.1:{port}") as tab:
        threading.Thread(target=_listen_on, args=(tab.connection,), daemon=True).start()
        yield


def _listen_on(connection: ClientConnection) -> None:
    with contextlib.suppress(Exception):
        while True:
            connection.recv()


@contextmanager
def slow_upload(port: int) -> Iterator[None]:
    """Somebody sends a body that is never whole."""
    done = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        head = "POST /api/v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 1000000\r\n\r\n".encode())

        def send() -> None:
            with contextlib.suppress(OSError):
                while not done.wait(0.1):
                    connection.sendall(b" " * 1_000)

        threading.Thread(target=send, daemon=True).start()
        try:
            yield
        finally:
            done.set()


@contextmanager
def silent_service() -> Iterator[tuple[str, list[socket.socket]]]:
    """A service that takes every call and answers none; gives its address and the calls."""
    calls: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    calls.append(listening.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", calls
        finally:
            listening.close()
            for call in calls:
                call.close()


@contextmanager
def look_at_scan(port: int, pid: int) -> Iterator[None]:
    """Somebody looks at a scan, and the process that reads it is never done."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        path = "/api/v1/tasks/scan/source/pages/3"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        found: list[int] = []

        def frozen() -> bool:
            for child in _children(pid):
                with contextlib.suppress(OSError):
                    if b"picture_worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                        os.kill(child, signal.SIGSTOP)
                        found.append(child)
            return bool(found)

        wait_until(frozen, "the scan is being read")
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(found[0], signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):  # threads end meanwhile
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found
