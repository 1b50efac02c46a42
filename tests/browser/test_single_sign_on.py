"""Single sign-on in a real browser, below a base path, for somebody in two teams."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.sandbox import SandboxServer
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import new_visitor, settled
from tests.web.provider import CLIENT_ID, CLIENT_SECRET, Provider, serve


@pytest.fixture(scope="module")
def team(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard below a path, whose members a provider vouches for."""
    claims = {"sub": "1", "name": "Ann", "email": "ann@example.org", "email_verified": True}
    provider = Provider(claims=claims)
    server = serve(provider)
    settings = {
        "access": "team",
        "base_path": "/ocr",
        "sso_issuer": provider.url,
        "sso_client_id": CLIENT_ID,
        "sso_client_secret": CLIENT_SECRET,
        "sso_members": "*@example.org=team:owner",
        "sso_name": "Example",
    }
    folder = tmp_path_factory.mktemp("sso")
    with running_dashboard(folder, api_url=sandbox.url, **settings) as running:
        yield RunningDashboard(f"{running.url}/ocr", running.log)
    server.should_exit = True


@pytest.fixture(scope="module")
def ann(chromium: Browser, team: RunningDashboard) -> Iterator[Page]:
    """Ann's tab after she has signed in on her way to *Tokens*."""
    with new_visitor(chromium) as context:
        page = context.new_page()
        page.goto(f"{team.url}/tokens")
        page.get_by_role("link", name="Sign in with Example").click()
        settled(page)
        yield page


def test_the_wanted_page_is_there_after_signing_in(ann: Page, team: RunningDashboard) -> None:
    """The deep link survives the round trip, and nothing of it is in the log."""
    expect(ann.get_by_role("heading", name="Tokens", exact=True)).to_be_visible()
    assert ann.url == f"{team.url}/tokens"
    log = team.log.read_text(encoding="utf-8")
    assert "single_sign_on.joined" in log
    assert "code=" not in log
    assert CLIENT_SECRET not in log


def test_the_menu_stays_in_the_team(ann: Page, team: RunningDashboard) -> None:
    """Its links carry no parameters; somebody in two teams must not fall back to the first one."""
    ann.get_by_role("link", name="Team", exact=True).click()
    ann.get_by_role("tab", name="Settings").click()
    ann.get_by_role("button", name="New team").click()
    ann.get_by_role("dialog").get_by_label("Name").fill("Scans")
    ann.get_by_role("dialog").get_by_role("button", name="Make it").click()
    expect(ann.get_by_role("heading", name="Board")).to_be_visible()
    expect(ann).to_have_url(re.compile(r"[?&]team=scans"))

    ann.get_by_role("link", name="Team", exact=True).click()

    expect(ann.get_by_text("owner of Scans")).to_be_visible()
    expect(ann).to_have_url(f"{team.url}/team?team=scans")
    ann.get_by_role("link", name="Go to Team").click()
    expect(ann).to_have_url(re.compile(r"[?&]team=team"))


def test_signing_out_leads_to_the_door(ann: Page, team: RunningDashboard) -> None:
    """The cookie is gone below the base path too."""
    ann.goto(f"{team.url}/team")
    ann.get_by_role("button", name="Sign out").click()

    expect(ann.get_by_role("link", name="Sign in with Example")).to_be_visible()
    ann.goto(f"{team.url}/add")
    expect(ann.get_by_role("heading", name="Team members only")).to_be_visible()
