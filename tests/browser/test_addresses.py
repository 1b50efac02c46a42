"""What people see at whichever address, and while the server is away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.settings import PREFIX
from tests.browser.running import RunningDashboard
from tests.browser.seeing import new_visitor, settled, visit
from tests.commands import DASHBOARD, free_port, running
from tests.installing import QUIET
from tests.stripping import stripped

AWAY = "The dashboard does not answer at the moment."


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor for each test: some set its clock forward."""
    with new_visitor(chromium) as visitor:
        yield visitor


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """That visitor's tab."""
    return context.new_page()


@contextmanager
def served(
    folder: Path, port: int, *, program: Sequence[str] = DASHBOARD, **settings: str
) -> Iterator[RunningDashboard]:
    """A start of the dashboard on this port, with what was stored there before."""
    given = {"data_dir": str(folder / "data"), "api_url": "http://127.0.0.1:9", "poller": "off", **settings}
    environment = {f"{PREFIX}{name.upper()}": value for name, value in given.items()}
    arguments = ("serve", "--port", str(port))
    if program != DASHBOARD:
        environment |= QUIET
    with running(*arguments, folder=folder, environment=environment, program=program) as server:
        server.wait_for("ready at")
        yield RunningDashboard(f"http://127.0.0.1:{port}", server.log)


def expect_ours(page: Page) -> None:
    """The menu and the logo are ours, there is no other menu, and nothing lies over the page."""
    for name in ("Board", "Add", "Library", "Tokens"):
        expect(page.get_by_test_id("stTopNavLink").filter(has_text=name)).to_be_visible()
    expect(page.get_by_test_id("stHeaderLogo")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    expect(page.get_by_role("link", name="Team")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("path", "sees"), [("/library", "Library"), ("/task?id=1", "There is no such task")])
def test_a_deep_link_is_the_first_visit(
    page: Page, installed: Path, tmp_path: Path, path: str, sees: str
) -> None:
    """Of an installation, after a fresh start."""
    with served(tmp_path, free_port(), program=[str(installed / "ocr-dashboard")]) as dashboard:
        visit(page, f"{dashboard.url}{path}")
        expect(page.get_by_text(sees).first).to_be_visible()
        expect_ours(page)


@pytest.mark.parametrize("path", ["/nowhere", "/task/7", "/team"])
def test_an_unknown_address_leads_to_the_board(page: Page, dashboard: RunningDashboard, path: str) -> None:
    """It says what is wrong and what to do."""
    answer = page.goto(f"{dashboard.url}{path}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Open the board").click()
    settled(page)
    expect(page).to_have_url(f"{dashboard.url}/")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()


@pytest.mark.parametrize("base_path", ["", "/ocr"], ids=["nobody answers", "a proxy answers for it"])
def test_a_server_that_is_away_is_told_calmly(page: Page, tmp_path: Path, base_path: str) -> None:
    """In one sentence of ours for as long as it lasts; the tab that lay open is then where it was."""
    port = free_port()
    page.clock.install()
    with stripped("/ocr", port, says_it=False) as proxied:
        url = proxied if base_path else f"http://127.0.0.1:{port}"
        with served(tmp_path, port, base_path=base_path):
            visit(page, f"{url}/library")
            expect_ours(page)
        note = page.get_by_role("status").filter(has_text=AWAY)
        for _ in range(30):
            page.clock.fast_forward(4_000)
            page.wait_for_timeout(20)
        expect(note).to_be_visible()
        expect(note).to_have_count(1)
        expect(page.get_by_text("Connection error")).to_have_count(0)
        expect(page.get_by_text("Streamlit")).to_have_count(0)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_test_id("stConnectionStatus")).not_to_be_visible()
        with served(tmp_path, port, base_path=base_path):
            page.clock.resume()
            expect(note).to_have_count(0)
            settled(page)
            expect(page.get_by_role("heading", name="Library")).to_be_visible()
            expect(page).to_have_url(f"{url}/library")
            expect_ours(page)


@pytest.fixture(scope="module", params=["by a setting", "by a header"])
def below(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard that knows its path one way or the other, behind a proxy that strips it; its address."""
    by_header = request.param == "by a header"
    settings = {"trusted_proxies": "127.0.0.1"} if by_header else {"base_path": "/ocr"}
    port = free_port()
    with (
        served(tmp_path_factory.mktemp("below"), port, **settings),
        stripped("/ocr", port, says_it=by_header) as url,
    ):
        yield url


@pytest.mark.parametrize("asked", ["", "?states=completed", "/", "/library"])
def test_a_proxy_strips_the_path(page: Page, below: str, asked: str) -> None:
    """Also where the last slash is missing: the page is there, its links lead to pages, and the query stays."""
    visit(page, f"{below}{asked}")
    expect_ours(page)
    assert page.url == f"{below}/{asked.removeprefix('/')}"
    page.get_by_role("link", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Add", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{below}/add")


def test_nothing_below_a_path_leads_to_the_board(page: Page, below: str) -> None:
    """Which is not at the host's own front door."""
    page.goto(f"{below}/nowhere")
    page.get_by_role("link", name="Open the board").click()
    settled(page)
    expect(page).to_have_url(f"{below}/")
    expect_ours(page)


def test_a_proxy_that_nobody_named_says_nothing(page: Page, tmp_path: Path) -> None:
    """What it says of the path is ignored; with its slash the page works, as it always did."""
    port = free_port()
    with served(tmp_path, port), stripped("/ocr", port, says_it=True) as url:
        visit(page, f"{url}/")
        expect_ours(page)
        assert "/ocr" not in (page.locator("script[src$='away.js']").get_attribute("src") or "")
