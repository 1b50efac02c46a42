"""Strangers at the door of the real server, whichever command started it: they come in crowds and never leave."""

import contextlib
import signal
import socket
from pathlib import Path

import pytest
import requests
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.starting import FILES, STARTS, started

HALF = {
    "heads": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
    "bodies": b"POST /join/odl_x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\nx",
}


@pytest.mark.parametrize("said", HALF)
@pytest.mark.parametrize("how", STARTS)
def test_half_a_request_stops_nothing(how: str, said: str, tmp_path: Path) -> None:
    """Far more than there are files: members are served, an open page stays, few lines are logged, it ends soon."""
    with started(how, tmp_path) as server, contextlib.ExitStack() as stack:
        cookie = {"Cookie": server.join().headers["set-cookie"].partition(";")[0]}
        page = stack.enter_context(
            connect(
                f"{server.url.replace('http', 'ws', 1)}/_stcore/stream",
                additional_headers=cookie,
                subprotocols=[Subprotocol("streamlit")],
                max_size=None,
            )
        )
        for number in range(4 * FILES):
            half = socket.create_connection(
                ("127.0.0.1", server.port), timeout=10, source_address=(f"127.0.0.{2 + number % 5}", 0)
            )
            stack.enter_context(half)
            with contextlib.suppress(ConnectionError):  # it may have had to give way already
                half.sendall(HALF[said])
            if number % FILES == FILES - 1:
                assert requests.get(f"{server.url}/healthz", timeout=10).text == "ok\n"
                answer = requests.get(f"{server.url}/api/v1/tasks", headers=cookie, timeout=10)
                assert answer.status_code == 200
        assert page.ping().wait(10)
        server.process.end(signal.SIGTERM)
        told = server.process.said()
    assert "connections.full" in told
    assert "out of system resource" not in told
    assert "Traceback" not in told
    answered = [
        line for line in told.splitlines() if "HTTP/1.1" in line
    ]  # what plain uvicorn logs of everybody
    assert len(told.splitlines()) - len(answered) < 60
