"""How much earlier results are found than by a script: ``python tests/benchmarks/naive.py``.

The script is the one the service's tutorial teaches: one task after the other, a new connection for each
call, two seconds between calls, ten tries.
"""

import math
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import requests
from sqlmodel import select

from dashboard import logs
from dashboard.models import Operation, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState, Tempo
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Phase, SandboxTask
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, percentile, serving_dashboard, show

TASKS = 300
MEDIAN_SECONDS = 3.0
SPREAD = 0.8
SERVER_SECONDS = 0.06
TRIES = 10
PAUSE = 2.0
OPERATION = Operation.RECOGNIZE_IMAGE
HEADERS = {"Authorization": f"Bearer {DEMO_ACCESS_TOKEN}"}

Ready = dict[str, float]
"""Task ID -> when its result is there, as seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one way of waiting achieved.

    Attributes:
        delays: from the moment a result was there to the moment it was found, in seconds.
        calls: how many there were in all.
        cpu_seconds: processor time spent by the one who asked.
        wall_seconds: until the last one was found or given up.
    """

    delays: list[float]
    calls: int
    cpu_seconds: float
    wall_seconds: float


def main() -> None:
    """Let the script and the dashboard wait for the same 300 tasks, one after the other."""
    logs.configure(level="error")
    script, dashboard = run_script(), run_dashboard()
    ratio = statistics.mean(script.delays) / statistics.mean(dashboard.delays)
    show(
        f"{TASKS} tasks at once, lognormal with median {MEDIAN_SECONDS:g} s, answers take {SERVER_SECONDS * 1000:g} ms",
        ["what", "the tutorial's script", "dashboard", "ratio"],
        [
            _row("results found", [float(len(way.delays)) for way in (script, dashboard)], digits=0),
            _row("mean detection delay, s", [statistics.mean(way.delays) for way in (script, dashboard)]),
            _row("p95 detection delay, s", [percentile(way.delays, 95) for way in (script, dashboard)]),
            _row("calls per task", [way.calls / TASKS for way in (script, dashboard)]),
            _row("CPU per call, ms", [way.cpu_seconds / way.calls * 1000 for way in (script, dashboard)]),
            _row("until the last result, s", [way.wall_seconds for way in (script, dashboard)]),
        ],
        {
            "delay": f"from the result being there to having found it; the dashboard {ratio:.1f} times earlier",
            "dashboard": "a whole server: decoding, storing and its pages' event loop are in its CPU time",
        },
    )


def _row(what: str, values: Sequence[float], *, digits: int = 2) -> tuple[str, ...]:
    script, dashboard = values
    return what, f"{script:.{digits}f}", f"{dashboard:.{digits}f}", f"{script / dashboard:.2f}"


def run_script() -> Outcome:
    """Wait as the tutorial does."""
    with service() as (url, submit):
        ready = submit()
        delays, calls = [], 0
        cpu, began = time.process_time(), time.monotonic()
        for task_id, moment in ready.items():
            for _ in range(TRIES):
                answer = requests.get(
                    f"{url}/v5.0/ocr/{OPERATION.value}", params={"id": task_id}, headers=HEADERS, timeout=30
                )
                calls += 1
                if answer.json()["taskStatus"] == "Completed":
                    delays.append(time.time() - moment)
                    break
                time.sleep(PAUSE)
        return Outcome(
            delays=delays,
            calls=calls,
            cpu_seconds=time.process_time() - cpu,
            wall_seconds=time.monotonic() - began,
        )


def run_dashboard() -> Outcome:
    """Register the tasks with a server and let it wait."""
    with tempfile.TemporaryDirectory() as made, service() as (url, submit):
        folder = Path(made)
        with building(folder, api_url=url) as app, serving_dashboard(folder, api_url=url) as server:
            app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
            ready = submit()
            cpu, began = server.cpu_seconds, time.monotonic()
            body = {"tasks": [{"task_id": task_id} for task_id in ready]}
            requests.post(f"{server.url}/api/v1/tasks", json=body, timeout=60).raise_for_status()
            found: dict[str, datetime] = {}
            while len(found) < len(ready):
                time.sleep(1.0)
                with app.database.reading() as session:
                    rows = session.exec(select(Task)).all()
                found = {row.task_id: row.completed_at for row in rows if row.completed_at is not None}
            return Outcome(
                delays=[
                    (moment.astimezone(UTC).timestamp() - ready[task_id]) for task_id, moment in found.items()
                ],
                calls=sum(row.polls for row in rows),
                cpu_seconds=server.cpu_seconds - cpu,
                wall_seconds=time.monotonic() - began,
            )


class _Submit:
    """Has the service take in all tasks, now."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def __call__(self) -> Ready:
        self._line.send("now")
        ready: Ready = self._line.recv()
        return ready


@contextmanager
def service() -> Iterator[tuple[str, _Submit]]:
    """The service in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    there.close()  # whoever cannot start is noticed by the end of the line
    try:
        yield here.recv(), _Submit(here)
    finally:
        process.kill()
        process.join()


class _SlowState(SandboxState):
    """Takes its time for each answer."""

    def find(self, task_id: str, endpoint: Endpoint | None) -> tuple[SandboxTask | None, Phase]:
        """Where the task stands when the answer leaves."""
        time.sleep(SERVER_SECONDS)
        return super().find(task_id, endpoint)


def serve(line: Connection) -> None:
    """Answer until killed; submit the tasks when told to."""
    state = _SlowState()
    with SandboxServer(state=state) as server:
        line.send(server.url)
        line.recv()
        rng = random.Random(7)  # noqa: S311 - the same tasks in every run
        order = Order(content=latin().image, result_types=("Text",))
        ready = {}
        for _ in range(TASKS):
            seconds = rng.lognormvariate(math.log(MEDIAN_SECONDS), SPREAD)
            task = state.submit(
                Endpoint(OPERATION, trial=False), order, tempo=Tempo(seconds / 2, seconds / 2)
            )
            ready[task.task_id] = task.submitted_at.timestamp() + seconds
        line.send(ready)
        line.recv()  # for ever: the process is killed


if __name__ == "__main__":
    main()
