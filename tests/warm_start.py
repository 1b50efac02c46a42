"""Starts Python programs whose libraries are loaded already: most of what a server needs until it answers.

Each is a process of its own that has loaded nothing of ours yet. Where a process cannot be forked, it is started as
any other.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Protocol

_PARENT = Path(__file__).with_name("warm_parent.py")


class Process(Protocol):
    """What is used of a started process; ``subprocess.Popen`` has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The same at its end; raises ``subprocess.TimeoutExpired``."""

    def send_signal(self, sig: int) -> None:
        """Send it one, unless it has ended."""

    def kill(self) -> None:
        """End it now."""


def started(
    program: Sequence[str],
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: IO[bytes],
    files: int | None = None,
    warm: bool = True,
) -> Process:
    """Start one.

    Args:
        program: a Python and ``-m`` with a module, or a script beside the Python that runs it.
        arguments: of the program.
        folder: where it runs.
        environment: the whole of it.
        log: takes both of its streams.
        files: how many it may have open; None for as many as we.
        warm: False for a start as anybody's, where a test is about that.
    """
    if not (warm and hasattr(os, "fork") and hasattr(socket, "send_fds")):
        limited = () if files is None else ("sh", "-c", f'ulimit -n {files}; exec "$@"', "sh")
        command = [*limited, *program, *arguments]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603 - ourselves
    module, script = (program[2], "") if tuple(program[1:2]) == ("-m",) else ("", program[0])
    python = program[0] if module else str(Path(script).with_name(Path(sys.executable).name))
    asked = {
        "module": module,
        "script": script,
        "arguments": list(arguments),
        "folder": str(folder),
        "environment": dict(environment),
        "files": files,
    }
    return _parent(python, environment.get("PYTHONPATH", "")).start(asked, log)


def end_all() -> None:
    """End what holds the libraries; programs that still run go on."""
    for parent in _PARENTS:
        parent.end()
    _PARENTS.clear()
    _parent.cache_clear()


@cache
def _parent(python: str, path: str) -> "_Parent":
    made = _Parent(python, path)
    _PARENTS.append(made)
    return made


_PARENTS: list["_Parent"] = []


class _Parent:
    def __init__(self, python: str, path: str) -> None:
        self._asked, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [python, str(_PARENT), str(number)],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                # With one thread: what others hold when a process is forked is never let go.
                env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},
            )

    def start(self, asked: Mapping[str, object], log: IO[bytes]) -> "_Child":
        reading, writing = os.pipe()
        try:
            socket.send_fds(self._asked, [json.dumps(asked).encode()], [log.fileno(), writing])
        finally:
            os.close(writing)
        return _Child(reading)

    def end(self) -> None:
        self._asked.close()
        self._process.wait(10)


class _Child:
    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self.pid = int(self._told.readline())
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None and select.select([self._told], [], [], 0)[0]:
            self._end()
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._end()
        assert self._code is not None
        return self._code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self) -> None:
        self._code = int(self._told.readline())
        self._told.close()
