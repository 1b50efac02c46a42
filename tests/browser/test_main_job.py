"""The job the product is for: paste IDs, watch them complete, take the text away."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dashboard.models import State
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.sandbox.samples import latin
from tests.browser.running import RunningDashboard, submit, submit_over_http
from tests.browser.seeing import (
    Traffic,
    choose,
    download,
    expect_state,
    open_state,
    row,
    settled,
    text_file,
    visit,
    wait_for,
)

SECRET = "eyJhbGciOiJub25lIn0.a-token-of-the-test-7f3a9c.c2lnbmF0dXJl"
REPLACEMENT = "eyJhbGciOiJub25lIn0.another-token-of-the-test-41d8.bmF0dXJlc2ln"


def _box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Task IDs, with or without text around them")


def _paste(page: Page, lines: list[str]) -> None:
    _box(page).fill("\n".join(lines))
    _box(page).press("Control+Enter")


def test_a_pasted_token_never_comes_back(page: Page, traffic: Traffic, dashboard: RunningDashboard) -> None:
    """After registration neither page nor network holds the token; its last four characters tell it apart."""
    visit(page, f"{dashboard.url}/tokens")
    page.get_by_role("radio", name="Access token: ends after an hour").click()
    field = page.get_by_label("Access token", exact=True)
    expect(field).to_have_attribute("type", "password")
    page.get_by_label("Label").fill("Accounting")
    field.fill(SECRET)
    page.get_by_role("button", name="Register token").click()
    expect(page.get_by_text(f"…{SECRET[-4:]}")).to_be_visible()
    expect(field).to_have_value("")
    settled(page)
    traffic.forget()
    _expect_no_secret(page, traffic)

    page.get_by_role("button", name="Paste a new token").click()
    page.get_by_role("dialog").get_by_label("Access token", exact=True).fill(REPLACEMENT)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"…{REPLACEMENT[-4:]}")).to_be_visible()
    settled(page)
    traffic.forget()
    wait_for(page, lambda: len(traffic.received) > 10, "the list refreshes")
    _expect_no_secret(page, traffic)
    traffic.forget()  # bodies cannot be read after the next navigation
    page.reload()
    settled(page)
    expect(page.get_by_text("Accounting").first).to_be_visible()
    _expect_no_secret(page, traffic)


def _expect_no_secret(page: Page, traffic: Traffic) -> None:
    # Fonts are taken from the browser's cache and have no body to look at.
    answers = [answer for answer in traffic.responses if answer.request.resource_type != "font"]
    seen = [page.content().encode(), *traffic.sent, *traffic.received, *(answer.body() for answer in answers)]
    assert not [one for one in seen if SECRET.encode() in one or REPLACEMENT.encode() in one]


@pytest.fixture(scope="module")
def token(dashboard: RunningDashboard) -> int:
    """A token that works."""
    return dashboard.add_token("Works", DEMO_ACCESS_TOKEN)


@pytest.mark.usefixtures("token")
def test_ids_are_pasted_watched_and_read(
    page: Page, context: BrowserContext, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Two IDs go in; both complete on a board nobody reloads; the masked text can be read, copied, saved."""
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=dashboard.url)
    known = submit(sandbox)
    dashboard.register(known, trial=True)
    board = context.new_page()
    visit(board, dashboard.url)

    page.bring_to_front()  # tabs at the back are drawn once a second
    trial = submit_over_http(sandbox, "RecognizeImageTrial", latin().image)
    visit(page, f"{dashboard.url}/add?tab=ids")
    page.get_by_text("Sent in evaluation mode").click()
    _paste(page, [f"{trial}  Trial page", known, "ähnlich-1234"])
    expect(page.get_by_text("1 new")).to_have_text("1 new · 1 already known · 1 not usable")
    page.get_by_role("button", name="Register 1 task").click()
    expect(page.get_by_role("link", name="Open the task")).to_be_visible()
    # What could not be used stays in the box, to be corrected.
    expect(_box(page)).to_have_value("ähnlich-1234")

    regular = submit_over_http(sandbox, "RecognizeImage", latin().image, DEMO_ACCESS_TOKEN)
    page.get_by_text("Sent in evaluation mode").click()
    choose(page.get_by_role("combobox", name="Token"), page.get_by_role("option", name="Works"))
    _paste(page, [f"{regular}  Regular page"])
    page.get_by_role("button", name="Register 1 task").click()

    expect_state(row(board, "Trial page"), State.COMPLETED)
    expect_state(row(board, "Regular page"), State.COMPLETED)
    expect(row(board, "Trial page")).to_contain_text("123 words, 12 masked")

    board.bring_to_front()
    row(board, "Trial page").get_by_role("link").click()
    expect(open_state(board, State.COMPLETED)).to_be_visible()
    expect(board.locator("mark.masked")).to_have_count(12)
    expect(board.get_by_text("123 words,")).to_contain_text("12 masked")
    assert board.locator("pre.ocr-text").text_content() == latin().trial_text

    board.get_by_role("button", name="Copy text").click()
    expect(board.get_by_role("button", name="Copied")).to_be_visible()
    assert board.evaluate("navigator.clipboard.readText()") == latin().trial_text
    assert download(board, text_file(board)) == (latin().trial_text or "").encode()

    page.bring_to_front()
    page.get_by_role("link", name="Open the task").click()
    expect(open_state(page, State.COMPLETED)).to_be_visible()
    expect(page.locator("pre.ocr-text")).to_have_text(latin().text.strip())
    expect(page.locator("mark.masked")).to_have_count(0)
    assert download(page, text_file(page)) == latin().text.encode()


@pytest.mark.parametrize("by", ["our ID", "the service's ID"])
def test_links_to_a_task_open_anywhere(
    by: str, chromium: Browser, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """An address sent to a colleague shows the text, whichever ID is in it."""
    task_id = submit(sandbox)
    ours = dashboard.register(task_id, trial=True, label="Sent around")
    with chromium.new_context() as colleague:
        page = colleague.new_page()
        visit(page, f"{dashboard.url}/task?id={ours if by == 'our ID' else task_id}")
        expect(page.get_by_role("heading", name="Sent around")).to_be_visible()
        expect(page.locator("mark.masked")).to_have_count(12)
