"""Every page fits, light and dark and on a telephone, and says what each control is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from tests.browser.running import NEVER, RunningDashboard, submit
from tests.browser.seeing import PATIENCE, inaccessible, settled, visit, wait_for

WIDE, NARROW = (1280, 850), (390, 844)
_NAMELESS = re.compile(
    r'^ *- ((?:button|checkbox|combobox|heading|link|searchbox|switch|textbox)\b(?! ").*)$', re.MULTILINE
)
PAGES = {
    "board": "/",
    "filtered": "/?q=nothing+like+this",
    "add": "/add",
    "ids": "/add?tab=ids",
    "scripts": "/add?tab=scripts",
    "tokens": "/tokens",
    "library": "/library",
    "found": "/library?find=lorem+ipsum&sort=label",
    "not found": "/library?find=nothing+like+this",
    "result": "/task?id=1",
    "failed": "/task?id=2",
    "open": "/task?id=3",
    "lost": "/task?id=nope",
}


@pytest.fixture(scope="module")
def lively(sandbox: SandboxServer, dashboard: RunningDashboard) -> RunningDashboard:
    """A dashboard with some of everything, long names too."""
    dashboard.register(submit(sandbox, result_types=("Text", "Pdf", "Hocr")), trial=True, label="A result")
    dashboard.register(submit(sandbox, image=b"no image"), trial=True, label="Unbreakable" * 18)
    dashboard.register(submit(sandbox, tempo=NEVER), trial=True)
    dashboard.register("an-unknown-task-1", label="Locked", credential=dashboard.add_token("Old", "x" * 40))
    dashboard.add_token("Works" * 20, DEMO_ACCESS_TOKEN)
    return dashboard


@pytest.fixture(scope="module", params=["light", "dark", "narrow"])
def looker(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """Somebody with a taste."""
    width, height = NARROW if request.param == "narrow" else WIDE
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if request.param == "dark" else "light",
        timezone_id="America/New_York",
    )
    context.set_default_timeout(PATIENCE * 1000)
    with context:
        yield context


def test_pages_fit_and_name_their_controls(
    looker: BrowserContext, lively: RunningDashboard, tmp_path: Path
) -> None:
    """No page is wider than its window, breaks, or has a control without a name."""
    page = looker.new_page()
    wait_for(page, lambda: lively.tasks(state="completed,failed")["total"] == 2, "two tasks end")
    problems = {}
    for name, path in PAGES.items():
        visit(page, lively.url + path)
        expect(page.get_by_test_id("stMain")).to_be_visible()
        settled(page)
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        if found := _problems(page):
            problems[name] = found
    assert problems == {}


def _problems(page: Page) -> list[str]:
    found = []
    overflow = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(one => one.scrollWidth - one.clientWidth)"
    )
    if max(overflow) > 0:
        found.append(f"wider than the window by {max(overflow)} px")
    if page.get_by_test_id("stException").count():
        found.append("an exception is shown")
    if not page.evaluate("document.documentElement.lang"):
        found.append("no language")
    if nameless := _NAMELESS.findall(page.locator("body").aria_snapshot()):
        found.append(f"no name: {nameless}")
    if untitled := page.locator("iframe:not([title])").count():
        found.append(f"{untitled} frames without a title")
    return found + inaccessible(page)
