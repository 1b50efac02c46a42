"""The real thing: a dashboard in a process of its own, and tasks at the service it polls."""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dashboard.models import Operation
from dashboard.sandbox import SandboxServer, Tempo
from dashboard.sandbox.samples import latin
from dashboard.settings import PREFIX
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint
from tests import warm_start

AT_ONCE = Tempo(0, 0)
NEVER = Tempo(86_000, 100)
"""Longer than any test: the task stays pending."""

_START_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class RunningDashboard:
    """A served dashboard; everything is done from outside, as a script or a browser would."""

    url: str
    log: Path
    """What it has printed so far."""

    def register(self, task_id: str, **entry: object) -> int:
        """Register one task ID over the API; gives back our ID."""
        answer = self.post("tasks", {"tasks": [{"task_id": task_id, **entry}]})
        return int(answer["registered"][0]["id"])

    def add_token(self, label: str, access_token: str) -> int:
        """Register an access token over the API; gives back our ID."""
        return int(self.post("credentials", {"label": label, "access_token": access_token})["id"])

    def task(self, reference: int | str) -> dict[str, Any]:
        """One task as the API tells it; empty when there is none."""
        answer = requests.get(f"{self.url}/api/v1/tasks/{reference}", timeout=10)
        return {} if answer.status_code == requests.codes.not_found else _json(answer)

    def tasks(self, **query: str) -> dict[str, Any]:
        """The first page of tasks, and how many there are."""
        return _json(requests.get(f"{self.url}/api/v1/tasks", params=query, timeout=10))

    def post(self, what: str, body: object) -> dict[str, Any]:
        """Post to the API; anything but success fails the test."""
        return _json(requests.post(f"{self.url}/api/v1/{what}", json=body, timeout=10))

    @property
    def owner_link(self) -> str:
        """The team URL of the first owner, printed at the start of one that lets in members only."""
        printed = re.search(r"first owner: (\S+/join/\S+)", self.log.read_text(encoding="utf-8"))
        assert printed is not None
        return printed[1]


def _json(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def running_dashboard(folder: Path, *, api_url: str, **settings: str) -> Iterator[RunningDashboard]:
    """Serve a dashboard on a free port with an empty data folder and these settings; stop it at the end."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    environment = {**clean, f"{PREFIX}DATA_DIR": str(folder), f"{PREFIX}API_URL": api_url}
    environment |= {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
    program, arguments = (sys.executable, "-m", "dashboard"), ("serve", "--port", str(port))
    log = folder / "server.log"
    with log.open("wb") as file:
        process = warm_start.started(program, arguments, folder=folder, environment=environment, log=file)
    try:
        _wait_until_ready(process, log)
        yield RunningDashboard(f"http://127.0.0.1:{port}", log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_until_ready(process: warm_start.Process, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while b"ready at" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the dashboard did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def submit(
    sandbox: SandboxServer,
    *,
    operation: Operation = Operation.RECOGNIZE_IMAGE,
    trial: bool = True,
    image: bytes | None = None,
    result_types: tuple[str, ...] = ("Text",),
    tempo: Tempo = AT_ONCE,
    notices: tuple[str, ...] = (),
) -> str:
    """Put a task with a tempo of its own into a sandbox; gives back the service's ID."""
    order = Order(content=image or latin().image, result_types=result_types)
    task = sandbox.state.submit(Endpoint(operation, trial), order, tempo=tempo, notices=notices)
    return task.task_id


def submit_over_http(sandbox: SandboxServer, path: str, image: bytes, token: str | None = None) -> str:
    """Send an image as a pipeline would; gives back the service's ID."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {
        "image": base64.b64encode(image).decode(),
        "settings": {"language": "English", "resultType": "Text"},
    }
    answer = requests.post(f"{sandbox.url}/v5.0/ocr/{path}", json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.text.strip('"')
