"""The sandbox's own server: starting, stopping, and running alone."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from dashboard.sandbox import SandboxServer

ALONE = """
from dashboard.sandbox import SandboxServer
SandboxServer().run(announce=lambda url: print(url, flush=True))
"""


def test_it_listens_when_start_returns_and_not_after_stop() -> None:
    """The URL has the port that was found."""
    server = SandboxServer()
    with server:
        assert requests.get(server.url, timeout=5).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=5)
    server.stop()


def test_it_starts_again_after_a_stop() -> None:
    """With the same memory."""
    server = SandboxServer()
    for _ in range(2):
        with server:
            assert requests.get(server.url, timeout=5).status_code == 200


def test_a_second_start_is_refused() -> None:
    """One server, one port."""
    with SandboxServer() as server, pytest.raises(RuntimeError, match="running already"):
        server.start()


def test_a_taken_port_is_told_at_once() -> None:
    """In the thread that asked for it."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match=r"in use"):
        SandboxServer(port=taken.getsockname()[1]).start()


def test_it_stops_within_three_seconds_although_a_client_hangs() -> None:
    """A connection that waits for an answer that never comes is cut."""
    with SandboxServer() as server:
        server.state.faults.switch_on({"fault": "silence", "operation": "connect/token"})
        cut = threading.Event()

        def wait_for_nothing() -> None:
            with contextlib.suppress(requests.RequestException):
                requests.post(f"{server.url}/connect/token", data={"grant_type": "x"}, timeout=10)
            cut.set()

        client = threading.Thread(target=wait_for_nothing, daemon=True)
        client.start()
        deadline = time.monotonic() + 5
        while not server._server or not server._server.server_state.tasks:
            assert time.monotonic() < deadline
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 3
        assert cut.wait(5)
        client.join()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_alone_it_ends_on_a_signal(ending: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it quickly and without a traceback."""
    command = [sys.executable, "-c", ALONE]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(url, timeout=5).status_code == 200
        process.send_signal(ending)
        _, errors = process.communicate(timeout=5)
    assert process.returncode in (0, -ending)
    assert "Traceback" not in errors
