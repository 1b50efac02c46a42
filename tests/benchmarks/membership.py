"""What it costs to ask each time whether somebody still belongs: ``python tests/benchmarks/membership.py``.

The same units of work in the name of the system, whom nobody asks, of a signed-in person, and of an API key.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import SYSTEM, Actor, Role
from dashboard.services.tasks.intake import NewTask
from dashboard.store.board_filter import BoardFilter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, fill, percentile, show
from tests.benchmarks.search import databases

TASKS = 5_000
ROUNDS = 400


def main() -> None:
    """Measure on both databases, the actors in turns."""
    logs.configure(level="error")
    rows = []
    with databases() as urls:
        for name, url in urls.items():
            with tempfile.TemporaryDirectory() as folder, building(Path(folder), database_url=url) as app:
                fill(app, TASKS)
                rows += [(name, *row) for row in measure(app)]
    show(
        "Asking for membership in each unit of work, milliseconds",
        [
            "database",
            "work",
            "system p50",
            "person p50",
            "key p50",
            "person p95",
            "person / system",
            "key / system",
        ],
        rows,
        {"board": "with what the team's screens share already remembered, the cheapest a page gets"},
    )


def measure(app: Dashboard) -> list[tuple[object, ...]]:
    """One row for each kind of work."""
    views = {kind: app.seen_by(app.team.team_id, actor) for kind, actor in actors(app).items()}
    some = app.team.board.look(BoardFilter()).rows[0]
    work: dict[str, Callable[[Dashboard], object]] = {
        "board": lambda seen: seen.team.board.look(BoardFilter()),
        "task": lambda seen: seen.team.tasks.detail(some.id),
        "register": lambda seen: seen.team.intake.register([NewTask(task_id=_new_id(), trial=True)]),
    }
    rows: list[tuple[object, ...]] = []
    for name, do in work.items():
        took: dict[str, list[float]] = {kind: [] for kind in views}
        for _ in range(ROUNDS):
            for kind in random.sample(list(views), len(views)):  # not always the same one first
                began = time.perf_counter()
                do(views[kind])
                took[kind].append((time.perf_counter() - began) * 1000)
        middle = {kind: statistics.median(values) for kind, values in took.items()}
        rows.append(
            (
                name,
                *(f"{middle[kind]:.2f}" for kind in views),
                f"{percentile(took['person'], 95):.2f}",
                *(f"{middle[kind] / middle['system']:.2f}" for kind in ("person", "key")),
            )
        )
    return rows


def actors(app: Dashboard) -> dict[str, Actor]:
    """Somebody of each kind."""
    cookie, _ = app.access.join(
        app.team.members.make_link(role=Role.OWNER), cookie=None, name="Ada", browser="benchmark"
    )
    visitor = app.access.visitor(cookie)
    holder = app.access.key_holder(app.team.members.make_key(label="script", role=Role.EDITOR))
    assert visitor is not None
    assert holder is not None
    return {"system": SYSTEM, "person": visitor.actor(visitor.places[0]), "key": holder[1]}


def _new_id() -> str:
    return f"{random.getrandbits(32):08x}-0000-4000-8000-{random.getrandbits(48):012x}"


if __name__ == "__main__":
    main()
