"""A page that opens is there at once: nothing moves any more when somebody has begun to read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer
from tests.browser.running import RunningDashboard, submit
from tests.browser.seeing import expect_state, new_visitor, row, settled, visit

MOST = 0.05
"""Of the layout shift, which is the share of the window that moves times how far it moves."""

LISTEN = """
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.shifted += one.value; }))
  .observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab that keeps what it has loaded."""
    with new_visitor(chromium) as visitor:
        yield visitor.new_page()


@pytest.fixture(scope="module")
def read(sandbox: SandboxServer, dashboard: RunningDashboard, chromium: Browser) -> RunningDashboard:
    """A board with a result."""
    for number in range(3):
        dashboard.register(submit(sandbox), trial=True, label=f"Read {number}")
    with new_visitor(chromium) as visitor:
        page = visitor.new_page()
        visit(page, dashboard.url)
        for number in range(3):
            expect_state(row(page, f"Read {number}"), State.COMPLETED)
    return dashboard


@pytest.mark.parametrize("place", ["", "task?id=1", "library", "tokens", "add", "add?tab=ids"])
def test_nothing_moves_when_a_page_opens(place: str, page: Page, read: RunningDashboard) -> None:
    """Streamlit draws piece by piece; on a busy machine one of a few times must be calm."""
    page.add_init_script(LISTEN)
    moved = []
    for _ in range(5):
        visit(page, f"{read.url}/{place}")
        page.wait_for_timeout(700)
        moved.append(page.evaluate("window.shifted"))
        if moved[-1] <= MOST:
            return
    raise AssertionError(moved)


def test_it_shows_without_the_script(page: Page, read: RunningDashboard) -> None:
    """What cannot tell that all is there keeps nothing back for long."""
    page.route("**/drawn.js", lambda route: route.abort())
    page.goto(f"{read.url}/task?id=1")
    expect(page.get_by_role("heading", name="Read 0")).to_be_visible()
    settled(page)
    assert page.evaluate("document.documentElement.dataset.drawn") is None


def test_a_page_without_rows_shows_at_once(page: Page, read: RunningDashboard) -> None:
    """Also one that has only a sentence to say."""
    visit(page, f"{read.url}/task?id=99999")
    expect(page.get_by_text("Look for it on the board")).to_be_visible()
    page.wait_for_function("document.documentElement.dataset.drawn === ''")
