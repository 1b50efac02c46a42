"""Working without a mouse, and without seeing the screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer, Tempo
from tests.browser.running import RunningDashboard, submit
from tests.browser.seeing import expect_state, open_state, row, settled, visit


@pytest.fixture(scope="module")
def three(page: Page, sandbox: SandboxServer, dashboard: RunningDashboard) -> RunningDashboard:
    """Three results on the board, the last one on top."""
    for name in ("First", "Second", "Third"):
        dashboard.register(submit(sandbox), trial=True, label=name)
    visit(page, dashboard.url)
    for name in ("First", "Second", "Third"):
        expect_state(row(page, name), State.COMPLETED)
    return dashboard


def open_board(page: Page, three: RunningDashboard) -> None:
    """Wait until its keys are heard, too: they come with the rows."""
    visit(page, three.url)
    expect(row(page, "Third")).to_be_visible()
    settled(page)


def press(page: Page, *keys: str) -> None:
    """One after the other."""
    for key in keys:
        page.keyboard.press(key)


def test_the_main_job_without_a_mouse(page: Page, three: RunningDashboard) -> None:
    """Rows, selection, the task, its text, the next one, and back to another page."""
    open_board(page, three)
    press(page, "j", "j")
    expect(row(page, "Second").get_by_role("link")).to_be_focused()
    press(page, "x")
    expect(row(page, "Second").get_by_role("checkbox")).to_be_checked()
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    row(page, "Second").get_by_role("link").focus()
    press(page, "k")
    expect(row(page, "Third").get_by_role("link")).to_be_focused()
    press(page, "o")
    expect(page.get_by_role("heading", name="Third")).to_be_visible()
    expect(open_state(page, State.COMPLETED)).to_be_visible()
    expect(page.get_by_role("link", name="Next task")).to_be_visible()
    settled(page)
    press(page, "]")
    expect(page.get_by_role("heading", name="Second")).to_be_visible()
    expect(page.get_by_role("button", name="Copy text")).to_be_visible()
    settled(page)
    press(page, "c")
    expect(page.get_by_role("button", name=re.compile("Copied|Selected"))).to_be_visible()
    press(page, "d")
    expect(page.get_by_role("button", name="Text (.txt)")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("button", name="Text (.txt)")).to_have_count(0)
    press(page, "g", "l")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    press(page, "g", "b")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()


def test_nothing_happens_while_somebody_types(page: Page, three: RunningDashboard) -> None:
    """Letters are letters in a box."""
    open_board(page, three)
    press(page, "/")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    page.keyboard.type("gl?xo")
    expect(box).to_have_value("gl?xo")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()


def test_the_keys_are_listed_and_can_be_switched_off(page: Page, three: RunningDashboard) -> None:
    """For those who speak to their computer; this browser remembers it."""
    open_board(page, three)
    press(page, "?")
    listed = page.get_by_role("dialog", name="Keys")
    expect(listed).to_contain_text("Next, previous row")
    listed.get_by_role("checkbox").uncheck()
    press(page, "Escape")
    expect(listed).to_have_count(0)
    open_board(page, three)
    press(page, "j", "g", "l")
    expect(row(page, "Third").get_by_role("link")).not_to_be_focused()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    press(page, "?")
    listed.get_by_role("checkbox").check()
    listed.get_by_role("button", name="Close").click()
    expect(listed).to_have_count(0)
    press(page, "g", "l")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def test_an_arriving_result_is_announced(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Once, politely, and not while the page is being opened."""
    task = dashboard.register(submit(sandbox, tempo=Tempo(4, 1)), trial=True, label="Awaited")
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(page).to_have_title(re.compile("Awaited"))
    news = page.get_by_role("status", name="What has changed")
    expect(news).to_have_text("")
    expect(news).to_have_text("✓ Awaited · OCR Dashboard")


def test_tab_passes_by_what_cannot_be_used(page: Page, three: RunningDashboard) -> None:
    """The invisible refresh component is no stop, in no direction."""
    open_board(page, three)
    stops = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.add(page.evaluate("document.activeElement.tagName"))
    assert "IFRAME" not in stops
    assert {"A", "BUTTON"} <= stops


def test_a_few_letters_find_everything(page: Page, three: RunningDashboard) -> None:
    """A task, a page, an action, and a search in every text; the arrows choose."""
    open_board(page, three)
    palette = page.get_by_role("dialog", name="Find a task, a page, an action")
    press(page, "Control+k")
    expect(palette.get_by_role("option", name="Page Library")).to_be_visible()
    page.keyboard.type("second")
    expect(palette.get_by_role("option", name="Task Second completed")).to_be_visible()
    press(page, "ArrowDown", "ArrowUp", "Enter")
    expect(page.get_by_role("heading", name="Second")).to_be_visible()
    expect(page.get_by_role("button", name="Copy text")).to_be_visible()
    settled(page)
    press(page, "Control+k")
    page.keyboard.type("lib")
    expect(palette.get_by_role("option").first).to_have_text("PageLibrary")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    press(page, "Control+k")
    page.keyboard.type("dolor")
    palette.get_by_role("option", name="Find “dolor” in every text").click()
    expect(page).to_have_url(re.compile(r"find=dolor"))
    press(page, "Control+k", "Escape")
    expect(palette).to_have_count(0)


def test_the_focus_goes_on_after_registering(page: Page, dashboard: RunningDashboard) -> None:
    """To the link that leads on, not to nowhere."""
    visit(page, f"{dashboard.url}/add?tab=ids")
    page.get_by_role("textbox", name="Task IDs, with or without text around them").fill(
        "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f77"
    )
    page.get_by_role("button", name="Register 1 task").click()
    expect(page.get_by_role("link", name="Open the task")).to_be_focused()
