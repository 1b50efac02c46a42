"""``GET /api/v1/tasks/{id}?wait=``."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from dashboard.bootstrap import Dashboard
from dashboard.models import State, Task
from dashboard.web.api import build_api
from dashboard.web.waiting import LONGEST_WAIT
from tests.web.serving import V1, register

SOON = 20.0


def end(dashboard: Dashboard, task_ref: int, state: State = State.FAILED) -> None:
    """As a poller of another process does it."""
    with dashboard.database.writing() as session:
        task = session.get_one(Task, task_ref)
        task.state, task.completed_at = state.value, datetime.now(UTC)


def once_awaited(dashboard: Dashboard, task_ref: int, act: Callable[[], object]) -> threading.Thread:
    """Do something as soon as somebody waits for a task."""

    def run() -> None:
        while task_ref not in dashboard.teams.endings._awaited:
            threading.Event().wait(0.01)
        act()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_the_answer_comes_with_the_end(client: TestClient, dashboard: Dashboard) -> None:
    """Long before the time is over."""
    (ref,) = register(client, "open-0001")
    once_awaited(dashboard, ref, lambda: end(dashboard, ref))
    began = datetime.now(UTC)
    answer = client.get(f"{V1}/tasks/{ref}", params={"wait": LONGEST_WAIT})
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert (datetime.now(UTC) - began).total_seconds() < SOON


def test_by_the_services_id(client: TestClient, dashboard: Dashboard) -> None:
    """As everywhere."""
    (ref,) = register(client, "open-0001")
    once_awaited(dashboard, ref, lambda: end(dashboard, ref))
    answer = client.get(f"{V1}/tasks/open-0001", params={"wait": LONGEST_WAIT})
    assert answer.json()["state"] == "failed"


def test_at_the_latest_after_the_wait(client: TestClient) -> None:
    """It says that the task is open."""
    (ref,) = register(client, "open-0001")
    answer = client.get(f"{V1}/tasks/{ref}?wait=0.05")
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")


def test_what_has_ended_is_answered_at_once(client: TestClient, dashboard: Dashboard) -> None:
    """And nobody is kept waiting."""
    (ref,) = register(client, "open-0001")
    end(dashboard, ref)
    assert client.get(f"{V1}/tasks/{ref}?wait={LONGEST_WAIT}").json()["state"] == "failed"
    assert not dashboard.teams.endings._awaited


def test_a_task_that_is_deleted_meanwhile(client: TestClient, dashboard: Dashboard) -> None:
    """404."""
    (ref,) = register(client, "open-0001")
    once_awaited(dashboard, ref, lambda: dashboard.team.tasks.delete([ref]))
    assert client.get(f"{V1}/tasks/{ref}?wait={LONGEST_WAIT}").status_code == 404


def test_the_server_ends(client: TestClient, dashboard: Dashboard) -> None:
    """Whoever waits is answered, and keeps nobody from stopping."""
    (ref,) = register(client, "open-0001")
    once_awaited(dashboard, ref, dashboard.begin_to_stop)
    answer = client.get(f"{V1}/tasks/{ref}?wait={LONGEST_WAIT}")
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "nan", "inf", ""])
def test_waits_that_make_no_sense(worn_client: TestClient, wait: str) -> None:
    """Are refused with a sentence that names the parameter."""
    answer = worn_client.get(f"{V1}/tasks/1?wait={wait}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("wait: ")


def test_many_wait_without_threads_and_connections(client: TestClient, dashboard: Dashboard) -> None:
    """More of them than there are threads for handlers: others are answered meanwhile; who hangs up is forgotten."""
    (ref,) = register(client, "open-0001")
    api = build_api(lambda: dashboard)
    count = 100
    answers = asyncio.run(_wait_together(api, dashboard, ref, count))
    assert answers == [200] * count
    assert not dashboard.teams.endings._awaited


def _until_awaited(dashboard: Dashboard, ref: int, count: int) -> None:
    while len(dashboard.teams.endings._awaited.get(ref, [])) < count:
        threading.Event().wait(0.01)


async def _wait_together(api: Callable[..., object], dashboard: Dashboard, ref: int, count: int) -> list[int]:
    hung_up = asyncio.Event()
    waiting = [
        asyncio.create_task(_status(api, f"/v1/tasks/{ref}", "wait=60", hung_up)) for _ in range(count)
    ]
    async with asyncio.timeout(SOON):
        await asyncio.to_thread(_until_awaited, dashboard, ref, count)
        assert dashboard.database.engine.pool.checkedout() <= 1  # type: ignore[attr-defined] # of its kind of pool
        assert await _status(api, f"/v1/tasks/{ref}", "", asyncio.Event()) == 200
        hung_up.set()
        return await asyncio.gather(*waiting)


async def _status(api: Callable[..., object], path: str, query: str, hung_up: asyncio.Event) -> int:
    statuses: list[int] = []
    heard = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in heard:
            return message
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "extensions": {},
    }
    await api(scope, receive, send)  # type: ignore[misc] # an ASGI app
    return statuses[0]
