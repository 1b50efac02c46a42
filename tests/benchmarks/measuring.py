"""What the benchmarks share: servers in processes of their own, filled databases, figures and tables.

Figures of processes come from ``/proc``, so benchmarks run on Linux. Nothing in here asserts: the machine may
be busy, which is why every table says how busy, and why ratios within one run count more than figures.
"""

import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from sqlmodel import insert

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, Part, State, Task
from dashboard.settings import PREFIX, load_settings

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:9"
"""A service that refuses connections; for boards that are only looked at."""

_STATES = (*[State.COMPLETED] * 90, *[State.FAILED] * 3, *[State.NOT_FOUND] * 3, *[State.EXPIRED] * 4)
_PIECE = 2000


@dataclass(frozen=True, slots=True)
class Running:
    """A server in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str

    @property
    def cpu_seconds(self) -> float:
        """Processor time it has used so far, of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def rss_mib(self) -> float:
        """Memory it holds now, in MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def serving(command: Sequence[object], folder: Path, **environment: str) -> Iterator[Running]:
    """Run a server until the end of the block, and wait until ``GET /`` is answered.

    Args:
        command: arguments for Python; ``{port}`` becomes a free port.
        folder: where it runs; its output goes to ``server.log`` there.
        environment: variables in addition to ours, from which settings of the dashboard are removed.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "STREAMLIT_"))}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, *(str(word).replace("{port}", str(port)) for word in command)],
            cwd=folder,
            env={**clean, **environment},
            stdout=log,
            stderr=log,
        )
    running = Running(process, f"http://127.0.0.1:{port}")
    try:
        _wait_for_answer(running, folder / "server.log")
        yield running
    finally:
        process.kill()
        process.wait()


@contextmanager
def serving_dashboard(
    folder: Path, *, api_url: str, program: Sequence[str] = ("-m", "dashboard"), access: str = "open"
) -> Iterator[Running]:
    """Run ``ocr-dashboard serve`` on ``folder / "data"`` until the end of the block."""
    settings = {
        f"{PREFIX}DATA_DIR": str(folder / "data"),
        f"{PREFIX}API_URL": api_url,
        f"{PREFIX}ACCESS": access,
    }
    with serving([*program, "serve", "--port", "{port}"], folder, **settings) as running:
        yield running


def _wait_for_answer(running: Running, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            answer = requests.get(running.url, timeout=5)
            if answer.ok or answer.status_code == requests.codes.unauthorized:
                return
        except requests.ConnectionError:
            time.sleep(0.01)
    sys.exit(f"The server did not start:\n{log.read_text(errors='replace')}")


@contextmanager
def building(folder: Path, *, database_url: str | None = None, api_url: str = NOBODY) -> Iterator[Dashboard]:
    """A dashboard in this process that does not poll."""
    app = bootstrap.build(load_settings(data_dir=folder / "data", database_url=database_url, api_url=api_url))
    try:
        yield app
    finally:
        app.stop()


def fill(app: Dashboard, tasks: int) -> None:
    """Store so many finished tasks of one token, the completed ones with their text."""
    now = datetime.now(UTC)
    token, _ = app.team.credentials.add(label="Archive", access_token="of-no-use-to-anybody")
    for start in range(0, tasks, _PIECE):
        numbers = range(start, min(start + _PIECE, tasks))
        rows = [_task(app.team.team_id, token.id, number, now) for number in numbers]
        parts = [_part(number + 1) for number in numbers if _STATES[number % 100] is State.COMPLETED]
        with app.database.writing() as session:
            session.connection().execute(insert(Task), rows)
            session.connection().execute(insert(Part), parts)
    if not app.database.is_sqlite:
        with app.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")  # as the server does by itself, a minute later


def _task(team_id: int, credential_id: int, number: int, now: datetime) -> dict[str, object]:
    registered_at = now - timedelta(seconds=number % 80_000)
    return {
        "team_id": team_id,
        "credential_id": credential_id,
        "api_url": NOBODY,
        "task_id": f"00000000-0000-4000-8000-{number:012}",
        "operation": Operation.RECOGNIZE_IMAGE.value,
        "trial": False,
        "origin": "registered",
        "label": f"scan-{number:06}.png",
        "state": _STATES[number % 100].value,
        "registered_at": registered_at,
        "expires_at": registered_at + timedelta(hours=24),
        "completed_at": registered_at + timedelta(seconds=4),
        "polls": 3,
        "notices": [],
        "remarks": [],
    }


def _part(task_ref: int) -> dict[str, object]:
    text = f"Invoice {task_ref}: paid with thanks. " * 10
    return {
        "task_ref": task_ref,
        "position": 0,
        "type": "Text",
        "media_type": "text/plain",
        "extension": ".txt",
        "data": text.encode(),
        "size": len(text),
        "sha256": "",
        "text": text,
        "remarks": [],
        "words": 50,
    }


def medians_ms(
    actions: Sequence[Callable[[], object]], *, times: int, before: Sequence[Callable[[], object]] = ()
) -> list[float]:
    """The median duration of each action in milliseconds; they take turns, so that noise hits all alike.

    Args:
        actions: what is compared.
        times: how often each is done.
        before: what comes before each of them and is not measured; none, or one for each.
    """
    durations: list[list[float]] = [[] for _ in actions]
    for _ in range(times):
        for number, action in enumerate(actions):
            if before:
                before[number]()
            began = time.perf_counter()
            action()
            durations[number].append((time.perf_counter() - began) * 1000)
    return [statistics.median(taken) for taken in durations]


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the values do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def show(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], notes: Mapping[str, str]
) -> None:
    """Print one table, and how busy the machine was."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"\n{title}")
    print(f"{os.cpu_count()} cores, load average {load}, Python {platform.python_version()}")
    for number, row in enumerate(cells):
        first, *others = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(
            "  ".join(
                [first, *(cell.strip().rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
            )
        )
        if number == 0:
            print("-" * (sum(widths) + 2 * len(widths) - 2))
    for name, sentence in notes.items():
        print(f"{name}: {sentence}")
