"""How much earlier results are found than by scripts: ``python tests/benchmarks/naive.py [--seeds N] [--cost C]``.

The script is the one the service's tutorial teaches: one task after the other, a new connection for each
call, two seconds between calls, ten tries. The pool is the script that somebody writes next: 16 threads with one
session, each task every two seconds until it is there. The dashboard has found 200 such tasks before.
"""

import argparse
import math
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import requests
from sqlmodel import select

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState, Tempo
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Phase, SandboxTask
from dashboard.settings import PREFIX
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, percentile, serving_dashboard, show

TASKS = 300
LEARNED = 200
POOL = 16
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
    """Let the script, the pool and the dashboard wait for the same 300 tasks, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--cost", default="0.2", help="OCR_DASHBOARD_POLL_COST")
    wanted = parser.parse_args()
    logs.configure(level="error")
    os.environ[f"{PREFIX}POLL_COST"] = wanted.cost
    for seed in range(7, 7 + wanted.seeds):
        compare(seed, wanted.cost)


def compare(seed: int, cost: str) -> None:
    """One run of each."""
    script, pool, dashboard = run_script(seed), run_pool(seed), run_dashboard(seed)
    ways = (script, pool, dashboard)
    late = [statistics.mean(way.delays) for way in ways]
    show(
        f"{TASKS} tasks at once, seed {seed}, lognormal with median {MEDIAN_SECONDS:g} s, answers take "
        f"{SERVER_SECONDS * 1000:g} ms, cost of a call {cost} s",
        ["what", "the tutorial's script", "pool of 16", "dashboard", "script / ours", "ours / pool"],
        [
            _row("results found", [float(len(way.delays)) for way in ways], digits=0),
            _row("mean detection delay, s", late),
            _row("p95 detection delay, s", [percentile(way.delays, 95) for way in ways]),
            _row("calls per task", [way.calls / TASKS for way in ways]),
            _row("CPU per call, ms", [way.cpu_seconds / way.calls * 1000 for way in ways]),
            _row("until the last result, s", [way.wall_seconds for way in ways]),
        ],
        {
            "delay": "from the result being there to having found it",
            "dashboard": "a whole server: decoding, storing and its pages' event loop are in its CPU time",
        },
    )


def _row(what: str, values: Sequence[float], *, digits: int = 2) -> tuple[str, ...]:
    script, pool, dashboard = values
    each = (f"{value:.{digits}f}" for value in values)
    return what, *each, f"{script / dashboard:.2f}", f"{dashboard / pool:.2f}"


def run_script(seed: int) -> Outcome:
    """Wait as the tutorial does."""
    with service() as (url, submit):
        ready = submit(TASKS, seed)
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


def run_pool(seed: int) -> Outcome:
    """Ask about each every two seconds, with 16 threads."""
    with service() as (url, submit), requests.Session() as session, ThreadPoolExecutor(POOL) as pool:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=POOL))
        ready = submit(TASKS, seed)
        delays, calls = [], 0
        cpu, began = time.process_time(), time.monotonic()

        def is_done(task_id: str) -> float | None:
            params = {"id": task_id}
            answer = session.get(
                f"{url}/v5.0/ocr/{OPERATION.value}", params=params, headers=HEADERS, timeout=30
            )
            return time.time() if answer.json()["taskStatus"] == "Completed" else None

        left = list(ready)
        while left:
            round_began = time.monotonic()
            found = dict(zip(left, pool.map(is_done, left), strict=True))
            calls += len(left)
            delays += [at - ready[task_id] for task_id, at in found.items() if at is not None]
            left = [task_id for task_id, at in found.items() if at is None]
            time.sleep(max(0.0, PAUSE - (time.monotonic() - round_began)))
        return Outcome(
            delays=delays,
            calls=calls,
            cpu_seconds=time.process_time() - cpu,
            wall_seconds=time.monotonic() - began,
        )


def run_dashboard(seed: int) -> Outcome:
    """Register the tasks with a server that has learned, and let it wait."""
    with tempfile.TemporaryDirectory() as made, service() as (url, submit):
        folder = Path(made)
        with building(folder, api_url=url) as app, serving_dashboard(folder, api_url=url) as server:
            app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
            _found(app, server.url, submit(LEARNED, seed + 1000))
            ready = submit(TASKS, seed)
            cpu, began = server.cpu_seconds, time.monotonic()
            rows = _found(app, server.url, ready)
            return Outcome(
                delays=[
                    row.completed_at.astimezone(UTC).timestamp() - ready[row.task_id]
                    for row in rows
                    if row.completed_at is not None
                ],
                calls=sum(row.polls for row in rows),
                cpu_seconds=server.cpu_seconds - cpu,
                wall_seconds=time.monotonic() - began,
            )


def _found(app: Dashboard, url: str, ready: Ready) -> list[Task]:
    """Register tasks that were submitted just now, and wait until all have ended."""
    sent = datetime.now(UTC).isoformat()
    body = {"tasks": [{"task_id": task_id, "submitted_at": sent} for task_id in ready]}
    requests.post(f"{url}/api/v1/tasks", json=body, timeout=60).raise_for_status()
    while True:
        time.sleep(1.0)
        with app.database.reading() as session:
            rows = [row for row in session.exec(select(Task)).all() if row.task_id in ready]
        if len(rows) == len(ready) and all(row.completed_at is not None for row in rows):
            return rows


class _Submit:
    """Has the service take in so many tasks, now."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def __call__(self, tasks: int, seed: int) -> Ready:
        self._line.send((tasks, seed))
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
        order = Order(content=latin().image, result_types=("Text",))
        while True:  # for ever: the process is killed
            tasks, seed = line.recv()
            rng = random.Random(seed)  # noqa: S311 - the same tasks for each way
            ready = {}
            for _ in range(tasks):
                seconds = rng.lognormvariate(math.log(MEDIAN_SECONDS), SPREAD)
                task = state.submit(
                    Endpoint(OPERATION, trial=False), order, tempo=Tempo(seconds / 2, seconds / 2)
                )
                ready[task.task_id] = task.submitted_at.timestamp() + seconds
            line.send(ready)


if __name__ == "__main__":
    main()
