"""Back, Forward, reload: people find the place again where they were, and what they had selected there."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer
from tests.browser.running import NEVER, RunningDashboard, submit
from tests.browser.seeing import Traffic, pill, refresh, visit


@pytest.fixture(scope="module")
def crowd(sandbox: SandboxServer, dashboard: RunningDashboard) -> RunningDashboard:
    """120 tasks that wait: three pages."""
    waiting = [submit(sandbox, tempo=NEVER) for _ in range(120)]
    entries = [{"task_id": one, "trial": True, "label": f"In line {n}"} for n, one in enumerate(waiting)]
    dashboard.post("tasks", {"tasks": entries})
    return dashboard


def _labels(page: Page) -> Locator:
    return page.get_by_role("table").get_by_role("link")


def _search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")


def _turn_to(page: Page, number: int) -> None:
    page.locator(".st-key-board_page").get_by_role("button", name=re.compile(rf"\b{number}$")).click()


def _query(page: Page) -> str:
    return page.url.partition("?")[2]


def test_back_and_forward_undo_and_redo(page: Page, crowd: RunningDashboard) -> None:
    """Search, chip and page are entries of the history; each is taken back by one step, and comes again by one."""
    visit(page, crowd.url)
    expect(_labels(page).first).to_have_text("In line 119")
    _search(page, "line")
    expect(page).to_have_url(f"{crowd.url}/?q=line")
    pill(page, State.PENDING).click()
    expect(page).to_have_url(re.compile("state=pending"))
    page.get_by_role("button", name="Next page").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(_labels(page).first).to_have_text("In line 69")
    here = page.url
    page.go_back()
    expect(_labels(page).first).to_have_text("In line 119")
    assert "page=" not in page.url
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("searchbox")).to_have_value("line")
    assert _query(page) == "q=line"
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert not _query(page)
    for _ in range(3):
        page.go_forward()
    expect(_labels(page).first).to_have_text("In line 69")
    expect(page.get_by_role("searchbox")).to_have_value("line")
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(here)
    page.reload()
    expect(_labels(page).first).to_have_text("In line 69")
    expect(page.get_by_role("searchbox")).to_have_value("line")


def test_what_the_page_corrects_is_no_step(page: Page, traffic: Traffic, crowd: RunningDashboard) -> None:
    """A page beyond the last one is shown as the last one, also in the address, and Back leads before it."""
    page.clock.install()
    visit(page, f"{crowd.url}/tokens")
    for odd in ("page=999999&q=In%20line", "page=-1&state=nonsense"):
        steps = page.evaluate("history.length")
        visit(page, f"{crowd.url}/?{odd}")
        expect(_labels(page)).to_have_count(20 if "999999" in odd else 50)
        expect(page).not_to_have_url(re.compile("999999|-1|nonsense"))
        for _ in range(2):
            refresh(page, traffic)
        assert page.evaluate("history.length") <= steps + 1
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()


def test_the_menu_leads_to_the_whole_board(page: Page, crowd: RunningDashboard) -> None:
    """Coming from another page, the menu shows everything, and boxes and address say so; Back brings the filter."""
    visit(page, f"{crowd.url}/?q=line 11")
    expect(_labels(page)).to_have_count(11)
    page.get_by_role("link", name="Add", exact=True).first.click()
    expect(page.get_by_role("heading", name="Add tasks")).to_be_visible()
    page.get_by_role("link", name="Board", exact=True).first.click()
    expect(_labels(page)).to_have_count(50)
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert not _query(page)
    for _ in range(2):
        page.go_back()
    expect(_labels(page)).to_have_count(11)
    expect(page.get_by_role("searchbox")).to_have_value("line 11")
