"""What a signed-in team costs while a thousand tasks end: ``python tests/benchmarks/team.py``.

One person and fifty people watch the same board; the service counts the calls itself.
"""

import asyncio
import math
import multiprocessing
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, Role
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState, Tempo
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Phase, SandboxTask
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team.access import COOKIE
from dashboard.store.board_filter import BoardFilter
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import Running, building, percentile, serving_dashboard, show
from tests.benchmarks.visitor import Visitor

TASKS = 1000
INTERVAL = 5.0  # what a new browser refreshes with
MEDIAN_SECONDS = 12.0
SPREAD = 0.6
SECONDS = 45.0
ROUNDS = 2  # calls differ from run to run, also with the same viewers
_HEADER = (
    "scene",
    "ended",
    "calls",
    "calls, ratio to 1",
    "stored to screen p50 s",
    "p95 s",
    "redraw p50 ms",
    "p95 ms",
    "server cores",
    "server MiB",
    "MiB/further viewer",
)
_DONE = re.compile(rb"Completed ([\d,]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who looks, and whether they have signed in."""

    viewers: int
    access: str

    def __str__(self) -> str:
        people = f"{self.viewers} viewer{'s' if self.viewers > 1 else ''}"
        return f"{people}, {'signed in' if self.access == 'team' else 'no access control'}"


SCENES = (
    Scene(viewers=1, access="team"),
    Scene(viewers=50, access="team"),
    Scene(viewers=1, access="open"),
    Scene(viewers=50, access="open"),
)


@dataclass(slots=True)
class Screen:
    """What one viewer saw: at which moment how many tasks were shown as completed."""

    seen: list[tuple[float, int]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def shown_at(self, count: int) -> float:
        """When at least so many completed tasks were on the screen; seconds since the epoch."""
        return next((moment for moment, number in self.seen if number >= count), math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a scene costs; seconds, MiB."""

    calls: int
    delays: list[float]
    latencies: list[float]
    cores: float
    memory: float
    completed: int


class _CountingState(SandboxState):
    """Counts the calls that ask for a task."""

    calls = 0

    def find(self, task_id: str, endpoint: Endpoint | None) -> tuple[SandboxTask | None, Phase]:
        """Where a task stands."""
        self.calls += 1
        return super().find(task_id, endpoint)


def main() -> None:
    """Play each scene against a service and a server of its own."""
    logs.configure(level="error")
    rounds = [{scene: play(scene) for scene in SCENES} for _ in range(ROUNDS)]
    costs = {scene: together([played[scene] for played in rounds]) for scene in SCENES}
    alone = {scene.access: cost for scene, cost in costs.items() if scene.viewers == 1}
    show(
        f"{TASKS:,} tasks end within {SECONDS:g} s, every viewer refreshes every {INTERVAL:g} s",
        _HEADER,
        [_row(scene, cost, alone[scene.access]) for scene, cost in costs.items()],
        {
            "calls": f"counted by the service; of the same tasks with the same durations, {ROUNDS} rounds together",
            "stored to screen": "from the moment a result is in the database until the viewer's board counts it; "
            f"half the interval ({INTERVAL / 2:g} s) of it is waiting for the next refresh",
            "redraw": "from the tick until the last message of the redrawn fragment is here",
            "MiB/further viewer": "memory of the server at the end, less that with one viewer, by further viewers",
        },
    )


def _row(scene: Scene, cost: Cost, alone: Cost) -> list[object]:
    return [
        scene,
        cost.completed,
        cost.calls,
        f"{cost.calls / alone.calls:.3f}",
        f"{statistics.median(cost.delays):.2f}",
        f"{percentile(cost.delays, 95):.2f}",
        f"{percentile(cost.latencies, 50) * 1000:.1f}",
        f"{percentile(cost.latencies, 95) * 1000:.1f}",
        f"{cost.cores:.2f}",
        f"{cost.memory:.0f}",
        f"{(cost.memory - alone.memory) / (scene.viewers - 1):.2f}" if scene.viewers > 1 else "",
    ]


def together(costs: Sequence[Cost]) -> Cost:
    """Several rounds of one scene as one."""
    return Cost(
        calls=sum(cost.calls for cost in costs),
        delays=[delay for cost in costs for delay in cost.delays],
        latencies=[latency for cost in costs for latency in cost.latencies],
        cores=statistics.mean(cost.cores for cost in costs),
        memory=statistics.mean(cost.memory for cost in costs),
        completed=sum(cost.completed for cost in costs),
    )


def play(scene: Scene) -> Cost:
    """Have the service take in all tasks, register them and let people look until all have ended."""
    with tempfile.TemporaryDirectory() as made, service() as (url, line):
        folder = Path(made)
        with building(folder, api_url=url) as app:
            app.team.credentials.add(label="Bench", access_token=DEMO_ACCESS_TOKEN)
            cookies = [_join(app, number) for number in range(scene.viewers)]
            with serving_dashboard(folder, api_url=url, access=scene.access) as server:
                return asyncio.run(look(server, app, cookies, line))


def _join(app: Dashboard, number: int) -> str:
    link = app.team.members.make_link(role=Role.VIEWER)
    return app.access.join(link, cookie=None, name=f"Viewer {number}", browser="")[0]


async def look(server: Running, app: Dashboard, cookies: list[str], line: Connection) -> Cost:
    """Open all tabs, register the tasks, and refresh each tab in turn until the end."""
    visitors = [await Visitor.open(server.url, cookie=f"{COOKIE}={cookie}") for cookie in cookies]
    screens = [Screen() for _ in visitors]
    line.send("submit")
    ids: list[str] = line.recv()
    app.team.intake.register([NewTask(task_id=task_id) for task_id in ids])
    cpu, began = server.cpu_seconds, time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, (visitor, screen) in enumerate(zip(visitors, screens, strict=True)):
            first = began + INTERVAL * (number + 0.5) / len(visitors)
            group.create_task(_stay(visitor, screen, first, began + SECONDS))
    cores = (server.cpu_seconds - cpu) / (time.perf_counter() - began)
    memory = server.rss_mib
    for visitor in visitors:
        await visitor.close()
    line.send("calls")
    view = app.team.board.look(BoardFilter(), per_page=TASKS)
    stored = sorted(row.completed_at.timestamp() for row in view.rows if row.completed_at is not None)
    delays = [screen.shown_at(n) - at for screen in screens for n, at in enumerate(stored, 1)]
    return Cost(
        calls=line.recv(),
        delays=[delay for delay in delays if not math.isnan(delay)],
        latencies=[latency for screen in screens for latency in screen.latencies],
        cores=cores,
        memory=memory,
        completed=len(stored),
    )


async def _stay(visitor: Visitor, screen: Screen, first: float, until: float) -> None:
    tick = first
    while tick < until:
        await asyncio.sleep(tick - time.perf_counter())
        screen.latencies.append(await visitor.refresh())
        counts = [int(found.replace(b",", b"")) for found in _DONE.findall(visitor.last)]
        if counts:
            screen.seen.append((time.time(), max(counts)))
        tick = max(tick + INTERVAL, time.perf_counter())


@contextmanager
def service() -> Iterator[tuple[str, Connection]]:
    """The service in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    there.close()  # whoever cannot start is noticed by the end of the line
    try:
        yield here.recv(), here
    finally:
        process.kill()
        process.join()


def serve(line: Connection) -> None:
    """Answer until killed; submit the tasks and tell the calls when told to."""
    state = _CountingState()
    with SandboxServer(state=state) as server:
        line.send(server.url)
        line.recv()
        rng = random.Random(7)  # noqa: S311 - the same tasks in every scene
        order = Order(content=latin().image, result_types=("Text",))
        ids = []
        for _ in range(TASKS):
            seconds = min(rng.lognormvariate(math.log(MEDIAN_SECONDS), SPREAD), SECONDS - 10)
            endpoint = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)
            task = state.submit(endpoint, order, tempo=Tempo(seconds / 2, seconds / 2))
            ids.append(task.task_id)
        line.send(ids)
        line.recv()
        line.send(state.calls)
        line.recv()  # for ever: the process is killed


if __name__ == "__main__":
    main()
