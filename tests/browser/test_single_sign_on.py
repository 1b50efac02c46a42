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


def test_who_came_by_a_link_says_whose_the_teams_are(
    ann: Page, chromium: Browser, team: RunningDashboard
) -> None:
    """A form that leads to another site by itself, which browsers do not let a form's redirect do."""
    ann.goto(f"{team.url}/team?team=scans")
    ann.get_by_role("tab", name="Team URLs").click()
    ann.get_by_role("button", name="Make a link").click()
    link = ann.get_by_test_id("stCode")
    expect(link).to_contain_text("/join/")
    with new_visitor(chromium) as context:
        page = context.new_page()
        page.goto(link.inner_text().strip())
        page.get_by_label("What should the team call you?").fill("Guest")
        page.get_by_role("button", name="Join").click()
        settled(page)
        page.goto(f"{team.url}/sso/login?next=/tokens")
        expect(page.get_by_text("This browser is signed in as Guest, in the team Scans.")).to_be_visible()
        page.get_by_label("I am somebody else: sign Guest out here").check()
        page.get_by_role("button", name="Continue to Example").click()

        expect(page.get_by_role("heading", name="Tokens", exact=True)).to_be_visible()
        page.goto(f"{team.url}/team")
        expect(page.get_by_text("Ann", exact=True).first).to_be_visible()


def test_signing_out_leads_to_the_door(ann: Page, team: RunningDashboard) -> None:
    """The cookie is gone below the base path too."""
    ann.goto(f"{team.url}/team")
    ann.locator("form").get_by_role("button", name="Sign out").click()

    expect(ann.get_by_role("link", name="Sign in with Example")).to_be_visible()
    ann.goto(f"{team.url}/add")
    expect(ann.get_by_role("heading", name="Team members only")).to_be_visible()
