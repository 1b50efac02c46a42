"""What work in the background costs those who wait: ``python tests/benchmarks/background.py [RESULTS] [SCENE ...]``.

Two servers on two databases with as many results: one has nothing to do, the other indexes or deletes. They take
turns: one is stopped (SIGSTOP) while the other is measured, so that both have the machine to themselves.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlmodel import Session, col, delete, func, insert, select, update

from dashboard import logs
from dashboard.models import ClockSeen, LibraryEntry, Part, Task, Team
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.services.library.indexing import READING
from dashboard.settings import PREFIX
from dashboard.store import library_rows
from dashboard.store.database import Database, sqlite_url

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import Running, building, fill, percentile, serving, show
from tests.postgres import running_server, why_not

RESULTS = 20_000
ROUNDS = 8
SLICE_SECONDS = 3.0
SETTLE_SECONDS = 1.5
"""Before a server is stopped, for what is under way."""

EVERY_SECONDS = 0.1
"""Between two registrations; beside each, the board and one task are read."""

LONGEST_SECONDS = 300.0

WATCHED = """
import json, os, sys, threading, time
from collections import defaultdict
from pathlib import Path
from sqlalchemy import event
from dashboard.services.upkeep import housekeeping
from dashboard.store import database

housekeeping.MOST_AN_HOUR = 1_000_000
held = defaultdict(list)
STOPPED = 3.0  # nobody holds it for so long; it was the other server's turn meanwhile

def watched(make):
    def made(*given):
        engine = make(*given)

        @event.listens_for(engine, "begin")
        def begin(connection):
            if connection.get_execution_options().get("writes"):
                connection.connection.info["began"] = time.perf_counter()

        @event.listens_for(engine, "checkin")
        def end(_connection, record):
            if record and (began := record.info.pop("began", None)):
                held[threading.current_thread().name.split("_")[0]].append(time.perf_counter() - began)

        return engine
    return made

def tell():
    while True:
        time.sleep(0.5)
        said = {}
        for name, took in list(held.items()):
            took = [seconds for seconds in took if seconds < STOPPED] or [0.0]
            said[name] = [len(took), max(took), sum(took)]
        Path("held.new").write_text(json.dumps(said))
        os.replace("held.new", "held.json")

database.sqlite_engine = watched(database.sqlite_engine)
database.postgresql_engine = watched(database.postgresql_engine)
threading.Thread(target=tell, daemon=True).start()
from dashboard.cli import main
main()
"""
"""A server that notes who held the write lock for how long, and deletes as much as there is in one round."""

BEHIND = ("indexing", "housekeeping", "inner-texts")
"""Threads that work in the background."""


@dataclass
class Felt:
    """What people and scripts felt at one server: milliseconds of each kind of call."""

    took: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two servers."""

    server: Running
    database: Database
    folder: Path
    felt: Felt

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run for the block only."""
        self.server.process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.server.process.send_signal(signal.SIGSTOP)

    def held(self) -> dict[str, list[float]]:
        """By thread: how often, how long at most and in sum (seconds) it held the write lock."""
        path = self.folder / "held.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}


def main() -> None:
    """Measure each scene on both databases."""
    logs.configure(level="error")
    results = int(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    wanted = sys.argv[2:] or list(SCENES)
    with databases() as make:
        for scene in wanted:
            for name, urls in make(scene).items():
                measure(scene, name, urls, results)


@contextmanager
def databases() -> Iterator[Callable[[str], dict[str, tuple[str | None, str | None]]]]:
    """Makes two empty databases of each kind for a scene; None is SQLite in the data folder."""
    sqlite: dict[str, tuple[str | None, str | None]] = {"SQLite": (None, None)}
    if reason := why_not():
        print(f"without PostgreSQL: {reason}")
        yield lambda _: sqlite
        return
    with running_server() as server:
        yield lambda scene: {
            **sqlite,
            "PostgreSQL": (server.create(f"{scene}_idle"), server.create(f"{scene}_busy")),
        }


@contextmanager
def stand_in(tasks: int) -> Iterator[tuple[str, list[str]]]:
    """The service in a process of its own: its address, and IDs of tasks that are complete."""
    script = Path(__file__).resolve().parents[1] / "chaos" / "stand_in.py"
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, str(script), str(tasks), "0", "0", os.devnull], stdout=subprocess.PIPE, cwd="/"
    )
    try:
        assert process.stdout is not None
        said: dict[str, Any] = json.loads(process.stdout.readline())
        yield said["url"], list(said["tasks"])
    finally:
        process.kill()
        process.wait()


def measure(scene: str, name: str, urls: Sequence[str | None], results: int) -> None:
    """Have an idle and a busy server take turns."""
    put_off, left = SCENES[scene]
    most = 2 * ROUNDS * round(SLICE_SECONDS / EVERY_SECONDS)
    with tempfile.TemporaryDirectory() as made, stand_in(most) as (url, ids), ExitStack() as stack:
        sides = []
        for kind, database_url, prepare in (("idle", urls[0], _nothing), ("busy", urls[1], put_off)):
            side = stack.enter_context(_served(Path(made) / kind, database_url, url, results, prepare))
            side.server.process.send_signal(signal.SIGSTOP)
            sides.append(side)
        idle, busy = sides
        for _ in range(ROUNDS):
            for side in (busy, idle):
                with side.awake():
                    use(side, ids)
                    time.sleep(SETTLE_SECONDS)
            if _left(busy, left) == 0:
                break
        still = _left(busy, left)
        with busy.awake():
            since = time.monotonic()
            while _left(busy, left) and time.monotonic() - since < LONGEST_SECONDS:
                time.sleep(0.5)
            alone = time.monotonic() - since
            time.sleep(1.0)  # until it has told the last
        _show(scene, name, results, idle, busy, still, alone)


@contextmanager
def _served(
    folder: Path, url: str | None, service: str, results: int, put_off: Callable[[Session], None]
) -> Iterator[Side]:
    folder.mkdir()
    with building(folder, database_url=url, api_url=service) as app:
        fill(app, results)
        app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
        with app.database.writing() as session:
            _make_indexed(session)
            put_off(session)
        if not app.database.is_sqlite:
            with app.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
    settings = {
        f"{PREFIX}DATA_DIR": str(folder / "data"),
        f"{PREFIX}API_URL": service,
        f"{PREFIX}ACCESS": "open",
    }
    if url:
        settings[f"{PREFIX}DATABASE_URL"] = url
    database = Database(url or sqlite_url(folder / "data"))
    with serving(["-c", WATCHED, "serve", "--port", "{port}"], folder, **settings) as server:
        try:
            yield Side(server, database, folder, Felt())
        finally:
            server.process.send_signal(signal.SIGCONT)
            database.close()


def _make_indexed(session: Session) -> None:
    """Every text has its entry, so that nothing is left to be done; what stands in the index does not matter here."""
    session.exec(delete(LibraryEntry))
    texts = session.exec(select(Task.id, Task.team_id).join(Part, col(Part.task_ref) == Task.id)).all()
    now = datetime.now(UTC)
    rows = [
        {
            "task_ref": task_ref,
            "team_id": team_id,
            "language": "en",
            "words": 50,
            "masked_words": 0,
            "reading": READING,
            "indexed_at": now,
        }
        for task_ref, team_id in texts
    ]
    session.connection().execute(insert(LibraryEntry), rows)


def _nothing(_: Session) -> None:
    """Leave it as it is."""


def _missing(session: Session) -> None:
    session.exec(delete(LibraryEntry))


def _stale(session: Session) -> None:
    session.exec(update(LibraryEntry).values(reading=READING - 1))


def _outlived(session: Session) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=90)
    session.exec(update(Task).values(completed_at=long_ago, registered_at=long_ago))
    session.exec(update(Team).values(keep_days=30))
    session.exec(delete(ClockSeen))
    session.add(ClockSeen(seen_at=datetime.now(UTC), steady_seconds=10 * 86_400.0))


def _count_missing(session: Session) -> int:
    return sum(library_rows.count_missing(session=session).values())


def _count_stale(session: Session) -> int:
    return library_rows.count_stale(session=session, reading=READING)


def _count_outlived(session: Session) -> int:
    before = datetime.now(UTC) - timedelta(days=30)
    return session.exec(select(func.count()).select_from(Task).where(col(Task.completed_at) < before)).one()


SCENES: dict[str, tuple[Callable[[Session], None], Callable[[Session], int]]] = {
    "missing": (_missing, _count_missing),
    "stale": (_stale, _count_stale),
    "retention": (_outlived, _count_outlived),
}
"""What is left to be done in the busy database, and how much of it there still is."""


def _left(side: Side, count: Callable[[Session], int]) -> int:
    with side.database.reading() as session:
        return count(session)


def use(side: Side, ids: list[str]) -> None:
    """Register, read the board and look at a task for a while, as scripts and pages do."""
    ends = time.monotonic() + SLICE_SECONDS
    with requests.Session() as client:
        while time.monotonic() < ends:
            due = time.monotonic() + EVERY_SECONDS
            task_id = ids.pop()
            body = {"tasks": [{"task_id": task_id, "credential": "Demo"}]}
            for kind, how, path in (
                ("POST tasks", "POST", "tasks"),
                ("GET tasks", "GET", "tasks"),
                ("GET a task", "GET", f"tasks/{task_id}"),
            ):
                url = f"{side.server.url}/api/v1/{path}"
                began = time.perf_counter()
                answer = client.request(how, url, json=body if how == "POST" else None, timeout=60)
                side.felt.took.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
                if not answer.ok:
                    side.felt.refused[answer.status_code] += 1
            time.sleep(max(0.0, due - time.monotonic()))


def _kept(side: Side) -> list[float]:
    """Milliseconds from registering a task to its stored result, of those that were registered here."""
    since = datetime.now(UTC) - timedelta(days=1)
    with side.database.reading() as session:
        rows = session.exec(
            select(Task.registered_at, Task.completed_at).where(
                col(Task.api_url).contains("127.0.0.1"), Task.api_url != "http://127.0.0.1:9"
            )
        ).all()
    return [(done - at).total_seconds() * 1000 for at, done in rows if done and at > since]


def _show(
    scene: str,
    name: str,
    results: int,
    idle: Side,
    busy: Side,
    still: int,
    alone: float,
) -> None:
    for side in (idle, busy):
        side.felt.took["registered to kept"] = _kept(side) or [0.0, 0.0]
    rows = []
    for kind, base in idle.felt.took.items():
        mine = busy.felt.took[kind]
        row = [kind, len(mine)]
        for figure in (statistics.median, lambda some: percentile(some, 95), max):
            row += [f"{figure(base):.1f}", f"{figure(mine):.1f}", f"{figure(mine) / (figure(base) or 1):.2f}"]
        rows.append(row)
    locks = busy.held()
    said = {
        "refused": f"idle {dict(idle.felt.refused)}, busy {dict(busy.felt.refused)}",
        "left": f"{still:,} of {results:,} after the measured turns; the rest took {alone:.0f} s alone",
    }
    for thread in BEHIND:
        if thread in locks:
            times, most, whole = locks[thread]
            average = whole / times * 1000
            said[f"write lock, {thread}"] = (
                f"{times:,.0f} times, {most * 1000:.0f} ms at most, {average:.1f} on average, {whole:.1f} s in sum"
            )
    header = [
        "call",
        "times",
        "p50 idle",
        "busy",
        "ratio",
        "p95 idle",
        "busy",
        "ratio",
        "worst idle",
        "busy",
        "ratio",
    ]
    show(f"{scene}, {results:,} results, {name}; milliseconds", header, rows, said)


if __name__ == "__main__":
    main()
