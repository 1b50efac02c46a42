"""Whether 16 workers are the limit, and how soon new work is begun: ``python tests/benchmarks/loop.py [--tasks N]``.

So many tasks are complete at the first look, at a service in a process of its own that takes 60 ms for an answer. The
poller of this process claims, asks, decodes, stores and indexes them; a bare pool of 16 threads with one
``requests.Session`` asks for the same answers in the same run and keeps nothing. Then a worker in a process of its own
waits for tasks that are registered here, one by one.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from unittest.mock import patch

import requests

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Change, Claim
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import PREFIX
from dashboard.store.poll_ledger import DatabaseLedger

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, percentile, show
from tests.benchmarks.search import databases
from tests.quick_service import quick_service

TASKS = 1_600
ROUNDS = 3
WORKERS = 16
LATENCY = 0.06
REGISTRATIONS = 40
TOKEN = "of-no-use-to-anybody"
PATH = "/v5.0/ocr/RecognizeImage"
LONGEST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What it took, in seconds."""

    cpu: float
    wall: float


def main() -> None:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--latency", type=float, default=LATENCY, help="seconds for an answer")
    wanted = parser.parse_args()
    limit = WORKERS / wanted.latency
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - where the log goes, as lines of a real one
    logs.configure(level="info")
    asked: list[list[str]] = []
    woken: list[list[str]] = []
    with quick_service(latency=wanted.latency) as url, databases() as urls:
        for name, database_url in urls.items():
            with (
                tempfile.TemporaryDirectory() as made,
                building(Path(made), database_url=database_url, api_url=url) as app,
            ):
                app.team.credentials.add(label="Benchmark", access_token=TOKEN)
                app.indexing.prepare()  # half a second, once for each process
                rounds = measure(app, url, wanted.tasks, wanted.rounds)
                asked.append(_row(name, wanted.tasks, rounds, limit))
                with worker(Path(made), url, database_url):
                    delays = [delay_of(app, url, f"{name}-{number:04}") for number in range(REGISTRATIONS)]
                woken.append(
                    [
                        name,
                        *(f"{at * 1000:.0f}" for at in (median(delays), percentile(delays, 95), max(delays))),
                    ]
                )
    show(
        f"{wanted.tasks:,} tasks, answers take {wanted.latency * 1000:g} ms, {WORKERS} workers: {limit:.0f}/s at most",
        ["database", "calls/s", "bare pool", "ratio", "of the limit", "CPU, ms", "bare, ms"],
        asked,
        {"CPU": "for each call, of this process", "bare pool": "the same number of threads, one Session"},
    )
    show(
        f"From the registration of a task to its first call by another process, {REGISTRATIONS} times",
        ["database", "median, ms", "p95, ms", "most, ms"],
        woken,
        {"registration": "from the call that registers to the service's first byte"},
    )


def _row(name: str, tasks: int, rounds: Sequence[tuple[Spent, Spent]], limit: float) -> list[str]:
    ours, bare = (tasks / median(it[who].wall for it in rounds) for who in (0, 1))
    cpu = [median(it[who].cpu for it in rounds) / tasks * 1000 for who in (0, 1)]
    shares = [f"{ours / bare:.2f}", f"{ours / limit:.2f}"]
    return [name, f"{ours:.0f}", f"{bare:.0f}", *shares, *(f"{ms:.2f}" for ms in cpu)]


def measure(app: Dashboard, url: str, tasks: int, rounds: int) -> list[tuple[Spent, Spent]]:
    """What the poller and a bare pool spend on as many tasks, so many times in turn."""
    run_ours(app, ["warm-up-0000"])
    measured = []
    for number in range(rounds):
        task_ids = [f"{number:08x}-0000-4000-8000-{task:012x}" for task in range(tasks)]
        bare = run_bare(url, task_ids)
        measured.append((run_ours(app, task_ids), bare))
    return measured


def run_bare(url: str, task_ids: Sequence[str]) -> Spent:
    """Ask for each of them once, on as many threads."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    cpu, wall = time.process_time(), time.monotonic()
    with requests.Session() as session, ThreadPoolExecutor(WORKERS) as pool:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=WORKERS))

        def ask(task_id: str) -> str:
            answer = session.get(f"{url}{PATH}", params={"id": task_id}, headers=headers, timeout=30)
            return str(answer.json()["id"])

        if list(pool.map(ask, task_ids)) != list(task_ids):
            sys.exit("The service answered about other tasks.")
    return Spent(time.process_time() - cpu, time.monotonic() - wall)


def run_ours(app: Dashboard, task_ids: Sequence[str]) -> Spent:
    """Let the poller have them."""
    app.team.intake.register([NewTask(task_id=task_id, label="scan.png") for task_id in task_ids])
    left = len(task_ids)
    is_done = threading.Event()
    record = DatabaseLedger.record

    def counted(ledger: DatabaseLedger, changes: Sequence[Change]) -> list[Claim]:
        nonlocal left
        lost = record(ledger, changes)
        left -= sum(change.attempt is not None for change in changes) - len(lost)
        if left <= 0:
            is_done.set()
        return lost

    with patch.object(DatabaseLedger, "record", counted):
        cpu, wall = time.process_time(), time.monotonic()
        app.poller.start()
        if not is_done.wait(LONGEST_SECONDS):
            sys.exit(f"After {LONGEST_SECONDS:g} s {left} of {len(task_ids)} tasks are not done.")
        spent = Spent(time.process_time() - cpu, time.monotonic() - wall)
        app.poller.stop()
    return spent


@contextmanager
def worker(folder: Path, url: str, database_url: str | None) -> Iterator[None]:
    """A worker in a process of its own, until the end of the block; it polls when this begins."""
    settings = {f"{PREFIX}DATA_DIR": str(folder / "data"), f"{PREFIX}API_URL": url}
    settings |= {f"{PREFIX}DATABASE_URL": database_url} if database_url else {}
    log = folder / "worker.log"
    with log.open("wb") as said:
        command = [sys.executable, "-u", "-m", "dashboard", "worker"]
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command, stdout=said, stderr=said, env={**os.environ, **settings}
        )
    try:
        while "Polling." not in log.read_text(errors="replace"):
            if process.poll() is not None:
                sys.exit(f"The worker did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        time.sleep(2.0)  # its first looks
        yield
    finally:
        process.kill()
        process.wait()


def delay_of(app: Dashboard, url: str, task_id: str) -> float:
    """Seconds from the registration of a task to its first call."""
    time.sleep(random.uniform(0.3, 1.3))  # noqa: S311 - at no special moment
    began = time.monotonic()
    app.team.intake.register([NewTask(task_id=task_id)])
    while True:
        heard = requests.get(f"{url}/heard", params={"id": task_id}, timeout=30).json()["at"]
        if heard is not None:
            return float(heard) - began
        if time.monotonic() - began > LONGEST_SECONDS:
            sys.exit("The worker does not begin.")
        time.sleep(0.005)


if __name__ == "__main__":
    main()
