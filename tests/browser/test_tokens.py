"""Tokens end while tasks are open, and those that renew themselves: what people see of it."""

import time

from playwright.sync_api import Page, expect

from dashboard.models import ParkReason, State
from dashboard.sandbox import SandboxServer, Tempo
from dashboard.sandbox.issued_tokens import DEMO_ACCESS_TOKEN, ISSUER, sign
from tests.browser.running import RunningDashboard, submit
from tests.browser.seeing import Traffic, expect_state, open_state, row, settled, visit, wait_for, word

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "planted-client-secret-0123456789"


def token_for(seconds: float) -> str:
    """An access token of the sandbox that ends so many seconds from now."""
    return sign({"iss": ISSUER, "client_id": "short", "exp": int(time.time() + seconds)})


def test_a_pasted_token_ends_while_tasks_are_open(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """They are parked with the reason and the next step; a new token in the same entry completes them."""
    token = dashboard.add_token("Short lived", token_for(6))
    task_id = submit(sandbox, trial=False, tempo=Tempo(8, 1))
    task = dashboard.register(task_id, label="Outlives its token", credential=token)
    visit(page, dashboard.url)
    expect_state(row(page, "Outlives its token"), ParkReason.TOKEN_EXPIRED)
    said = page.locator(".ocr-callout").filter(has_text="Short lived")
    expect(said).to_contain_text("It has ended, and 1 open task depends on it.")
    expect(said).to_contain_text("Paste a new access token into it")
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(open_state(page, State.PENDING)).to_contain_text(word(ParkReason.TOKEN_EXPIRED))

    visit(page, f"{dashboard.url}/tokens")
    card = page.locator(f".st-key-token_{token}")
    expect(card).to_contain_text("Expired")
    card.get_by_role("button", name="Paste a new token").click()
    page.get_by_role("dialog").get_by_label("Access token", exact=True).fill(DEMO_ACCESS_TOKEN)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Working")

    visit(page, dashboard.url)
    expect_state(row(page, "Outlives its token"), State.COMPLETED)


def test_a_client_id_and_secret(
    page: Page, traffic: Traffic, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """A wrong secret is refused in words at once; the right one works, and is never sent back."""
    visit(page, f"{dashboard.url}/tokens")
    page.get_by_label("Label", exact=True).fill("Renewing")
    page.get_by_label("Client ID", exact=True).fill(CLIENT_ID)
    page.get_by_label("Client secret", exact=True).fill("wrong")
    page.get_by_role("button", name="Register token").click()
    card = page.locator(".st-key-tokens_none, [class*='st-key-token_']").filter(has_text="Renewing").last
    expect(card).to_contain_text("Rejected")
    expect(card).to_contain_text("not active yet")
    said = page.locator(".ocr-callout").filter(has_text="It is kept as “Renewing”.")
    expect(said).to_contain_text("The login does not work:")
    expect(page.get_by_text("Registered “Renewing”")).to_have_count(0)

    card.get_by_role("button", name="Paste a new token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Client ID", exact=True).fill(CLIENT_ID)
    dialog.get_by_label("Client secret", exact=True).fill(SECRET)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(card).to_contain_text("Working")  # tried at once, for it costs nothing
    settled(page)
    traffic.forget()
    card.get_by_role("button", name="Test").click()
    expect(page.get_by_role("dialog")).to_contain_text("This costs nothing.")
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_role("dialog")).to_contain_text("It works")
    page.keyboard.press("Escape")
    expect(card).to_contain_text("Working")
    expect(card).to_contain_text("renews in")

    task_id = submit(sandbox, trial=False)
    dashboard.register(task_id, label="By a minted token", credential="Renewing")
    wait_for(page, lambda: dashboard.task(task_id).get("state") == "completed", "the task completes")
    wait_for(page, lambda: len(traffic.received) > 5, "the page refreshes")
    assert SECRET not in page.content()
    assert not any(SECRET.encode() in frame for frame in traffic.received)
    assert SECRET not in page.url
