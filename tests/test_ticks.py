"""What a refresh of the board sends, over a real WebSocket: next to nothing, until something changes."""

import asyncio
from collections.abc import Iterator

import pytest
import requests

from tests.benchmarks.visitor import Visitor
from tests.browser.running import RunningDashboard, running_dashboard

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """With sixty tasks that nobody asks about."""
    folder = tmp_path_factory.mktemp("ticks")
    with running_dashboard(folder, api_url=NOBODY, poller="off") as running:
        running.post("tasks", {"tasks": [{"task_id": f"{number:08}", "trial": True} for number in range(60)]})
        yield running


def test_a_tick_that_changes_nothing(dashboard: RunningDashboard) -> None:
    """Under a kilobyte on the wire, no table and no words; ten times in a row."""

    async def look() -> list[tuple[int, bytes]]:
        visitor = await Visitor.open(dashboard.url)
        ticks = []
        for _ in range(12):
            before = visitor.received
            await visitor.refresh()
            ticks.append((visitor.received - before, visitor.last))
        await visitor.close()
        return ticks

    for sent, said in asyncio.run(look())[2:]:
        assert sent < 1000
        assert len(said) < 2000  # before it is compressed
        assert b"00000059" not in said
        assert b"streamlit_autorefresh" in said


def test_what_changes_is_seen_with_the_next_tick(dashboard: RunningDashboard) -> None:
    """Whoever changed it, and once: the tick after that is small again."""

    def relabel() -> None:
        answer = requests.patch(
            f"{dashboard.url}/api/v1/tasks/60", json={"label": "Seen at once"}, timeout=10
        )
        answer.raise_for_status()

    async def look() -> list[bytes]:
        visitor = await Visitor.open(dashboard.url)
        await visitor.refresh()
        await asyncio.to_thread(relabel)
        said = []
        for _ in range(2):
            await visitor.refresh()
            said.append(visitor.last)
        await visitor.close()
        return said

    changed, after = asyncio.run(look())
    assert b"Seen at once" in changed
    assert b"Seen at once" not in after
    assert len(after) < 2000
