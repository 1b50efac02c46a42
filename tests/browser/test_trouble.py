"""What is in the way is said while it is, and is over when it is over."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.models import ParkReason, State
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.sandbox.samples import latin
from tests.browser.running import RunningDashboard, free_port, running_dashboard, submit, submit_over_http
from tests.browser.seeing import expect_state, open_state, row, visit, word


def test_an_outage_is_said_and_ends_by_itself(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    """While the service is away the board says since when and what comes next; then the task completes."""
    port = free_port()
    sandbox = SandboxServer(port=port)
    task_id = submit(sandbox)
    with running_dashboard(
        tmp_path_factory.mktemp("outage"), api_url=f"http://127.0.0.1:{port}"
    ) as dashboard:
        dashboard.register(task_id, trial=True, label="Patient")
        visit(page, dashboard.url)
        expect_state(row(page, "Patient"), ParkReason.UNREACHABLE)
        said = page.get_by_role("status").filter(has_text=word(ParkReason.UNREACHABLE))
        expect(said).to_contain_text("since")
        expect(said).to_contain_text(re.compile(r"next try: (now|0:\d\d)"))
        expect(said).to_contain_text("1 task")
        with sandbox:
            expect_state(row(page, "Patient"), State.COMPLETED)
            expect(said).to_have_count(0)


def test_a_service_that_is_away_is_said_once(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All its tasks wait for one that asks; with its return they complete, and nothing is said any more."""
    port = free_port()
    sandbox = SandboxServer(port=port)
    submitted = [submit(sandbox) for _ in range(12)]
    with running_dashboard(tmp_path_factory.mktemp("away"), api_url=f"http://127.0.0.1:{port}") as dashboard:
        for number, task_id in enumerate(submitted):
            dashboard.register(task_id, trial=True, label=f"Patient {number}")
        visit(page, dashboard.url)
        said = page.get_by_role("status").filter(has_text="has given no usable answer since")
        expect(said).to_contain_text("12 tasks wait; it is asked again every 15 s.")
        for number in (0, 11):
            expect_state(row(page, f"Patient {number}"), ParkReason.UNREACHABLE)
        with sandbox:
            for number in (0, 11):
                expect_state(row(page, f"Patient {number}"), State.COMPLETED)
            expect(said).to_have_count(0)


def test_a_rejected_token_is_said_and_a_new_one_continues(
    page: Page, context: BrowserContext, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Board and Tokens both say it; after a new token is pasted the task goes on and nothing was lost."""
    token = dashboard.add_token("Accounting", "a-token-nobody-accepts")
    task_id = submit_over_http(sandbox, "RecognizeImage", latin().image, DEMO_ACCESS_TOKEN)
    task = dashboard.register(task_id, label="Interrupted", credential=token)
    visit(page, dashboard.url)
    expect_state(row(page, "Interrupted"), ParkReason.TOKEN_REJECTED)
    expect(page.locator(".ocr-callout").filter(has_text="Accounting")).to_be_visible()

    tokens = context.new_page()
    visit(tokens, f"{dashboard.url}/task?id={task}")
    expect(open_state(tokens, State.PENDING)).to_contain_text(word(ParkReason.TOKEN_REJECTED))
    tokens.goto(dashboard.url)
    tokens.get_by_role("link", name="Go to Tokens").click()
    card = tokens.locator(f".st-key-token_{token}")
    expect(card).to_contain_text("Rejected")
    card.get_by_role("button", name="Paste a new token").click()
    tokens.get_by_role("dialog").get_by_label("Access token", exact=True).fill(DEMO_ACCESS_TOKEN)
    tokens.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Working")
    tokens.close()

    expect_state(row(page, "Interrupted"), State.COMPLETED)
    expect(page.locator(".ocr-callout").filter(has_text="Accounting")).to_have_count(0)


def test_a_task_without_a_token_waits_for_one(
    page: Page, sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The board leads to Tokens; registering one there is all it takes."""
    task_id = submit_over_http(sandbox, "RecognizeImage", latin().image, DEMO_ACCESS_TOKEN)
    with running_dashboard(tmp_path_factory.mktemp("tokenless"), api_url=sandbox.url) as dashboard:
        dashboard.register(task_id, label="Locked")
        visit(page, dashboard.url)
        expect_state(row(page, "Locked"), ParkReason.TOKEN_MISSING)
        page.get_by_role("link", name="Go to Tokens").click()
        page.get_by_role("radio", name="Access token: ends after an hour").click()
        page.get_by_label("Access token", exact=True).fill(DEMO_ACCESS_TOKEN)
        page.get_by_role("button", name="Register token").click()
        expect(page.locator(".st-key-token_1")).to_be_visible()
        page.get_by_role("link", name="Board").click()
        expect_state(row(page, "Locked"), State.COMPLETED)
