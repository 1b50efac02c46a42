"""A real Chromium, a real server, and a stand-in of the service whose faults and tempo a test decides."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dashboard.sandbox import SandboxServer, SandboxState, Tempo
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import PATIENCE, Traffic, new_visitor

_HERE = Path(__file__).parent
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; in CI its absence is a failure."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        reason = f"no browser: none of {', '.join(_NAMES)} is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor in a time zone that is not the server's; what one file's tests load, they load once."""
    with new_visitor(chromium) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def page(context: BrowserContext) -> Page:
    """The visitor's tab. Every visit begins a session at the server; a new tab each time would take longer."""
    return context.new_page()


@pytest.fixture
def traffic(page: Page) -> Iterator[Traffic]:
    """What goes between the tab and the network during one test."""
    with Traffic(page) as traffic:
        yield traffic


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    """The service, in a thread of this process."""
    with SandboxServer(state=SandboxState(tempo=Tempo(0.3, 0.5))) as service:
        yield service


@pytest.fixture(scope="module")
def dashboard(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard of the real program that polls the sandbox; shared by the tests of one file."""
    with running_dashboard(tmp_path_factory.mktemp("data"), api_url=sandbox.url) as running:
        yield running
