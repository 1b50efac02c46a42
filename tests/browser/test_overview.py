"""The board as an overview: order, columns, filters, views, and what is done with all that match."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import RunningDashboard
from tests.browser.seeing import Traffic, refresh, row, settled, visit

UNKNOWN = 60
"""More than fit on a page."""


@pytest.fixture(scope="module")
def full(page: Page, dashboard: RunningDashboard) -> RunningDashboard:
    """Tasks the service does not know: they end without a result, and need somebody."""
    for number in range(UNKNOWN):
        dashboard.register(f"unknown-{number:03}", trial=True, label=f"Letter {number:03}" if number else "")
    visit(page, dashboard.url)
    expect(page.locator(".ocr-overview")).to_contain_text(f"{UNKNOWN} need you")
    return dashboard


def labels(page: Page) -> Callable[[], list[str]]:
    """What the rows are called, from above."""
    return page.locator("td.task a").all_inner_texts


def test_headings_choose_the_order(page: Page, full: RunningDashboard) -> None:
    """It is in the address, and this browser begins with it the next time."""
    visit(page, full.url)
    page.get_by_role("button", name="Task", exact=True).click()
    expect(page.get_by_role("columnheader", name="Task", exact=True)).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(page.locator("td.task a").first).to_have_text("Letter 001")
    expect(page).to_have_url(re.compile(r"[?&]sort=label(&|$)"))
    visit(page, full.url)
    expect(page.locator("td.task a").first).to_have_text("Letter 001")
    page.get_by_role("button", name="Added", exact=True).click()
    expect(page.locator("td.task a").first).to_have_text(f"Letter {UNKNOWN - 1:03}")
    page.get_by_role("button", name="Added").click()
    expect(page.locator("td.task a").first).to_have_text(re.compile("^Image, added "))
    page.get_by_role("button", name="Added").click()
    expect(page.locator("td.task a").first).to_have_text(f"Letter {UNKNOWN - 1:03}")


def test_columns_are_kept(page: Page, full: RunningDashboard) -> None:
    """In this browser, over a reload."""
    visit(page, full.url)
    expect(page.get_by_role("columnheader", name="Token")).to_have_count(0)
    page.locator("summary[title=Columns]").click()
    page.get_by_role("checkbox", name="Token").check()
    page.get_by_role("checkbox", name="Operation").uncheck()
    expect(page.get_by_role("columnheader", name="Operation")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("columnheader", name="Token")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Operation")).to_have_count(0)
    page.locator("summary[title=Columns]").click()
    page.get_by_role("checkbox", name="Token").uncheck()
    page.get_by_role("checkbox", name="Operation").check()


def test_filters_and_views(page: Page, full: RunningDashboard) -> None:
    """What narrows the board is said, kept under a name, and taken off by one button."""
    visit(page, full.url)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("combobox", name="Operation").click()
    page.get_by_role("option", name="PDF", exact=True).click()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_text("No task matches this filter.")).to_be_visible()
    expect(page.get_by_text("Only operation PDF.")).to_be_visible()
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save this view as").fill("Only PDFs")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("button", name="Only PDFs")).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show all").click()
    expect(row(page, "Letter 059")).to_be_visible()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Only PDFs").click()
    expect(page).to_have_url(re.compile(r"operation=RecognizePdf"))
    expect(page.get_by_text("No task matches this filter.")).to_be_visible()


def test_all_that_match_at_once(page: Page, full: RunningDashboard) -> None:
    """Also those on the next page; marked as seen they need nobody, and that can be taken back."""
    visit(page, full.url)
    page.get_by_role("checkbox", name="Select all tasks on this page").check()
    expect(page.get_by_text("50 selected")).to_be_visible()
    page.get_by_role("button", name=f"Select all {UNKNOWN}").click()
    expect(page.get_by_text(f"All {UNKNOWN} that match")).to_be_visible()
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_text(f"{UNKNOWN} tasks marked as seen.")).to_be_visible()
    expect(page.locator(".ocr-overview")).not_to_contain_text("need")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".ocr-overview")).to_contain_text(f"{UNKNOWN} need you")
    expect(page.get_by_text(f"All {UNKNOWN} that match")).to_be_visible()
    row(page, "Letter 059").get_by_role("checkbox").uncheck()
    expect(page.get_by_text("49 selected")).to_be_visible()
    page.get_by_role("button", name="Unselect").click()
    expect(page.get_by_text("49 selected")).to_have_count(0)


def test_all_that_match_are_put_away_and_taken_back(page: Page, full: RunningDashboard) -> None:
    """Only what the filter leaves."""
    visit(page, f"{full.url}/?q=letter+01")
    page.get_by_role("checkbox", name="Select all tasks on this page").check()
    expect(page.get_by_text("10 selected")).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("10 tasks archived.")).to_be_visible()
    expect(page.get_by_text("No task matches this filter.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Letter 010")).to_be_visible()


def test_one_task_is_seen_on_its_page(page: Page, full: RunningDashboard) -> None:
    """From what needs somebody to done: two clicks."""
    visit(page, f"{full.url}/?state=attention")
    row(page, "Letter 059").get_by_role("link").click()
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_role("button", name="Needs me again")).to_be_visible()
    visit(page, full.url)
    expect(page.locator(".ocr-overview")).to_contain_text(f"{UNKNOWN - 1} need you")


def test_behind_the_last_of_a_page_comes_the_next_page(page: Page, full: RunningDashboard) -> None:
    """And before the first one the page before."""
    visit(page, f"{full.url}/?sort=oldest")
    row(page, "Letter 049").get_by_role("link").click()
    expect(page.get_by_text(f"50 of {UNKNOWN}")).to_be_visible()
    page.get_by_role("link", name="Next page of the list").click()
    row(page, "Letter 050").get_by_role("link").click()
    expect(page.get_by_text(f"51 of {UNKNOWN}")).to_be_visible()
    page.get_by_role("link", name="Previous page of the list").click()
    expect(row(page, "Letter 049")).to_be_visible()


def test_a_thousand_refreshes_lose_nothing(page: Page, full: RunningDashboard, traffic: Traffic) -> None:
    """A board that is left open: what is typed, ticked and scrolled to is there after half an hour of refreshes."""
    page.clock.install()
    visit(page, f"{full.url}/?state=ended")
    row(page, "Letter 040").get_by_role("checkbox").check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("searchbox").press_sequentially("half a wo")
    page.locator("[data-testid=stMain]").evaluate("pane => { pane.scrollTop = 300 }")
    page.locator("table.tasks").evaluate("table => { window.kept = table }")
    refresh(page, traffic)
    sent = len(traffic.sent)

    for _ in range(1_000):
        page.clock.fast_forward(2_100)
        page.wait_for_timeout(5)
    settled(page)

    assert len(traffic.sent) - sent >= 900
    assert page.evaluate("window.kept.isConnected")
    expect(page.locator("table.tasks tbody tr")).to_have_count(50)
    assert page.locator("[data-testid=stMain]").evaluate("pane => pane.scrollTop") == 300
    expect(page.get_by_role("searchbox")).to_have_value("half a wo")
    expect(row(page, "Letter 040").get_by_role("checkbox")).to_be_checked()
