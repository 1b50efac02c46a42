"""How long the dashboard takes to stop: ``python tests/benchmarks/stopping.py [SITUATION...]``."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import requests

from dashboard import logs
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import PREFIX

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import NOBODY, building, show
from tests.chaos import clients
from tests.chaos.waiting import wait_until
from tests.starting import STARTS

MEGABYTES = 58
GIVE_UP_SECONDS = 30.0
SETTLED_SECONDS = 5.0
"""After which what a start does in the background is done."""
HOW = {
    **{name: ("-m", *STARTS[name]) for name in ("serve", "uvicorn", "streamlit")},
    "worker": ("-m", "dashboard", "worker"),
}

Meanwhile = Callable[[int, subprocess.Popen[bytes]], AbstractContextManager[object]]


def _nothing(_: int, __: subprocess.Popen[bytes]) -> AbstractContextManager[object]:
    time.sleep(SETTLED_SECONDS)
    return contextlib.nullcontext()


SITUATIONS: dict[str, tuple[Meanwhile, tuple[signal.Signals, ...]]] = {
    "idle": (_nothing, (signal.SIGTERM,)),
    "export, fast reader": (lambda port, _: clients.export(port, reads=True), (signal.SIGTERM,)),
    "export, reader stopped": (lambda port, _: clients.export(port, reads=False), (signal.SIGTERM,)),
    "open page": (lambda port, _: clients.open_page(port), (signal.SIGTERM,)),
    "service hangs": (_nothing, (signal.SIGTERM,)),
    "scan being read": (
        lambda port, process: clients.look_at_scan(port, process.pid),
        (signal.SIGTERM,),
    ),
    "slow upload": (lambda port, _: clients.slow_upload(port), (signal.SIGTERM,)),
    "SIGINT during start": (lambda _, __: contextlib.nullcontext(), (signal.SIGINT,)),
    "second signal": (
        lambda port, _: clients.export(port, reads=False),
        (signal.SIGINT, signal.SIGINT),
    ),
}
AT_WORKERS = ("idle", "service hangs", "SIGINT during start")


def main(wanted: list[str]) -> None:
    """Measure each situation with each way to start."""
    logs.configure(level="error")
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell may have had it ignored, for our servers too
    rows = []
    for situation in wanted or SITUATIONS:
        found = [situation]
        for how in HOW:
            applies = how != "worker" or situation in AT_WORKERS
            found.append(stopping(how, situation) if applies else "")
        rows.append(found)
        sys.stdout.write(f"{found}\n")
    show("Seconds to stop", ["situation", *HOW], rows, {"T": "there was a traceback"})


def stopping(how: str, situation: str) -> str:
    """Seconds from the last signal to the end, and what was unusual about it."""
    meanwhile, numbers = SITUATIONS[situation]
    with tempfile.TemporaryDirectory() as made, clients.silent_service() as (silent, calls):
        folder = Path(made)
        service = silent if situation == "service hangs" else NOBODY
        with building(folder, api_url=service) as app:
            clients.keep_many_results(app, MEGABYTES if "export" in situation or len(numbers) > 1 else 1)
            if situation == "scan being read":
                clients.keep_costly_source(app)
            if situation == "service hangs":
                app.team.intake.register(
                    [NewTask(task_id=f"open-{number}", trial=True) for number in range(20)]
                )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            f"{PREFIX}DATA_DIR": str(folder / "data"),
            f"{PREFIX}API_URL": service,
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, *(part.format(port=port) for part in HOW[how])],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            if situation == "SIGINT during start":
                time.sleep(1.0)
            else:
                _wait_until_started(how, port, folder / "log", process)
            if situation == "service hangs":
                wait_until(lambda: len(calls) >= 16, "the service is being asked")
            with meanwhile(port, process):
                return _seconds(process, numbers, folder / "log")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_started(how: str, port: int, log: Path, process: subprocess.Popen[bytes]) -> None:
    def started() -> bool:
        assert process.poll() is None, log.read_text()
        if how == "worker":
            return "Polling." in log.read_text()
        with contextlib.suppress(requests.RequestException):  # some listen before they are ready
            return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=10).ok
        return False

    wait_until(started, "it is started")


def _seconds(process: subprocess.Popen[bytes], numbers: tuple[signal.Signals, ...], log: Path) -> str:
    for number in numbers[:-1]:
        process.send_signal(number)
        time.sleep(1.0)
    began = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        if numbers[-1] is signal.SIGINT:
            os.killpg(process.pid, numbers[-1])  # as a terminal does
        else:
            process.send_signal(numbers[-1])
    try:
        code = process.wait(GIVE_UP_SECONDS)
    except subprocess.TimeoutExpired:
        return f"> {GIVE_UP_SECONDS:.0f}"
    mark = " T" if "Traceback" in log.read_text(errors="replace") else ""
    return f"{time.monotonic() - began:.2f} ({code}){mark}"


if __name__ == "__main__":
    main(sys.argv[1:])
