"""A team URL: who has it gets in and sees everything live; who is sent away is out within a refresh."""

import contextlib
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from dashboard.models import State
from dashboard.sandbox import SandboxServer, Tempo
from tests.browser.joining import join
from tests.browser.running import RunningDashboard, running_dashboard, submit
from tests.browser.seeing import (
    choose,
    choose_interval,
    download,
    expect_state,
    inaccessible,
    new_visitor,
    row,
    settled,
    text_file,
    visit,
    wait_for,
)


@pytest.fixture(scope="module")
def team(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard that lets in members only."""
    with running_dashboard(tmp_path_factory.mktemp("team"), api_url=sandbox.url, access="team") as running:
        yield running


@pytest.fixture(scope="module")
def owner(page: Page, team: RunningDashboard) -> Page:
    """The tab of the first owner, who has opened the link printed at the start."""
    join(page, team.owner_link, "Ada")
    return page


def make_link(owner: Page, team: RunningDashboard, role: str) -> str:
    """Make a team URL as people do."""
    visit(owner, f"{team.url}/team")
    owner.get_by_role("tab", name="Team URLs").click()
    choose(owner.get_by_label("Role").first, owner.get_by_role("option", name=role))
    owner.get_by_role("button", name="Make a link").click()
    shown = owner.get_by_test_id("stCode")
    expect(shown).to_contain_text("/join/")
    return shown.inner_text().strip()


def test_everybody_can_use_the_page_of_the_team(owner: Page, team: RunningDashboard) -> None:
    """Axe finds nothing in any of its tabs."""
    visit(owner, f"{team.url}/team")
    tabs = owner.get_by_role("tab")
    expect(tabs.first).to_be_visible()
    found = {}
    for tab in tabs.all():
        tab.click()
        settled(owner)
        expect(owner.get_by_test_id("stSkeleton")).to_have_count(0)
        if problems := inaccessible(owner):
            found[tab.inner_text()] = problems
    assert found == {}


def test_a_stranger_sees_nothing(chromium: Browser, team: RunningDashboard) -> None:
    """Neither page nor file nor figure; only how to get in."""
    with new_visitor(chromium) as context:
        page = context.new_page()
        answer = page.goto(team.url)
        assert answer is not None
        assert answer.status == 401
        expect(page.get_by_role("heading", name="Team members only")).to_be_visible()
    for path in ("/static/index.html", "/metrics", "/api/v1/tasks", "/_stcore/host-config"):
        assert requests.get(f"{team.url}{path}", timeout=10).status_code == 401


def test_a_viewer_joins_sees_live_and_is_sent_away(
    chromium: Browser, owner: Page, team: RunningDashboard, sandbox: SandboxServer
) -> None:
    """The link lets a second browser in, as a viewer; revoking it ends that within a refresh."""
    link = make_link(owner, team, "Viewer")
    with new_visitor(chromium) as context:
        viewer = context.new_page()
        join(viewer, link, "Vic")
        expect(viewer.get_by_role("heading", name="Board")).to_be_visible()

        task_id = submit(sandbox, tempo=Tempo(1, 1))
        visit(owner, f"{team.url}/add?trial=true")
        owner.get_by_role("textbox", name="Task IDs, with or without text around them").fill(
            f"{task_id} Seen by both"
        )
        owner.get_by_role("textbox", name="Task IDs, with or without text around them").press("Control+Enter")
        owner.get_by_role("button", name="Register 1 task").click()
        expect_state(row(viewer, "Seen by both"), State.COMPLETED)

        row(viewer, "Seen by both").get_by_role("checkbox").check()
        settled(viewer)
        expect(viewer.get_by_role("button", name="Delete")).to_have_count(0)
        visit(viewer, f"{team.url}/add?tab=ids")
        expect(viewer.get_by_text("Ask Ada to make you an editor; they can do so on Team.")).to_be_visible()

        visit(viewer, team.url)
        visit(owner, f"{team.url}/team")
        member = owner.locator("[class*='st-key-team_member_']").filter(has_text="Vic")
        for role, sees in (("Editor", 1), ("Viewer", 0)):
            member.get_by_role("button", name="Role").click()
            owner.get_by_role("dialog").get_by_text(role, exact=True).click()
            owner.get_by_role("dialog").get_by_role("button", name="Change it").click()
            expect(member).to_contain_text(role.lower())
            if (
                sees
            ):  # the open page is drawn anew; a smaller role ends its connection, and it is loaded again
                expect(row(viewer, "Seen by both")).to_be_visible()
                row(viewer, "Seen by both").get_by_role("checkbox").check()
            expect(viewer.get_by_role("button", name="Delete")).to_have_count(sees)
        owner.get_by_role("tab", name="Team URLs").click()
        owner.locator("[class*='st-key-team_link_']").filter(has_text="For viewers").get_by_role(
            "button", name="Revoke"
        ).click()
        expect(owner.get_by_role("dialog")).to_contain_text("whoever came by it is signed out: 1 member now")
        owner.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
        expect(viewer.get_by_role("heading", name="Team members only")).to_be_visible()
        expect(viewer.get_by_text("Seen by both")).to_have_count(0)


def test_a_secret_stays_out_of_the_log(owner: Page, team: RunningDashboard) -> None:
    """Links that were made and used are in no line of the log, but for the one printed for the first owner."""
    link = make_link(owner, team, "Editor")
    secret = link.rpartition("/")[2]
    assert requests.get(link, timeout=10).ok
    assert secret not in team.log.read_text(encoding="utf-8")


def test_a_page_older_than_its_end_can_do_nothing(
    chromium: Browser, owner: Page, team: RunningDashboard, sandbox: SandboxServer
) -> None:
    """An editor who was sent away presses a button of a page that is still open: nothing is deleted."""
    link = make_link(owner, team, "Editor")
    with new_visitor(chromium) as context:
        editor = context.new_page()
        join(editor, link, "Eve")
        choose_interval(editor, "Off")
        visit(owner, f"{team.url}/add?trial=true")
        owner.get_by_role("textbox", name="Task IDs, with or without text around them").fill(
            f"{submit(sandbox)} Stays"
        )
        owner.get_by_role("textbox", name="Task IDs, with or without text around them").press("Control+Enter")
        owner.get_by_role("button", name="Register 1 task").click()
        expect(owner.get_by_text("Registered 1 task.").first).to_be_visible()  # there is one refresh, by hand
        editor.get_by_role("button", name="Refresh", exact=True).click()
        row(editor, "Stays").get_by_role("checkbox").check()
        editor.get_by_role("button", name="Delete").click()
        sure = editor.get_by_role("dialog").get_by_role("button", name="Delete 1 task")
        expect(sure).to_be_visible()

        visit(owner, f"{team.url}/team")
        owner.get_by_role("tab", name="Members").click()
        eve = owner.locator("[class*='st-key-team_member_']").filter(has_text="Eve")
        eve.get_by_role("button", name="Sign out").click()
        owner.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(owner.get_by_role("dialog")).to_have_count(0)
        expect(eve).to_have_count(1)
        eve.get_by_role("button", name="Sign out").click()
        owner.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        expect(owner.locator("[class*='st-key-team_member_']").filter(has_text="Eve")).to_have_count(0)
        with contextlib.suppress(PlaywrightError):  # the page may be emptied first
            sure.click(timeout=1_000)
        expect(editor.get_by_role("heading", name="Team members only")).to_be_visible()
    visit(owner, team.url)
    expect(row(owner, "Stays")).to_be_visible()


def test_a_download_is_for_who_presses_the_button(
    chromium: Browser, owner: Page, team: RunningDashboard, sandbox: SandboxServer
) -> None:
    """It works for whoever belongs to the team, and its address works for nobody else who does."""
    added = owner.request.post(
        f"{team.url}/api/v1/tasks", data={"tasks": [{"task_id": submit(sandbox), "trial": True}]}
    ).json()
    task = added["registered"][0]["id"]
    state = f"{team.url}/api/v1/tasks/{task}"
    wait_for(owner, lambda: owner.request.get(state).json()["state"] == State.COMPLETED.value, "it is stored")
    link = make_link(owner, team, "Viewer")
    with new_visitor(chromium) as context:
        viewer = context.new_page()
        join(viewer, link, "Vic")
        media: list[str] = []
        context.on("request", lambda request: media.append(request.url) if "/media/" in request.url else None)
        visit(viewer, f"{team.url}/task?id={task}")
        text = download(viewer, text_file(viewer))
        assert b"Lorem" in text
        assert download(viewer, viewer.get_by_test_id("stDownloadButton").last.get_by_role("button")) == text
        assert media
        assert viewer.request.get(media[-1]).body() == text
        assert owner.request.get(media[-1]).status == requests.codes.not_found
