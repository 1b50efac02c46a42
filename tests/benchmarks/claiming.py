"""What a claim costs, against one that takes whatever is longest due: ``python tests/benchmarks/claiming.py``.

100,000 open tasks, 10,000 of them due, in 12 lanes or 2. Milliseconds are wall time (on PostgreSQL most of it is the
server's) and CPU time of this process; the transaction included, which is given back each time.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from dashboard.models import Credential, Lane, Task
from dashboard.store import claims
from dashboard.store.claims import claim_due
from dashboard.store.database import Database
from dashboard.store.database_clock import db_now, in_seconds
from dashboard.store.migrating import migrate
from dashboard.store.teams import default_team

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import show
from tests.postgres import running_server, why_not

OPEN, DUE = 100_000, 10_000
SERVICE = "https://ocr.example"


def longest_due(session: Session, *, limit: int) -> int:
    """How tasks were claimed before there were lanes."""
    due = (
        select(Task.id)
        .outerjoin(Credential)
        .where(col(Task.next_poll_at) <= db_now(), col(Credential.paused_until).is_(None))
        .order_by(col(Task.next_poll_at))
        .limit(limit)
        .with_for_update(of=Task, skip_locked=True)
        .cte("due")
    )
    lease = (
        update(Task)
        .where(col(Task.id).in_(select(due.c.id)))
        .values(next_poll_at=in_seconds(75), claim="fence", polls=col(Task.polls) + 1)
        .returning(*(col(getattr(Task, name)) for name in claims._CLAIMED))
        .execution_options(synchronize_session=False)
    )
    return len(session.exec(lease).all())


def fill(database: Database, *, due: int, lanes: int) -> None:
    """Open tasks, so many of them due."""
    now, random = datetime.now(UTC), Random(1)  # noqa: S311 - a benchmark
    with database.writing() as session:
        team = default_team(session=session, now=now)
        for number in range(1, lanes):
            session.add(
                Credential(
                    id=number,
                    team_id=team.id or 0,
                    label=str(number),
                    api_url=SERVICE,
                    secret="locked",
                    fingerprint=str(number),
                    hint="",
                    created_at=now,
                )
            )
        session.flush()
        rows: list[dict[str, object]] = [
            {
                "team_id": team.id,
                "credential_id": number % lanes or None,
                "api_url": SERVICE,
                "task_id": str(number),
                "operation": "RecognizeImage",
                "state": "processing",
                "registered_at": now,
                "expires_at": now + timedelta(seconds=random.uniform(0, 86_400)),
                "next_poll_at": now
                + timedelta(seconds=random.uniform(-600, -1) if number < due else random.uniform(3600, 4500)),
                "notices": [],
                "remarks": [],
            }
            for number in range(OPEN)
        ]
        session.connection().execute(insert(Task), rows)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def cost(database: Database, claim: Callable[[Session], int], *, times: int = 60) -> tuple[float, float]:
    """Median wall time and mean CPU time of one claim, in ms."""
    walls = []
    began = time.process_time()
    for _ in range(times):
        with Session(database._writing) as session:
            start = time.perf_counter()
            claim(session)
            walls.append(time.perf_counter() - start)
            session.rollback()
    return sorted(walls)[times // 2] * 1000, (time.process_time() - began) * 1000 / times


def ways(limit: int, lanes: int) -> Mapping[str, Callable[[Session], int]]:
    """The two claims that are compared, and one by a poller whose slots are all taken."""
    busy = {Lane(SERVICE, number or None): 16 for number in range(lanes)}
    mine = {"lease_seconds": 75, "fence": "fence"}
    return {
        "longest due": lambda session: longest_due(session, limit=limit),
        "lanes": lambda session: len(claim_due(session, limit=limit, turn=3, **mine)),  # type: ignore[arg-type]
        "lanes, all busy": lambda session: len(
            claim_due(session, limit=limit, busy=busy, turn=3, **mine)  # type: ignore[arg-type]
        ),
    }


def rows_of(name: str, database: Database, *, due: int, lanes: int) -> list[Sequence[object]]:
    """A line for each way to claim."""
    rows: list[Sequence[object]] = []
    for limit in (1, 16):
        first = None
        for way, claim in ways(limit, lanes).items():
            cost(database, claim, times=10)
            wall, cpu = cost(database, claim)
            first = first or wall
            rows.append(
                (name, lanes, f"{due:,}", limit, way, f"{wall:.2f}", f"{cpu:.2f}", f"{wall / first:.1f}")
            )
    return rows


def main() -> None:
    """Measure on both databases."""
    rows: list[Sequence[object]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls: dict[str, Callable[[str], str]] = {"SQLite": lambda name: f"sqlite:///{folder}/{name}.db"}
        if reason := why_not():
            print(f"without PostgreSQL: {reason}")
        else:
            urls["PostgreSQL"] = stack.enter_context(running_server()).create
        for name, url in urls.items():
            for lanes, due in ((2, 0), (2, DUE), (12, DUE)):
                database = Database(url(f"lanes{lanes}due{due}"))
                migrate(database)
                fill(database, due=due, lanes=lanes)
                rows += rows_of(name, database, due=due, lanes=lanes)
                database.close()
    show(
        f"Claims among {OPEN:,} open tasks",
        ["database", "lanes", "due", "limit", "claim", "ms", "CPU ms", "ratio"],
        rows,
        {
            "limit": "free slots; where several lanes have due tasks, each gets up to four beyond it",
            "all busy": "each lane has 16 calls under way, so that nobody gets more than the limit",
        },
    )


if __name__ == "__main__":
    main()
