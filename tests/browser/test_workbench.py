"""The mask workbench: from one masked word to the next by buttons, keys, strip and list, without the server."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import State
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from tests.browser.running import RunningDashboard, submit
from tests.browser.seeing import Traffic, expect_state, open_state, row, settled, unmask, visit


@pytest.fixture(scope="module")
def trial(page: Page, sandbox: SandboxServer, dashboard: RunningDashboard) -> str:
    """The address of the vendor's sample in evaluation mode: 12 of 123 words masked."""
    ref = dashboard.register(submit(sandbox), trial=True, label="Masked")
    visit(page, dashboard.url)
    expect_state(row(page, "Masked"), State.COMPLETED)
    return f"{dashboard.url}/task?id={ref}"


@pytest.fixture(scope="module")
def token(dashboard: RunningDashboard) -> int:
    """For regular tasks."""
    return dashboard.add_token("Sandbox", DEMO_ACCESS_TOKEN)


@pytest.fixture
def opened(page: Page, trial: str) -> Page:
    """The result, freshly opened."""
    visit(page, trial)
    expect(page.locator("mark.masked")).to_have_count(12)
    expect(page.get_by_role("button", name="Next masked word")).to_be_visible()
    return page


def test_buttons_walk_in_a_circle(opened: Page) -> None:
    """Each step says where one is and shows the word."""
    following, previous = (
        opened.get_by_role("button", name=name) for name in ("Next masked word", "Previous masked word")
    )
    place = opened.get_by_role("status").filter(has_text="of 12")

    following.click()
    expect(place).to_contain_text("1 of 12, line 1")
    expect(opened.locator("mark[data-current-gap]")).to_have_count(1)
    expect(opened.locator("mark[data-current-gap]")).to_be_in_viewport()
    previous.click()
    expect(place).to_contain_text("12 of 12")
    following.click()
    expect(place).to_contain_text("1 of 12")


def test_keys_walk_without_asking_the_server(page: Page, opened: Page) -> None:
    """Keys n and p, anywhere on the page; nothing is sent."""
    settled(opened)
    with Traffic(page) as traffic:
        opened.locator("h1").click()
        traffic.forget()
        opened.keyboard.press("n")
        opened.keyboard.press("n")
        expect(opened.get_by_role("status").filter(has_text="2 of 12")).to_be_visible()
        opened.keyboard.press("p")
        expect(opened.get_by_role("status").filter(has_text="1 of 12")).to_be_visible()
        opened.keyboard.press("Control+p")
        expect(opened.get_by_role("status").filter(has_text="1 of 12")).to_be_visible()
        assert traffic.sent == []


def test_the_list_leads_to_each_word(opened: Page) -> None:
    """With its line and its neighbours."""
    opened.locator(".walker summary").click()
    items = opened.locator(".walker li button")
    expect(items).to_have_count(12)

    items.nth(6).click()

    expect(opened.get_by_role("status").filter(has_text="7 of 12")).to_be_visible()
    expect(opened.locator("mark.masked").nth(6)).to_have_attribute("data-current-gap", "")


def test_the_strip_leads_to_a_place(opened: Page) -> None:
    """Each bar says how many words are masked there, also to those who do not see it."""
    opened.get_by_role("button", name="the first is number 5").click()

    expect(opened.get_by_role("status").filter(has_text="5 of 12")).to_be_visible()


def test_regular_results_have_no_workbench(
    page: Page, token: int, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """On regular tasks asterisks are never called masks."""
    ref = dashboard.register(submit(sandbox, trial=False), credential=token)
    visit(page, f"{dashboard.url}/task?id={ref}")
    expect(open_state(page, State.COMPLETED)).to_be_visible()

    expect(page.locator("pre.ocr-text")).to_be_visible()
    expect(page.get_by_role("button", name="Next masked word")).to_have_count(0)


def test_masked_words_are_read_from_a_regular_result(
    page: Page, trial: str, token: int, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Chosen by a person; all twelve are filled in, and nothing else differs."""
    ref = dashboard.register(submit(sandbox, trial=False), credential=token, label="Masked")
    visit(page, f"{dashboard.url}/task?id={ref}")
    expect(open_state(page, State.COMPLETED)).to_be_visible()
    visit(page, trial)

    unmask(page, "Fill in from a regular result")
    page.get_by_role("radiogroup", name="Regular result").get_by_text("Masked").click()

    expect(page.get_by_text("12 of 12 masked words are in the regular result")).to_be_visible()
    expect(page.get_by_text("no other differences")).to_be_visible()
    expect(page.locator("ins.filled")).to_have_count(12)
