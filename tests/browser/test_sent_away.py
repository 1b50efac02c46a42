"""Removed means out: pages that are just lying open are empty within five seconds, without a touch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, WebSocketRoute, expect
from sqlalchemy import update
from sqlmodel import col

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Membership, Role, State
from dashboard.sandbox import SandboxServer
from dashboard.services.team.access import COOKIE
from dashboard.settings import Settings
from tests.browser.running import RunningDashboard, running_dashboard, submit
from tests.browser.seeing import Traffic, choose_interval, expect_state, new_visitor, row, settled, visit

WITHIN = 5_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class House:
    """A served dashboard that lets in members only, and a second process on its database: the owner's."""

    running: RunningDashboard
    owner: Dashboard


@pytest.fixture(scope="module")
def house(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server polls; the owner's hand is another process, as with several replicas."""
    folder: Path = tmp_path_factory.mktemp("house")
    with running_dashboard(folder, api_url=sandbox.url, access="team") as running:
        owner = build(Settings(data_dir=folder, access="team", poller="off", api_url=sandbox.url))
        yield House(running, owner)
        owner.stop()


@pytest.fixture(scope="module")
def task(house: House, sandbox: SandboxServer) -> int:
    """A task with a result, called Secret."""
    key = house.owner.team.members.make_key(label="script", role=Role.EDITOR)
    body = {"tasks": [{"task_id": submit(sandbox), "trial": True, "label": "Secret"}]}
    answer = requests.post(
        f"{house.running.url}/api/v1/tasks", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=10
    )
    return int(answer.json()["registered"][0]["id"])


@contextmanager
def member(chromium: Browser, house: House, role: Role = Role.VIEWER) -> Iterator[BrowserContext]:
    """Somebody who has joined by a link of their own, the newest one."""
    with new_visitor(chromium) as context:
        link = house.owner.team.members.make_link(role=role)
        page = context.new_page()
        page.goto(f"{house.running.url}/join/{link}")
        page.get_by_label("What should the team call you?").fill("Vic")
        page.get_by_role("button", name="Join").click()
        settled(page)
        yield context


def newest_member(house: House) -> int:
    """Who joined last."""
    return max(one.sign_in_id for one in house.owner.team.members.members())


def set_role(house: House, role: Role) -> None:
    """Give who joined last another role, as another server's single sign-on may."""
    with house.owner.database.writing() as session:
        theirs = update(Membership).where(col(Membership.sign_in_id) == newest_member(house))
        session.exec(theirs.values(role=role.value))


def expel(house: House, _: BrowserContext) -> None:
    """An owner signs the newest member out."""
    house.owner.team.members.expel(newest_member(house))


def revoke(house: House, _: BrowserContext) -> None:
    """An owner revokes the link they came by."""
    house.owner.team.members.revoke_link(house.owner.team.members.links()[0].id or 0)


def sign_out_elsewhere(house: House, context: BrowserContext) -> None:
    """The same browser signs out in another tab; here a script with its cookie does."""
    cookie = next(it for it in context.cookies() if it.get("name") == COOKIE).get("value", "")
    answer = requests.post(
        f"{house.running.url}/sign-out", cookies={COOKIE: cookie}, timeout=10, allow_redirects=False
    )
    assert answer.status_code == requests.codes.see_other


WAYS = [expel, revoke, sign_out_elsewhere]


@pytest.mark.parametrize("send_away", WAYS, ids=lambda way: way.__name__)
def test_open_pages_are_emptied(
    chromium: Browser, house: House, task: int, send_away: Callable[[House, BrowserContext], None]
) -> None:
    """Board, task, library and tokens, with refresh on and off; nobody clicks, nothing is loaded by hand."""
    with member(chromium, house) as context:
        (board,) = context.pages
        expect_state(row(board, "Secret"), State.COMPLETED)
        still, text, library, tokens = (context.new_page() for _ in range(4))
        visit(still, house.running.url)
        choose_interval(still, "Off")
        visit(text, f"{house.running.url}/task?id={task}")
        expect(text.get_by_text("Lorem").first).to_be_visible()
        visit(library, f"{house.running.url}/library")
        visit(tokens, f"{house.running.url}/tokens")

        send_away(house, context)

        for page in (board, text, still, library, tokens):
            expect(page.get_by_role("heading", name="Team members only")).to_be_visible(timeout=WITHIN)
            expect(page.locator("#root")).to_have_count(0)
            assert "Secret" not in page.content()
            assert "Lorem" not in page.content()


def test_a_smaller_role_is_shown_as_such(chromium: Browser, house: House) -> None:
    """The team page of an owner who is a viewer now shows no links and keys any more."""
    with member(chromium, house, Role.OWNER) as context:
        (page,) = context.pages
        visit(page, f"{house.running.url}/team")
        expect(page.get_by_role("tab", name="API keys")).to_be_visible()
        set_role(house, Role.VIEWER)
        expect(page.get_by_role("tab", name="API keys")).to_have_count(0, timeout=WITHIN)
        expect(page.get_by_text("viewer")).to_be_visible()


@pytest.mark.usefixtures("task")
def test_more_rights_disturb_nobody(chromium: Browser, house: House) -> None:
    """Whoever becomes an editor keeps the page, its place and what is typed there."""
    with member(chromium, house) as context:
        (page,) = context.pages
        page.get_by_role("searchbox").first.fill("half a wo")
        set_role(house, Role.EDITOR)
        page.wait_for_timeout(4_500)
        expect(page.get_by_role("searchbox").first).to_have_value("half a wo")


@pytest.mark.usefixtures("task")
def test_a_page_without_our_script_gets_nothing_more(chromium: Browser, house: House) -> None:
    """Somebody may well keep what they saw; the server tells them nothing new, whatever their page asks."""
    with member(chromium, house) as context:
        page = context.new_page()
        page.route("**/standing.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        with Traffic(page) as traffic:
            visit(page, house.running.url)
            expect_state(row(page, "Secret"), State.COMPLETED)
            expel(house, context)
            page.wait_for_timeout(WITHIN)
            traffic.forget()
            page.wait_for_timeout(3_000)
            assert not traffic.received


def test_away_while_there_was_no_connection(chromium: Browser, house: House) -> None:
    """A page whose connection broke without the server's word asks whether it still belongs here."""
    with member(chromium, house) as context:
        page, sockets = context.new_page(), list[WebSocketRoute]()

        def pass_on(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            sockets.append(socket)

        page.route_web_socket("**/_stcore/stream", pass_on)
        visit(page, house.running.url)
        expel(house, context)
        sockets[0].close(code=4000, reason="the network went away")
        expect(page.get_by_role("heading", name="Team members only")).to_be_visible(timeout=2 * WITHIN)
