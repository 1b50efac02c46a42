"""What more machines bring on one PostgreSQL, and what an outcome costs it: ``python tests/benchmarks/machines.py``.

All workers, the database and the service share this machine, so processor time is what counts: the columns are
compared with one worker of the same run.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlmodel import func, select

from dashboard import bootstrap, logs
from dashboard.models import State, Task
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import show
from tests.chaos.processes import Crew
from tests.postgres import PostgresServer, running_server

TASKS = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
WORKERS = (1, 2, 4)
LATENCY = 0.06
"""Seconds an answer of the service takes."""
WAITING = 500
WAITING_SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")

_STANDING = """
SELECT relname, pg_table_size(relid), pg_indexes_size(relid), n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del
FROM pg_stat_user_tables WHERE n_tup_ins > 0
"""
_BUSY = "SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock') FROM pg_stat_activity WHERE datname = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run; times in seconds, sizes in bytes.

    Attributes:
        rate: outcomes a second, over the middle four fifths of them.
        tables: by name: its size, that of its indexes, rows inserted, updated, updated in place, and deleted.
        lock_waits: in how many looks a session waited for a lock, as a share.
    """

    rate: float
    workers_cpu: float
    postgres_cpu: float
    wal: int
    commits: int
    connections: int
    lock_waits: float
    due_index: int
    tables: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What polls cost that end nothing, all together; times in seconds, WAL in bytes."""

    polls: int
    worker_cpu: float
    postgres_cpu: float
    wal: int


def main() -> None:
    """Let one, two and four workers fetch the same number of finished tasks."""
    logs.configure(level="error")
    with running_server() as postgres:
        runs = {number: measure(postgres, number) for number in WORKERS}
        waiting = measure_waiting(postgres)
    one = runs[1]
    show(
        f"{TASKS:,} finished tasks on one PostgreSQL, answers take {LATENCY * 1000:g} ms",
        [
            "workers",
            "outcomes/s",
            "x one",
            "workers' CPU, ms",
            "x one",
            "PostgreSQL's CPU, ms",
            "x one",
            "lock waits",
        ],
        [
            (
                f"{number}",
                f"{run.rate:.0f}",
                f"{run.rate / one.rate:.2f}",
                f"{run.workers_cpu / TASKS * 1000:.2f}",
                f"{run.workers_cpu / one.workers_cpu:.2f}",
                f"{run.postgres_cpu / TASKS * 1000:.2f}",
                f"{run.postgres_cpu / one.postgres_cpu:.2f}",
                f"{run.lock_waits:.0%}",
            )
            for number, run in runs.items()
        ],
        {
            "CPU": "per outcome, indexing included",
            "lock waits": "looks at pg_stat_activity in which somebody waited",
        },
    )
    show(
        "What one outcome leaves in PostgreSQL, and what it took to get there",
        ["workers", "WAL, bytes", "commits", "connections, most", "due index in the end, KiB"],
        [
            (
                f"{number}",
                f"{run.wal / TASKS:,.0f}",
                f"{run.commits / TASKS:.2f}",
                f"{run.connections}",
                f"{run.due_index / 1024:,.0f}",
            )
            for number, run in runs.items()
        ],
        {
            "WAL": "from the registration on, full pages after a checkpoint included",
            "waiting": (
                f"a poll that ends nothing: {waiting.wal / waiting.polls:,.0f} bytes of WAL, "
                f"{waiting.worker_cpu / waiting.polls * 1000:.2f} ms of the worker, "
                f"{waiting.postgres_cpu / waiting.polls * 1000:.2f} ms of PostgreSQL ({waiting.polls:,} of them)"
            ),
        },
    )
    show(
        "Per outcome and table, with one worker",
        ["table", "table, bytes", "indexes, bytes", "inserted", "updated", "in place", "deleted"],
        [
            (
                name,
                *(f"{value / TASKS:,.0f}" for value in row[:2]),
                *(f"{value / TASKS:.2f}" for value in row[2:]),
            )
            for name, row in sorted(one.tables.items(), key=lambda item: -sum(item[1][:2]))
            if sum(row[2:]) > TASKS / 100
        ],
        {"in place": "updates that no index had to hear of (HOT)"},
    )


def measure(postgres: PostgresServer, number: int) -> Measured:
    """Start so many workers on an empty database, then register the tasks, and wait until all are completed."""
    name = f"machines_{number}"
    url = postgres.create(name)
    with tempfile.TemporaryDirectory() as made, closing(Crew(Path(made), url)) as crew:
        crew.start_service(tasks=TASKS, spread=0.0, latency=LATENCY)
        settings = load_settings(data_dir=Path(made) / "data", database_url=url, api_url=crew.service_url)
        app = bootstrap.build(settings)
        app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
        workers = [crew.start("worker") for _ in range(number)]
        pids = [worker.process.pid for worker in workers]
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as looking:
            before = (cpu(pids), cpu_of_postgres(postgres), *counters(looking, name))
            app.team.intake.register([NewTask(task_id=task_id) for task_id in crew.tasks])
            looks: list[tuple[int, int]] = []
            while completed(app) < TASKS:
                looks += looking.execute(_BUSY, [name]).fetchall()
                time.sleep(0.2)
            after = (cpu(pids), cpu_of_postgres(postgres), *counters(looking, name))
        app_rate = rate(app)
        app.stop()
    time.sleep(2.0)  # sessions that end tell what they have counted
    with psycopg.connect(url) as inside:
        tables = {table: tuple(row) for table, *row in inside.execute(_STANDING).fetchall()}
        due_index = inside.execute("SELECT pg_relation_size('ix_task_due')").fetchall()[0][0]
    postgres.drop(name)
    workers_cpu, postgres_cpu, wal, commits = (now - then for now, then in zip(after, before, strict=True))
    return Measured(
        rate=app_rate,
        workers_cpu=workers_cpu,
        postgres_cpu=postgres_cpu,
        wal=int(wal),
        commits=int(commits),
        connections=max(count for count, _ in looks),
        lock_waits=sum(1 for _, waiting in looks if waiting) / len(looks),
        due_index=due_index,
        tables=tables,
    )


def measure_waiting(postgres: PostgresServer) -> Waiting:
    """Ask about tasks that stay open, for a while."""
    url = postgres.create("machines_waiting")
    with tempfile.TemporaryDirectory() as made, closing(Crew(Path(made), url)) as crew:
        crew.start_service(tasks=WAITING, spread=1e9, latency=LATENCY)
        settings = load_settings(data_dir=Path(made) / "data", database_url=url, api_url=crew.service_url)
        app = bootstrap.build(settings)
        app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
        pids = [crew.start("worker").process.pid]
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as looking:
            before = (cpu(pids), cpu_of_postgres(postgres), *counters(looking, "machines_waiting"))
            app.team.intake.register([NewTask(task_id=task_id) for task_id in list(crew.tasks)[1:]])
            time.sleep(WAITING_SECONDS)
            after = (cpu(pids), cpu_of_postgres(postgres), *counters(looking, "machines_waiting"))
            with app.database.reading() as session:
                polls = session.exec(select(func.sum(Task.polls))).one() or 0
        app.stop()
    postgres.drop("machines_waiting")
    worker_cpu, postgres_cpu, wal, _ = (now - then for now, then in zip(after, before, strict=True))
    return Waiting(polls=polls, worker_cpu=worker_cpu, postgres_cpu=postgres_cpu, wal=int(wal))


def completed(app: bootstrap.Dashboard) -> int:
    """How many tasks are."""
    with app.database.reading() as session:
        return session.exec(select(func.count()).where(Task.state == State.COMPLETED.value)).one()


def rate(app: bootstrap.Dashboard) -> float:
    """Outcomes a second, without the first and the last tenth."""
    with app.database.reading() as session:
        moments = sorted(moment for moment in session.exec(select(Task.completed_at)) if moment is not None)
    middle = moments[len(moments) // 10 : -len(moments) // 10]
    return len(middle) / (middle[-1] - middle[0]).total_seconds()


def counters(looking: psycopg.Connection, database: str) -> tuple[float, float]:
    """Bytes of WAL so far, and commits in this database."""
    ((wal,),) = looking.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchall()
    ((commits,),) = looking.execute(
        "SELECT xact_commit FROM pg_stat_database WHERE datname = %s", [database]
    ).fetchall()
    return float(wal), float(commits)


def cpu(pids: list[int], *, children: bool = False) -> float:
    """Processor time of these processes; ``children`` adds that of those that have ended."""
    return sum(
        sum(int(value) for value in fields_of(pid)[11 : 15 if children else 13]) / TICKS for pid in pids
    )


def cpu_of_postgres(postgres: PostgresServer) -> float:
    """Processor time of the server with all of its sessions, also those that are over."""
    mother = postgres.process.pid
    alive = [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and fields_of(int(path.name))[1:2] == [str(mother)]
    ]
    return cpu([mother], children=True) + cpu(alive)


def fields_of(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` behind the name; none for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


if __name__ == "__main__":
    main()
