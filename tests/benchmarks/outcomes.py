"""What one stored outcome costs in processor time: ``python tests/benchmarks/outcomes.py [--tasks N] [--one-core]``.

So many tasks are complete at the first look. A minimal service in a process of its own answers with the wire format;
the poller of this process claims them, asks, decodes, decides and stores them with their place in the index. Beside
it, in the same run, a bare ``requests`` session fetches and decodes the same answers and keeps nothing.
"""

import argparse
import base64
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from statistics import median
from unittest.mock import patch

import requests
from sqlmodel import col, func, select

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.cloud.transport import Transport
from dashboard.models import Change, Claim, LibraryEntry, Part, State, Task
from dashboard.polling import one_poll
from dashboard.polling.asking import Asker
from dashboard.polling.writing import Writer
from dashboard.services.library.indexing import Indexing
from dashboard.services.tasks.intake import NewTask
from dashboard.store.poll_ledger import DatabaseLedger

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, show
from tests.benchmarks.search import databases
from tests.quick_service import quick_service

TASKS = 2_000
ROUNDS = 3
PIECE = 2_000
TOKEN = "of-no-use-to-anybody"
PATH = "/v5.0/ocr/RecognizeImage"
LONGEST_SECONDS = 900.0

HTTP, READING, PREPARING, WRITING = "HTTP", "reading, deciding", "preparing text", "writing"
INDEXING, CLAIMING, LOGGING, REST = "indexing", "claiming", "logging", "threads, the loop"


@dataclass(frozen=True, slots=True)
class Spent:
    """What it took to get all answers, in seconds.

    Attributes:
        cpu: processor time of this process.
        wall: by the clock on the wall.
        by_part: processor time by what it was spent on, where that is known.
    """

    cpu: float
    wall: float
    by_part: Mapping[str, float]


class Division:
    """Processor time of all threads by what they did; what is called within something counts for itself alone."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._thread = threading.local()

    def count(self, owner: object, name: str, part: str) -> None:
        """Count what a function of a class or a module spends towards a part, from now on."""
        counted = getattr(owner, name)

        @wraps(counted)
        def timed(*given: object, **named: object) -> object:
            around = getattr(self._thread, "inner", None)
            inner = self._thread.inner = [0.0]
            began = time.thread_time()
            try:
                return counted(*given, **named)
            finally:
                took = time.thread_time() - began
                self._thread.inner = around
                if around is not None:
                    around[0] += took
                with self._lock:
                    self._seconds[part] += took - inner[0]

        setattr(owner, name, timed)

    def take(self) -> dict[str, float]:
        """What was counted since the last time, in seconds."""
        with self._lock:
            taken = dict(self._seconds)
            self._seconds.clear()
        return taken


def main() -> None:
    """Measure on the databases that were asked for."""
    wanted = _arguments()
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - where the log goes, as lines of a real one
    logs.configure(level="info")
    division = _divided()
    measured: dict[str, list[tuple[Spent, Spent]]] = {}
    with quick_service(latency=0.0) as url, databases() as urls:
        if wanted.one_core:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
        for name, database_url in urls.items():
            if wanted.database in (None, name.lower()):
                with (
                    tempfile.TemporaryDirectory() as folder,
                    building(Path(folder), database_url=database_url, api_url=url) as app,
                ):
                    measured[name] = measure(app, url, wanted.tasks, wanted.rounds, division)
    where = ", on one core" if wanted.one_core else ""
    show(
        f"{wanted.tasks:,} tasks that are complete at the first look{where} (medians of {wanted.rounds})",
        ["database", "CPU, ms", "bare session, ms", "ratio", "wall, s", "outcomes/s"],
        [_row(name, wanted.tasks, rounds) for name, rounds in measured.items()],
        {
            "CPU": "of this process for each outcome: claimed, asked, decoded, decided, stored, indexed, logged",
            "bare session": "one requests.Session in one thread; fetches and decodes, keeps nothing",
        },
    )
    parts = [HTTP, READING, PREPARING, WRITING, INDEXING, CLAIMING, LOGGING, REST]
    show(
        "Where it goes, CPU ms for each outcome",
        ["part", *measured],
        [
            [part, *(f"{_part(part, wanted.tasks, rounds):.2f}" for rounds in measured.values())]
            for part in parts
        ],
        {"threads, the loop": "what none of the others has spent"},
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument(
        "--one-core", action="store_true", help="this process has one core; the service has all"
    )
    return parser.parse_args()


def _divided() -> Division:
    division = Division()
    division.count(Transport, "exchange", HTTP)
    division.count(Asker, "ask", READING)
    division.count(one_poll, "decide", READING)
    division.count(bootstrap, "of_new_result", PREPARING)
    division.count(DatabaseLedger, "record", WRITING)
    division.count(Indexing, "put_new", INDEXING)
    division.count(DatabaseLedger, "claim", CLAIMING)
    division.count(DatabaseLedger, "seconds_until_due", CLAIMING)
    division.count(Writer, "_tell", LOGGING)
    return division


def _row(name: str, tasks: int, rounds: Sequence[tuple[Spent, Spent]]) -> list[str]:
    ours = median(spent.cpu for spent, _ in rounds) / tasks * 1000
    bare = median(bare.cpu for _, bare in rounds) / tasks * 1000
    wall = median(spent.wall for spent, _ in rounds)
    return [name, f"{ours:.2f}", f"{bare:.2f}", f"{ours / bare:.2f}", f"{wall:.1f}", f"{tasks / wall:.0f}"]


def _part(part: str, tasks: int, rounds: Sequence[tuple[Spent, Spent]]) -> float:
    return median(spent.by_part.get(part, 0.0) for spent, _ in rounds) / tasks * 1000


def measure(
    app: Dashboard, url: str, tasks: int, rounds: int, division: Division
) -> list[tuple[Spent, Spent]]:
    """What the poller and a bare session spend on as many tasks, so many times in turn."""
    app.team.credentials.add(label="Benchmark", access_token=TOKEN)
    app.indexing.prepare()  # half a second, once for each process
    _run(app, ["warm-up-0000"], division)
    measured = []
    for number in range(rounds):
        task_ids = [f"{number:08x}-0000-4000-8000-{task:012x}" for task in range(tasks)]
        bare = run_bare(url, task_ids)
        measured.append((_run(app, task_ids, division), bare))
    _check(app, tasks * rounds + 1)
    return measured


def run_bare(url: str, task_ids: Sequence[str]) -> Spent:
    """Ask for each of them once."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    cpu, wall = time.process_time(), time.monotonic()
    with requests.Session() as session:
        for task_id in task_ids:
            answer = session.get(f"{url}{PATH}", params={"id": task_id}, headers=headers, timeout=30).json()
            if task_id not in base64.b64decode(answer["results"][0]["data"]).decode():
                sys.exit(f"The service answered about another task than {task_id}.")
    return Spent(time.process_time() - cpu, time.monotonic() - wall, {})


def _run(app: Dashboard, task_ids: Sequence[str], division: Division) -> Spent:
    """Let the poller have them."""
    for start in range(0, len(task_ids), PIECE):
        new = [NewTask(task_id=task_id, label="scan.png") for task_id in task_ids[start : start + PIECE]]
        app.team.intake.register(new)
    left = len(task_ids)
    is_done = threading.Event()
    record = DatabaseLedger.record

    def counted(ledger: DatabaseLedger, changes: Sequence[Change]) -> list[Claim]:
        nonlocal left
        lost = record(ledger, changes)
        left -= len(changes) - len(lost)
        if left <= 0:
            is_done.set()
        return lost

    with patch.object(DatabaseLedger, "record", counted):
        division.take()
        cpu, wall = time.process_time(), time.monotonic()
        app.poller.start()
        if not is_done.wait(LONGEST_SECONDS):
            sys.exit(f"After {LONGEST_SECONDS:g} s {left} of {len(task_ids)} tasks are not done.")
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        parts = division.take()
        app.poller.stop()
    return Spent(cpu, wall, parts | {REST: cpu - sum(parts.values())})


def _check(app: Dashboard, tasks: int) -> None:
    """End the run where something is missing."""
    with app.database.reading() as session:
        completed = session.exec(
            select(func.count()).select_from(Task).where(Task.state == State.COMPLETED.value)
        ).one()
        parts = session.exec(select(func.count()).select_from(Part)).one()
        indexed = session.exec(select(func.count(col(LibraryEntry.task_ref)))).one()
    if not completed == parts == indexed == tasks:
        sys.exit(f"Of {tasks} tasks {completed} are completed, with {parts} parts, and {indexed} indexed.")


if __name__ == "__main__":
    main()
