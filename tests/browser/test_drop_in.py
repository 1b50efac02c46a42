"""The tab for scripts: switched on, a key made, the lines run as they stand there, and the page says so by itself."""

import base64
import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from dashboard.sandbox import SandboxServer
from dashboard.sandbox.samples import latin
from tests.browser.joining import join
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import Traffic, settled, visit

BODY = {"image": base64.b64encode(latin().image).decode(), "settings": {"language": "English"}}


@pytest.fixture(scope="module")
def team(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard that lets in members only."""
    with running_dashboard(tmp_path_factory.mktemp("scripts"), api_url=sandbox.url, access="team") as running:
        yield running


def send(url: str, headers: dict[str, str] | None = None) -> None:
    """What a script does that was pointed here."""
    path = "/v5.0/ocr/RecognizeImageTrial?label=scan-7.png"
    answer = requests.post(f"{url}{path}", json=BODY, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text


def test_alone_it_works_without_a_key(page: Page, dashboard: RunningDashboard, traffic: Traffic) -> None:
    """The lines have the address that the browser knows; the first call turns the page green."""
    visit(page, f"{dashboard.url}/add?tab=scripts")
    expect(page.get_by_test_id("stCode").nth(1)).to_contain_text(f"{dashboard.url}/v5.0/ocr/RecognizeImage")
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    send(dashboard.url)
    expect(page.get_by_text("Waiting for the first call")).to_be_hidden(timeout=15_000)
    line = page.get_by_role("row", name=re.compile("Scripts without a key"))
    expect(line).to_contain_text("1 image")
    line.get_by_role("link", name="1 image").click()
    expect(page.get_by_role("link", name="scan-7.png")).to_be_visible()
    assert traffic.foreign(dashboard.url) == []


def test_an_owner_switches_it_on_and_makes_a_key(page: Page, team: RunningDashboard) -> None:
    """The key stands in the lines; what is typed elsewhere on the page stays; off means off."""
    join(page, team.owner_link, "Ada")
    visit(page, f"{team.url}/add?tab=scripts")
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_label("What it is for").fill("Scanner room")
    page.get_by_role("button", name="Make a key for scripts").click()
    shown = page.get_by_test_id("stCode").first
    expect(shown).to_contain_text("odk_")
    key = shown.inner_text().strip()
    page.get_by_text("Node", exact=True).click()
    expect(page.get_by_test_id("stCode").nth(2)).to_contain_text(f"Bearer {key}")
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    send(team.url, {"Authorization": f"Bearer {key}"})
    expect(page.get_by_text("The first call has come in.")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("row", name=re.compile("Scanner room"))).to_contain_text("1 image")
    page.get_by_role("tab", name="Task IDs").click()
    expect(page.get_by_role("textbox", name="Task IDs, with or without text around them")).to_be_visible()
    page.get_by_role("tab", name="From your scripts").click()
    page.get_by_role("button", name="Switch the address off").click()
    expect(page.get_by_text("Scripts cannot send anything here yet.")).to_be_visible()
    settled(page)
    url = f"{team.url}/v5.0/ocr/RecognizeImageTrial"
    refused = requests.post(url, json=BODY, headers={"Authorization": f"Bearer {key}"}, timeout=10)
    assert (refused.status_code, "switched off" in refused.text) == (403, True)
