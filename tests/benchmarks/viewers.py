"""What fifty people on the board cost: ``python tests/benchmarks/viewers.py``."""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dashboard import logs
from dashboard.bootstrap import Dashboard

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import NOBODY, Running, building, fill, percentile, serving_dashboard, show
from tests.benchmarks.visitor import Visitor

TASKS = 1000
INTERVAL = 2.0
SECONDS = 8.0

COLLECTING = """
import streamlit
from dashboard.cli import main

run = streamlit.App.run
streamlit.App.run = lambda app, *, config: run(app, config={**config, "runner.postScriptGC": True})
main()
"""
"""Our own settings win over Streamlit's environment variables, so the alternative takes a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who looks at what.

    Attributes:
        changes: how often a second something changes that everybody sees; the whole table is then sent again.
        collect: run a full garbage collection after every rerun, as Streamlit does by itself.
    """

    viewers: int
    changes: float = 0.0
    collect: bool = False

    def __str__(self) -> str:
        people = f"{self.viewers} viewer{'s' if self.viewers > 1 else ''}"
        board = f"{self.changes:g} changes/s" if self.changes else "nothing changes"
        return f"{people}, {board}{', postScriptGC=true' if self.collect else ''}"


SCENES = (
    Scene(viewers=1),
    Scene(viewers=50),
    Scene(viewers=1, changes=1),
    Scene(viewers=50, changes=1),
    Scene(viewers=50, changes=1, collect=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a scene costs; seconds."""

    latencies: list[float]
    cores: float
    kilobytes: float


def main() -> None:
    """Play each scene against a server of its own."""
    logs.configure(level="error")
    costs = {scene: play(scene) for scene in SCENES}
    usual = costs[SCENES[3]]
    show(
        f"Board with {TASKS:,} tasks, every viewer refreshes every {INTERVAL:g} s, for {SECONDS:g} s",
        ["scene", "refreshes", "p50 ms", "p95 ms", "server cores", "kB/refresh", "cores, ratio to 50 busy"],
        [
            (
                scene,
                len(cost.latencies),
                f"{percentile(cost.latencies, 50) * 1000:.1f}",
                f"{percentile(cost.latencies, 95) * 1000:.1f}",
                f"{cost.cores:.2f}",
                f"{cost.kilobytes:.1f}",
                f"{cost.cores / usual.cores:.2f}",
            )
            for scene, cost in costs.items()
        ],
        {
            "viewers": "real WebSockets that speak Streamlit's protocol, without the drawing; from this one process",
            "latency": "from the tick until the last message of the redrawn fragment is here",
        },
    )


def play(scene: Scene) -> Cost:
    """Fill a board, serve it and let people look."""
    program = ("-c", COLLECTING) if scene.collect else ("-m", "dashboard")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with building(folder) as app:
            fill(app, TASKS)
            app.indexing.catching_up.catch_up()  # or the server indexes meanwhile
            with serving_dashboard(folder, api_url=NOBODY, program=program) as server:
                return asyncio.run(look(scene, server, app))


async def look(scene: Scene, server: Running, app: Dashboard) -> Cost:
    """Open all tabs, and then refresh each in turn, evenly over the interval."""
    visitors = [await Visitor.open(server.url) for _ in range(scene.viewers)]
    for visitor in visitors:
        await visitor.refresh()  # the first one sends what the page has drawn once more
    await at_rest(server)
    received, cpu, began = sum(v.received for v in visitors), server.cpu_seconds, time.perf_counter()
    async with asyncio.TaskGroup() as group:
        changing = group.create_task(keep_changing(app, scene.changes))
        tabs = [
            group.create_task(stay(visitor, began + INTERVAL * number / len(visitors), began + SECONDS))
            for number, visitor in enumerate(visitors)
        ]
        latencies = [latency for tab in tabs for latency in await tab]
        changing.cancel()
    cores = (server.cpu_seconds - cpu) / (time.perf_counter() - began)
    received = sum(v.received for v in visitors) - received
    for visitor in visitors:
        await visitor.close()
    return Cost(latencies=latencies, cores=cores, kilobytes=received / len(latencies) / 1000)


async def at_rest(server: Running) -> None:
    """Wait until the server has done what it does after a start; at most twenty seconds."""
    for _ in range(40):
        before = server.cpu_seconds
        await asyncio.sleep(0.5)
        if server.cpu_seconds - before < 0.03:
            return


async def stay(visitor: Visitor, first: float, until: float) -> list[float]:
    """Refresh at fixed moments until the end; gives back the latencies in seconds."""
    latencies, tick = [], first
    while tick < until:
        await asyncio.sleep(tick - time.perf_counter())
        latencies.append(await visitor.refresh())
        tick = max(tick + INTERVAL, time.perf_counter())
    return latencies


async def keep_changing(app: Dashboard, changes: float) -> None:
    """Give the newest task another label, so many times a second."""
    number = 0
    while changes:
        await asyncio.sleep(1 / changes)
        number += 1
        await asyncio.to_thread(app.team.tasks.relabel, TASKS, f"scan, version {number}")


if __name__ == "__main__":
    main()
