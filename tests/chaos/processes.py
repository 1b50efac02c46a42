"""Starts, stops for a while and kills the processes of a chaos test."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import requests

from dashboard.settings import PREFIX
from tests.chaos.waiting import wait_until

WORKERS = 16
READY = {"serve": "is ready at", "worker": "Polling."}
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Running:
    """One server or worker in a process of its own; ``url`` only answers for servers."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def kill(self) -> None:
        """``kill -9``; returns when it is gone."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Stop it where it stands."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        self.process.send_signal(signal.SIGCONT)

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has logged under this name."""
        lines = self.log.read_text(errors="replace").splitlines()
        # A killed process may leave half a line behind.
        records = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [record for record in records if record["event"] == name]

    def metric(self, name: str) -> float:
        """One figure of a server."""
        text = requests.get(f"{self.url}/metrics", timeout=5).text
        return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])

    def metric_of(self, name: str, label: str) -> float:
        """The same for one with a label."""
        text = requests.get(f"{self.url}/metrics", timeout=5).text
        lines = (line for line in text.splitlines() if line.startswith(name + "{") and f'"{label}"' in line)
        return float(next(lines).rsplit(" ", 1)[1])

    def post(self, what: str, body: object) -> dict[str, Any]:
        """Post to a server's API; anything but success fails the test."""
        answer = requests.post(f"{self.url}/api/v1/{what}", json=body, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


class Crew:
    """The processes of one test: a service that lives through it all, servers and workers that need not.

    Args:
        folder: for the data folder and the logs.
        database_url: what all servers and workers share.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self._asked = folder / "asked.log"
        self._environment = {
            **os.environ,
            f"{PREFIX}DATA_DIR": str(folder / "data"),
            f"{PREFIX}DATABASE_URL": database_url,
        }
        self._all: list[subprocess.Popen[bytes]] = []
        self.service_url = ""
        self.tasks: dict[str, str] = {}
        """Task ID -> what its text must quote."""

    def start_service(self, *, tasks: int, spread: float, latency: float) -> None:
        """Start the service with so many tasks, done over ``spread`` seconds, ``latency`` seconds an answer."""
        script = [_HERE / "stand_in.py", tasks, spread, latency, self._asked]
        process = self._start(script, stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout as said:
            announced = json.loads(said.readline())
        self.ask(announced["url"], announced["tasks"])

    def ask(self, url: str, tasks: dict[str, str]) -> None:
        """Let a service that runs already be asked about these tasks."""
        self.service_url, self.tasks = url, tasks
        self._environment[f"{PREFIX}API_URL"] = url

    def start(
        self,
        command: str,
        *,
        without: Literal["nothing", "fence", "heartbeat", "doubt"] = "nothing",
        workers: int = WORKERS,
        environment: Mapping[str, str] | None = None,
    ) -> Running:
        """Start a server or a worker, with this added to its environment; returns when it says that it is ready."""
        port = _free_port()
        options = ["--port", port] if command == "serve" else []
        log = self._folder / f"{len(self._all)}-{command}.log"
        script = [_HERE / "altered.py", workers, without]
        with log.open("wb") as file:
            whole = [*script, command, "--log-json", *options]
            process = self._start(whole, stdout=file, environment=environment)

        def is_ready() -> bool:
            said = log.read_text(errors="replace")
            assert process.poll() is None, said
            return READY[command] in said

        wait_until(is_ready, f"{command} becomes ready")
        return Running(process, log, f"http://127.0.0.1:{port}")

    def asked(self, task_ids: Collection[str]) -> list[float]:
        """When the service was asked about these tasks, in seconds of its clock."""
        lines = self._asked.read_text().splitlines()
        return [
            float(when) for when, _, task_id in (line.partition(" ") for line in lines) if task_id in task_ids
        ]

    def close(self) -> None:
        """End whatever still runs."""
        for process in self._all:
            process.kill()
            process.wait()

    def _start(
        self,
        script: list[object],
        *,
        stdout: Any,  # noqa: ANN401 - as Popen takes it
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        # Unbuffered: what a killed process has said must be in its log.
        command = [sys.executable, "-u", *map(str, script)]
        errors = subprocess.STDOUT if stdout is not subprocess.PIPE else None
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdout=stdout,
            stderr=errors,
            cwd=self._folder,
            env={**self._environment, **(environment or {})},
        )
        self._all.append(process)
        return process


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
