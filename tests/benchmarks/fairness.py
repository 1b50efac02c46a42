"""How long tasks wait for others, before and after lanes: ``python tests/benchmarks/fairness.py [--short] [NAME...]``.

The real poller against a stand-in of the service in a process of its own, which hangs, is slow or turns calls away.
*Before* is the claim of whatever is longest due, and no outages. Delays are counted from the moment in which a task was
ready at the service (or could be asked about again) to the one in which its result was stored.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import requests
from sqlalchemy import update
from sqlmodel import Session, col, select

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Credential, Task
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings
from dashboard.store import claims, outages
from dashboard.store.database_clock import db_now
from dashboard.store.lanes import Waiting

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import serving, show
from tests.benchmarks.moody_service import task_id
from tests.postgres import running_server, why_not


def longest_due(session: Session, lanes: Sequence[Waiting], *, limit: int, **_others: object) -> list[int]:
    """How tasks were chosen before there were lanes."""
    del lanes
    due = (
        select(Task.id)
        .outerjoin(Credential)
        .where(col(Task.next_poll_at) <= db_now(), col(Credential.paused_until).is_(None))
        .order_by(col(Task.next_poll_at))
        .limit(max(limit, 0))
    )
    return [row or 0 for row in session.exec(due)]


@contextmanager
def as_before() -> Iterator[None]:
    """Claim and fail as before."""
    with (
        patch.object(claims, "choose", longest_due),
        patch.object(outages.Outages, "learn", lambda *_: []),
    ):
        yield


class Bench:
    """A dashboard that polls two services; tokens are named by their number, tasks by theirs."""

    def __init__(self, app: Dashboard, services: Sequence[str]) -> None:
        self.app = app
        self.services = services
        self._numbers = iter(range(1, 10**6))
        self._tokens = {
            (service, number): app.team.credentials.add(
                label=f"{service} {number}", access_token=f"of-no-use-{number}", api_url=service
            )[0].id
            for service in services
            for number in (1, 2)
        }

    def add(
        self, service: int, token: int, tasks: int, *, seconds: Callable[[int], float], answer: float = 0.01
    ) -> list[int]:
        """Register tasks that are ready after so many seconds; gives back our IDs."""
        now, api_url = time.time(), self.services[service]
        new = [
            NewTask(
                task_id=task_id(next(self._numbers), ready_at=now + seconds(number), answer_seconds=answer),
                api_url=api_url,
                credential_id=self._tokens[api_url, token],
            )
            for number in range(tasks)
        ]
        return list(self.app.team.intake.register(new).registered.values())

    def delays(self, refs: Sequence[int], *, within: float) -> list[float]:
        """Seconds from being ready to being stored; those that are not stored in time count until now."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            with self.app.database.reading() as session:
                rows = session.exec(
                    select(Task.task_id, Task.completed_at).where(col(Task.id).in_(refs))
                ).all()
            if all(done for _, done in rows):
                break
            time.sleep(0.2)
        now = time.time()
        return [
            (done.timestamp() if done else now) - int(asked.rpartition("-")[2], 16) / 1000
            for asked, done in rows
        ]

    def mood(self, service: int, mood: str) -> None:
        """Change what happens to calls."""
        requests.post(f"{self.services[service]}/mood", data=mood, timeout=5)

    def seen(self, service: int) -> tuple[dict[str, float], int]:
        """Which tasks a service was asked about since its mood changed, when; and calls that it turned away."""
        told = requests.get(f"{self.services[service]}/seen", timeout=5).json()
        return told["asked"], told["failed"]


def hanging(bench: Bench, *, short: bool) -> list[tuple[str, str]]:
    """20 tasks of a healthy service beside 200 of a hanging one."""
    bench.mood(0, "hang")
    bench.add(0, 1, 200, seconds=lambda _: 0.0)
    time.sleep(3)
    healthy = bench.add(1, 1, 20, seconds=lambda number: number / 4)
    delays = bench.delays(healthy, within=40 if short else 200)
    return [
        ("the last of 20 healthy ones, s", f"{max(delays):.1f}"),
        ("median, s", f"{statistics.median(delays):.1f}"),
    ]


def away(bench: Bench, *, short: bool) -> list[tuple[str, str]]:
    """A service that turns calls away for three minutes, with 2,000 open tasks."""
    bench.mood(0, "refuse")
    bench.add(0, 1, 2000, seconds=lambda _: 0.0)
    time.sleep(30 if short else 180)
    _, failed = bench.seen(0)
    bench.mood(0, "ok")
    back, asked = time.time(), dict[str, float]()
    while len(asked) < 2000 and time.time() - back < 400:
        time.sleep(0.5)
        asked, _ = bench.seen(0)
    first, last = min(asked.values(), default=back), max(asked.values(), default=back)
    return [
        ("failed calls while away", str(failed)),
        ("first asked after its return, s", f"{first - back:.1f}"),
        (f"last of {len(asked)} asked after its return, s", f"{last - back:.1f}"),
    ]


def slow_token(bench: Bench, *, short: bool) -> list[tuple[str, str]]:
    """20 quick tasks of one token beside 300 of another one whose answers take ten seconds."""
    bench.add(0, 1, 300, seconds=lambda _: 3600.0, answer=10.0)
    time.sleep(3)
    quick = bench.add(0, 2, 20, seconds=lambda number: number / 4)
    delays = bench.delays(quick, within=40 if short else 250)
    return [
        ("the last of 20 quick ones, s", f"{max(delays):.1f}"),
        ("median, s", f"{statistics.median(delays):.1f}"),
    ]


def slow_tasks(bench: Bench, *, short: bool) -> list[tuple[str, str]]:
    """Quick tasks of the same token beside 5,000 slow ones that are overdue."""
    refs = bench.add(0, 1, 5000, seconds=lambda _: 36_000.0, answer=0.06)
    hour = datetime.now(UTC) - timedelta(minutes=30)
    with bench.app.database.writing() as session:
        old = {"registered_at": hour, "expires_at": hour + timedelta(hours=24), "next_poll_at": hour}
        session.exec(update(Task).where(col(Task.id) <= max(refs)).values(**old))
    delays = []
    for _ in range(3 if short else 6):
        quick = bench.add(0, 1, 10, seconds=lambda number: 1 + number / 5)
        delays += bench.delays(quick, within=30 if short else 90)
    return [
        ("median of quick ones, s", f"{statistics.median(delays):.1f}"),
        ("the last, s", f"{max(delays):.1f}"),
    ]


SITUATIONS: dict[str, Callable[..., list[tuple[str, str]]]] = {
    "hanging": hanging,
    "away": away,
    "slow_token": slow_token,
    "slow_tasks": slow_tasks,
}


def measured(situation: str, *, database_url: str | None, before: bool, short: bool) -> list[tuple[str, str]]:
    """One situation, in a dashboard and with services of its own."""
    script = Path(__file__).with_name("moody_service.py")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = [stack.enter_context(serving((script, "{port}"), folder)).url for _ in range(2)]
        if before:
            stack.enter_context(as_before())
        settings = load_settings(
            data_dir=folder / "data",
            database_url=database_url,
            api_url=services[0],
            more_api_urls=services[1],
        )
        app = bootstrap.build(settings)
        stack.callback(app.stop)
        bench = Bench(app, services)
        app.poller.start()
        return SITUATIONS[situation](bench, short=short)


def main() -> None:
    """Measure each situation before and after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SITUATIONS, []], default=list(SITUATIONS))
    parser.add_argument("--short", action="store_true", help="shorter outages, and no long wait for the end")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    given = parser.parse_args()
    logs.configure(level="critical")
    rows = []
    with ExitStack() as stack:
        if given.postgresql and (reason := why_not()):
            sys.exit(f"without PostgreSQL: {reason}")
        server = stack.enter_context(running_server()) if given.postgresql else None
        for name in given.names:
            found = [
                measured(
                    name,
                    database_url=server.create(f"{name}{int(before)}") if server else None,
                    before=before,
                    short=given.short,
                )
                for before in (True, False)
            ]
            for (what, was), (label, now) in zip(*found, strict=True):
                rows.append((name, what if what == label else f"{what} / {label}", was, now))
    show(
        f"Fair shares on {'PostgreSQL' if given.postgresql else 'SQLite'}",
        ["situation", "what", "before", "after"],
        rows,
        {name: (situation.__doc__ or "").rstrip(".") for name, situation in SITUATIONS.items()},
    )


if __name__ == "__main__":
    main()
