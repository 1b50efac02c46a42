"""Starts ``ocr-dashboard`` as people do, in a process of its own, and always ends it."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import warm_start
from tests.chaos.waiting import wait_until

Run = Callable[..., tuple[int, str]]
"""What the fixture ``run`` gives: arguments, ``stdin`` and settings in, exit code and output out."""

DASHBOARD = (sys.executable, "-m", "dashboard")
STOP_SECONDS = 5.0
"""How long a server may take to end."""


@dataclass(frozen=True, slots=True)
class Running:
    """One started command."""

    process: warm_start.Process
    log: Path
    """What it says, on both streams."""

    def said(self) -> str:
        """Everything it has said so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str) -> str:
        """Return the line with these words as soon as it is said; fails the test when it ends before."""

        def is_said() -> bool:
            assert words in self.said() or self.process.poll() is None, self.said()
            return words in self.said()

        wait_until(is_said, f"it says {words!r}")
        return next(line for line in self.said().splitlines() if words in line)

    def end(self, ending: signal.Signals) -> int:
        """Send a signal; gives back the exit code, and fails the test when it takes too long."""
        self.process.send_signal(ending)
        began = time.monotonic()
        code = self.process.wait(3 * STOP_SECONDS)
        assert time.monotonic() - began < STOP_SECONDS
        return code


@contextmanager
def running(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = DASHBOARD,
    warm: bool = False,
    files: int | None = None,
) -> Iterator[Running]:
    """Start a command in a folder; it is killed at the end, if it still runs.

    Args:
        arguments: for the program.
        folder: where it runs, and where its log is kept.
        environment: added to ours.
        program: ``ocr-dashboard`` of this checkout, or another one.
        warm: whether the libraries may be loaded already, where a test is not about the start itself.
        files: how many it may have open.
    """
    log = folder / "said.log"
    # Unbuffered: what it says must be readable at once.
    whole = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
    with log.open("wb") as file:
        process = warm_start.started(
            program, arguments, folder=folder, environment=whole, log=file, files=files, warm=warm
        )
    try:
        yield Running(process, log)
    finally:
        process.kill()
        process.wait(10)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on it any more."""
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) != 0
