"""Two servers and two workers on one PostgreSQL behind a reverse proxy, each with a folder of its own."""

import sys
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from sqlmodel import col, select
from websockets.exceptions import ConnectionClosed

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import Credential, ParkReason, Task, Usage
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.sandbox.issued_tokens import sign
from dashboard.services.credentials.credentials import Rules
from dashboard.settings import PREFIX, load_settings
from tests.chaos.processes import Crew, Running
from tests.chaos.sticky_proxy import COOKIE, StickyProxy, sticky_proxy
from tests.chaos.test_kill import check_each_ended_once, completions, kill_in_mid_poll
from tests.chaos.waiting import wait_until
from tests.postgres import PostgresServer, running_server, why_not
from tests.web.talking import Tab

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

TASKS = 200
BUDGET = 12
"""Calls; fewer than the tasks that are asked about with this token."""
PATIENCE = 180.0
"""Seconds until something that must happen counts as not happening: there are six processes and a database."""
RECOVERY_SECONDS = 10.0
"""After PostgreSQL is back, until then every request must be answered again."""


@dataclass
class Site:
    """Everything that runs, and a look into it from a process that does not poll."""

    crew: Crew
    postgres: PostgresServer
    key: str
    app: Dashboard
    machines: int = 0

    def start(self, command: str, *, poller: str = "on") -> Running:
        """A server or worker on a machine that shares nothing with the others but settings."""
        self.machines += 1
        return self.crew.start(
            command,
            environment={
                f"{PREFIX}DATA_DIR": f"machine-{self.machines}",
                f"{PREFIX}SECRET_KEYS": self.key,
                f"{PREFIX}POLLER": poller,
            },
        )


@pytest.fixture(scope="module")
def postgres_to_crash() -> Iterator[PostgresServer]:
    """A server that no other test uses."""
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, postgres_to_crash: PostgresServer) -> Iterator[Site]:
    """A service with tasks that take up to 20 seconds, and an empty database."""
    postgres_to_crash.drop("shared")
    url, key = postgres_to_crash.create("shared"), Fernet.generate_key().decode()
    crew = Crew(tmp_path, url)
    crew.start_service(tasks=TASKS, spread=20.0, latency=0.1)
    app = bootstrap.build(
        load_settings(
            data_dir=tmp_path / "looking", database_url=url, secret_keys=key, api_url=crew.service_url
        )
    )
    yield Site(crew, postgres_to_crash, key, app)
    crew.close()
    app.stop()


@dataclass
class Visitors:
    """People and scripts who look at pages and ask the API through the proxy all the time."""

    url: str
    answered: int = 0
    failed: list[tuple[float, str]] = field(default_factory=list)
    """When (monotonic), and what they got instead."""

    @classmethod
    @contextmanager
    def coming_to(cls, proxy: StickyProxy) -> Iterator["Visitors"]:
        """Ask until the end of the block; one comes to each server first."""
        visitors, over = cls(proxy.url), threading.Event()
        paths = [(number, path) for number in range(2) for path in ("/", "/api/v1/tasks?per_page=5")]
        threads = [threading.Thread(target=visitors._ask, args=(*one, over), daemon=True) for one in paths]
        for thread in threads:
            thread.start()
        try:
            yield visitors
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _ask(self, machine: int, path: str, over: threading.Event) -> None:
        with requests.Session() as session:
            session.cookies.set(COOKIE, str(machine))
            while not over.wait(0.1):
                began = time.monotonic()
                try:
                    answer = session.get(self.url + path, timeout=30, headers={"Connection": "close"})
                except requests.RequestException as error:
                    self.failed.append((began, f"{path}: {error!r}"))
                    continue
                if answer.ok:
                    self.answered += 1
                else:
                    self.failed.append((began, f"{path}: {answer.status_code} {answer.text[:200]}"))


def register(proxy: StickyProxy, task_ids: Collection[str], credential: int) -> None:
    """As a script would that tries again: what was saved by then is known."""
    entries = [{"task_id": task_id, "credential": credential} for task_id in task_ids]

    def saved() -> bool:
        try:
            answer = requests.post(f"{proxy.url}/api/v1/tasks", json={"tasks": entries}, timeout=30)
        except requests.ConnectionError:
            return False
        if answer.status_code == requests.codes.service_unavailable:
            return False
        answer.raise_for_status()
        done = answer.json()
        assert done["rejected"] == []
        return len(done["registered"]) + len(done["known"]) == len(entries)

    wait_until(saved, "the tasks are registered")


def test_machines_that_die_are_not_felt(site: Site) -> None:
    """A server, a worker and the database are killed in the middle: nothing lost or doubled, pages go on.

    Only while the database is away requests fail; a token's budget holds for all machines together.
    """
    first, second = site.start("serve"), site.start("serve", poller="off")
    workers = [site.start("worker"), site.start("worker")]
    plenty, thrifty = add_tokens(site.app)
    ids = list(site.crew.tasks)
    some, rest = ids[: 2 * BUDGET], ids[2 * BUDGET :]  # the first ones are done at once
    quarters = [rest[start::4] for start in range(4)]
    with sticky_proxy([first.url, second.url]) as proxy, Visitors.coming_to(proxy) as visitors:
        register(proxy, some, thrifty)
        register(proxy, quarters[0], plenty)
        shown = look_at_a_task(proxy, site.app, quarters[0][0], victim=first)
        register(proxy, quarters[1], plenty)
        cut_off = kill_in_mid_poll(workers[0], site.app.database)
        proxy.upstreams[0] = StickyProxy([site.start("serve").url]).upstreams[0]
        site.start("worker")
        register(proxy, quarters[2], plenty)

        went = time.monotonic()
        site.postgres.crash_and_start()
        back = time.monotonic()
        register(proxy, quarters[3], plenty)

        wait_until_all_ended_or_held(site.app, rest)
        calls = site.crew.asked(some)
        assert len(calls) <= BUDGET
        assert used(site.app, thrifty) <= BUDGET
        site.app.team.credentials.set_rules(thrifty, Rules())
        wait_until_all_ended(site.app)
        answered_by_both = set(proxy.answered)
    check_each_ended_once(site.app.database, site.crew.tasks)
    early = [one for one in visitors.failed if one[0] < went - 1]
    late = [one for one in visitors.failed if one[0] > back + RECOVERY_SECONDS]
    last = max((when for when, _ in visitors.failed), default=went)
    sys.stdout.write(
        f"{visitors.answered} requests were answered; {len(visitors.failed)} failed around the database's restart, "
        f"which took {back - went:.1f} s, the last one {last - back:+.1f} s after it; "
        f"{cut_off} polls were cut off; {len(calls)} of {BUDGET} calls of the budget\n"
    )
    assert (early, late) == ([], [])
    assert shown
    assert answered_by_both == {0, 1}
    assert cut_off > 0


def add_tokens(app: Dashboard) -> tuple[int, int]:
    """One without limits and one with a budget."""
    plenty, _ = app.team.credentials.add(label="Plenty", access_token=DEMO_ACCESS_TOKEN)
    thrifty, _ = app.team.credentials.add(label="Thrifty", access_token=sign({"client_id": "thrifty"}))
    app.team.credentials.set_rules(thrifty.id, Rules(monthly_budget=BUDGET, keeps_last_poll=False))
    return plenty.id, thrifty.id


def look_at_a_task(proxy: StickyProxy, app: Dashboard, task_id: str, *, victim: Running) -> bool:
    """Look at a task on the first server and kill that: the other one shows the same at the same address."""
    with app.database.reading() as session:
        task_ref = session.exec(select(Task.id).where(Task.task_id == task_id)).one()
    place = {"cookie": f"{COOKIE}=0", "page": "task", "query": f"id={task_ref}"}
    before = proxy.answered.copy()
    with Tab.open(proxy.url, **place) as tab:
        assert task_id in tab.html()
        assert proxy.answered[0] > before[0]
        kill_in_mid_poll(victim, app.database)
        with pytest.raises(ConnectionClosed):
            tab.until("nothing any more")
    with Tab.open(proxy.url, **place) as tab:
        return task_id in tab.html()


def wait_until_all_ended(app: Dashboard) -> None:
    """Wait until every task has been written as completed."""
    wait_until(lambda: len(completions(app.database)) == TASKS, "all tasks end", seconds=PATIENCE)


def wait_until_all_ended_or_held(app: Dashboard, rest: Sequence[str]) -> None:
    """Wait until everything is completed that no budget holds back, and the others are held."""

    def ended() -> bool:
        with app.database.reading() as session:
            left = session.exec(select(Task.task_id).where(col(Task.completed_at).is_(None))).all()
            reasons = session.exec(select(Credential.pause_reason)).all()
        return not set(left) & set(rest) and ParkReason.BUDGET_REACHED.value in reasons

    wait_until(ended, "only what the budget holds back is open", seconds=PATIENCE)


def used(app: Dashboard, credential_id: int) -> int:
    """How many calls were counted for a token."""
    with app.database.reading() as session:
        return sum(session.exec(select(Usage.calls).where(Usage.credential_id == credential_id)))


def test_a_pause_is_kept_by_all_machines(site: Site) -> None:
    """One worker hears "slow down", and none asks with this token until the pause is over."""
    (token, _) = site.app.team.credentials.add(label="Shared", access_token=DEMO_ACCESS_TOKEN)
    workers = [site.start("worker"), site.start("worker")]
    ids = list(site.crew.tasks)
    server = site.start("serve", poller="off")
    with sticky_proxy([server.url]) as proxy:
        register(proxy, ids, token.id)
    wait_until(lambda: all(worker.events("task.polled") for worker in workers), "both workers ask")
    fault = {"fault": "throttled", "times": 1}
    requests.post(f"{site.crew.service_url}/sandbox/faults", json=fault, timeout=10).raise_for_status()

    def pause() -> Credential | None:
        with site.app.database.reading() as session:
            found = session.exec(select(Credential)).one()
        return found if found.pause_reason == ParkReason.RATE_LIMITED.value else None

    wait_until(pause, "the token is paused")
    paused = pause()
    assert paused is not None
    assert paused.paused_since is not None
    assert paused.paused_until is not None
    since, until = paused.paused_since.timestamp(), paused.paused_until.timestamp()
    wait_until_all_ended(site.app)
    calls = site.crew.asked(ids)
    under_way = 2.0  # seconds for what was claimed before
    assert until - since > 4
    assert [when for when in calls if since + under_way < when < until] == []
    assert any(when > until for when in calls)
    check_each_ended_once(site.app.database, site.crew.tasks)
