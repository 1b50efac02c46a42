"""The board: what it shows at first, what it finds, what can be done with tasks."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer
from tests.browser.running import NEVER, RunningDashboard, free_port, running_dashboard, submit
from tests.browser.seeing import (
    any_pill,
    expect_state,
    inaccessible,
    open_state,
    pill,
    rarely_done,
    row,
    visit,
    wait_for,
)


def test_an_empty_board_shows_three_ways_to_begin(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two links lead to the forms, and one click brings a sandbox and a living board."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with running_dashboard(tmp_path_factory.mktemp("empty"), api_url=nobody) as dashboard:
        visit(page, dashboard.url)
        ways = page.get_by_test_id("stMain").get_by_test_id("stPageLink").get_by_role("link")
        expect(ways).to_have_count(2)
        assert inaccessible(page) == []
        for number, tab in enumerate(("Images", "Task IDs")):
            visit(page, dashboard.url)
            ways.nth(number).click()
            expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        visit(page, dashboard.url)
        page.get_by_role("button", name="Start the sandbox").click()
        expect_state(row(page, "latin.png (evaluation)"), State.COMPLETED)
        expect(pill(page, State.COMPLETED)).to_be_visible()
        expect(page.get_by_role("checkbox", name=re.compile("^Select ")).nth(5)).to_be_visible()


@pytest.fixture(scope="module")
def crowd(sandbox: SandboxServer, dashboard: RunningDashboard) -> RunningDashboard:
    """55 tasks that wait, and one of each of some outcomes."""
    waiting = [submit(sandbox, tempo=NEVER) for _ in range(55)]
    entries = [{"task_id": one, "trial": True, "label": f"In line {n}"} for n, one in enumerate(waiting)]
    dashboard.post("tasks", {"tasks": entries})
    dashboard.register(submit(sandbox), trial=True, label="A good one")
    dashboard.register(submit(sandbox, image=b"no image at all"), trial=True, label="A bad one")
    return dashboard


def _labels(page: Page) -> Locator:
    return page.get_by_role("table").get_by_role("link")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        pytest.param("?state=failed,completed", ["A bad one", "A good one"], id="states"),
        pytest.param("?state=attention", ["A bad one"], id="needs attention"),
        pytest.param("?q=one&state=completed", ["A good one"], id="search and state"),
    ],
)
def test_an_address_opens_the_board_it_was_taken_from(
    address: str, found: list[str], page: Page, crowd: RunningDashboard
) -> None:
    """Filter and search are read from the address."""
    visit(page, f"{crowd.url}/{address}")
    expect(_labels(page)).to_have_text(found)


def test_filter_and_search_are_written_into_the_address(page: Page, crowd: RunningDashboard) -> None:
    """What is chosen can be sent to a colleague; what is chosen no longer leaves the address."""
    visit(page, crowd.url)
    pill(page, State.FAILED).click()
    expect(page).to_have_url(re.compile(r"[?&]state=ended(&|$)"))
    box = page.get_by_role("searchbox")
    box.fill("bad")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]q=bad(&|$)"))
    expect(_labels(page)).to_have_text(["A bad one"])
    page.reload()
    expect(_labels(page)).to_have_text(["A bad one"])
    pill(page, State.FAILED).click()
    expect(page).not_to_have_url(re.compile("state="))
    box.fill("")
    box.press("Enter")
    expect(page).not_to_have_url(re.compile("q="))
    expect(_labels(page)).to_have_count(50)


def test_a_group_is_narrowed_to_states(page: Page, sandbox: SandboxServer, crowd: RunningDashboard) -> None:
    """Finer filters stand beside their group while it is chosen, and go with it; links name only what is needed."""
    crowd.register(submit(sandbox, notices=("Skewed.",)), trial=True, label="With a notice")
    visit(page, f"{crowd.url}/?q=notice")
    expect_state(row(page, "With a notice"), State.COMPLETED_WITH_NOTICES)
    visit(page, crowd.url)
    expect(any_pill(page, "Completed")).to_have_count(0)
    any_pill(page, "Done").click()
    any_pill(page, "Completed with notices").click()
    expect(_labels(page)).to_have_text(["With a notice"])
    expect(page).to_have_url(re.compile(r"[?&]state=completed_with_notices(&|$)"))
    page.reload()
    expect(_labels(page)).to_have_text(["With a notice"])
    expect(any_pill(page, "Done")).to_have_attribute("aria-pressed", "true")
    any_pill(page, "Done").click()
    expect(_labels(page)).to_have_count(50)
    expect(page).not_to_have_url(re.compile("state="))


def test_the_board_says_how_all_work_stands(page: Page, crowd: RunningDashboard) -> None:
    """In one line, and the most important of it in the browser's tab."""
    visit(page, crowd.url)
    expect(page.locator(".ocr-overview")).to_contain_text(
        re.compile(r"\d+ of \d+ kept · \d+ open · \d+ needs? you")
    )
    expect(page).to_have_title(re.compile(r"^\d+ needs? you · Board · OCR Dashboard$"))


def test_what_can_be_done_is_seen_where_a_box_is_ticked(page: Page, crowd: RunningDashboard) -> None:
    """No row moves when the bar comes, and it goes along to the end of the table."""
    visit(page, crowd.url)
    line = row(page, "In line 40")
    line.scroll_into_view_if_needed()
    top = line.bounding_box()
    line.get_by_role("checkbox").check()
    bar = page.locator(".st-key-board_actions")
    expect(bar.get_by_role("button", name="Delete")).to_be_in_viewport()
    assert line.bounding_box() == top
    page.get_by_role("button", name="Next page").scroll_into_view_if_needed()
    expect(bar.get_by_role("button", name="Delete")).to_be_in_viewport()
    bar.get_by_role("button", name="Unselect").click()
    expect(bar).to_have_count(0)


def test_more_than_fifty_tasks_have_pages(page: Page, crowd: RunningDashboard) -> None:
    """The oldest are on the second page; another filter begins at the first one again."""
    visit(page, f"{crowd.url}/?q=line")
    expect(_labels(page)).to_have_count(50)
    expect(_labels(page).first).to_have_text("In line 54")
    page.get_by_role("button", name="Next page").click()
    expect(_labels(page)).to_have_text([f"In line {n}" for n in reversed(range(5))])
    page.get_by_role("searchbox").fill("line 4")
    page.get_by_role("searchbox").press("Enter")
    expect(_labels(page)).to_have_count(11)


def test_counts_change_by_themselves(page: Page, sandbox: SandboxServer, crowd: RunningDashboard) -> None:
    """The number in a pill follows what happens, without a reload."""
    visit(page, f"{crowd.url}/?q=counted")
    before = crowd.tasks(state="failed")["total"]
    expect(pill(page, State.FAILED)).to_have_accessible_name(re.compile(rf"Ended\s{before}$"))
    crowd.register(submit(sandbox, image=b"broken"), trial=True, label="counted")
    expect(pill(page, State.FAILED)).to_have_accessible_name(re.compile(rf"Ended\s{before + 1}$"))
    expect_state(row(page, "counted"), State.FAILED)


def test_selected_tasks_are_asked_about_now(
    page: Page, sandbox: SandboxServer, crowd: RunningDashboard
) -> None:
    """Check now makes the poller ask; a failed task is asked about again."""
    task = crowd.register(submit(sandbox, image=b"broken"), trial=True, label="Ask again")
    visit(page, f"{crowd.url}/?q=Ask again")
    expect_state(row(page, "Ask again"), State.FAILED)
    polls = crowd.task(task)["polls"]
    row(page, "Ask again").get_by_role("checkbox").check()
    page.get_by_role("button", name="Check now").click()
    wait_for(page, lambda: bool(crowd.task(task)["polls"] > polls), "the service is asked once more")
    expect_state(row(page, "Ask again"), State.FAILED)


def test_cancelling_asks_first(page: Page, sandbox: SandboxServer, crowd: RunningDashboard) -> None:
    """A confirmed cancellation takes the task out of the service's queue and says so on its page."""
    task = crowd.register(submit(sandbox, tempo=NEVER), trial=True, label="Not wanted")
    visit(page, f"{crowd.url}/?q=Not wanted")
    row(page, "Not wanted").get_by_role("checkbox").check()
    page.get_by_role("button", name="Cancel 1 open").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Take “Not wanted” out of the service's queue?")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Cancel 1 open").click()
    assert crowd.task(task)["state"] == "pending"
    page.get_by_role("dialog").get_by_role("button", name="Cancel 1 task").click()
    expect_state(row(page, "Not wanted"), State.CANCELLED)
    row(page, "Not wanted").get_by_role("link").click()
    expect(open_state(page, State.CANCELLED)).to_be_visible()


def test_deleting_from_a_task_leads_back_to_the_board(
    page: Page, sandbox: SandboxServer, crowd: RunningDashboard
) -> None:
    """A deleted task is gone from the board and from its address."""
    task = crowd.register(submit(sandbox), trial=True, label="To be deleted")
    visit(page, f"{crowd.url}/task?id={task}")
    rarely_done(page, "Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    assert crowd.task(task) == {}
    visit(page, f"{crowd.url}/task?id={task}")
    expect(page.get_by_role("link", name="Go to the board")).to_be_visible()
