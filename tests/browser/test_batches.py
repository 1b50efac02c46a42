"""Images become texts beside them, one or many, with every page closed and with a token that dies."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.models import State
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.sandbox.samples import invoice, latin
from tests.browser.dropping import drop, forget_all, latin_at, open_add, paste, ready, send
from tests.browser.running import RunningDashboard
from tests.browser.seeing import choose, inaccessible, open_state, rarely_done, settled, visit, wait_for
from tests.dropping import made

ENDED = "eyJhbGciOiJub25lIn0.eyJleHAiOjE1MDAwMDAwMDB9.c2lnbmF0dXJl"
"""An access token that says that it ended in 2017."""


@pytest.fixture
def add(page: Page, dashboard: RunningDashboard) -> Page:
    """The page, with nothing waiting."""
    forget_all(page, dashboard.url)
    return page


def files_of(page: Page) -> Locator:
    """The files of a batch on its page."""
    return page.locator(".ocr-batch li")


def kept(page: Page) -> Locator:
    """How far it is, in words."""
    return page.locator(".ocr-head .ocr-state")


def in_evaluation_mode(page: Page, *, trial: bool) -> None:
    """Switch it on or off."""
    switch = page.get_by_role("switch", name="Evaluation mode: free, without a token")
    if switch.is_checked() != trial:
        page.get_by_text("Evaluation mode: free, without a token").click()
    settled(page)


def test_three_images_become_three_texts(add: Page) -> None:
    """Without a token; each text stands beside its image, on the batch's page and on its own."""
    drop(add, {"page 1.png": latin().image, "page 2.png": invoice().image, "page 3.png": latin_at(3)})
    expect(add.get_by_role("switch", name="Evaluation mode: free, without a token")).to_be_checked()
    send(add, 3)
    expect(kept(add)).to_have_text("3 of 3 kept")
    expect(files_of(add)).to_have_count(3)
    for number, says in enumerate(("Lorem ipsum", "Invoice", "1284 x 1818"), 1):
        one = files_of(add).nth(number - 1)
        expect(one.get_by_role("link", name=f"page {number}.png")).to_be_visible()
        expect(one.locator("pre")).to_contain_text(re.compile(says, re.IGNORECASE))
        assert one.locator("img").evaluate("one => one.naturalWidth") > 0
    expect(add).to_have_title(re.compile("^3 of 3 kept · .* · OCR Dashboard$"))
    assert inaccessible(add) == []
    files_of(add).first.get_by_role("link", name="page 1.png").click()
    expect(open_state(add, State.COMPLETED)).to_be_visible()
    expect(add.locator("mark.masked")).not_to_have_count(0)
    expect(add.get_by_role("img", name="Source image page 1.png")).to_be_visible()


def test_a_pasted_image_becomes_a_text(add: Page, dashboard: RunningDashboard) -> None:
    """And the same one again is told to be known."""
    paste(add, {"image.png": latin().image})
    send(add, 1)
    expect(files_of(add).locator("pre")).to_contain_text("Lorem ipsum")
    open_add(add, dashboard.url)
    paste(add, {"image.png": latin().image})
    link = ready(add).get_by_role("link", name="Sent before: look at its result")
    with add.context.expect_page() as opened:
        link.click()
    expect(open_state(opened.value, State.COMPLETED)).to_be_visible()
    opened.value.close()


def test_documents_stay_in_evaluation_mode(add: Page) -> None:
    """They are named, the image goes on; the document waits for another click."""
    drop(add, {"scan.png": latin_at(5), "letter.pdf": made.pdf()})
    expect(ready(add)).to_have_count(2)
    expect(add.get_by_text("letter.pdf: Evaluation mode takes images only")).to_be_visible()
    add.get_by_role("button", name="Send 1 file").click()
    add.wait_for_url("**/batch?*")
    expect(kept(add)).to_have_text("1 of 1 kept")
    add.get_by_role("link", name="Add", exact=True).click()
    expect(ready(add).locator(".name")).to_have_text(["letter.pdf"])


def test_a_batch_goes_on_with_the_page_closed(add: Page, dashboard: RunningDashboard) -> None:
    """Fifty files in a ZIP; opened again, the page and the board tell how far it is."""
    pages = {f"{number:02}.png": latin_at(100 + number) for number in range(50)}
    drop(add, {"fifty.zip": made.zip_of(pages)})
    expect(ready(add)).to_have_count(50, timeout=90_000)
    add.get_by_role("textbox", name="Name of the batch").fill("Fifty pages")
    add.keyboard.press("Enter")
    send(add, 50)
    expect(add.get_by_role("heading", name="Fifty pages")).to_be_visible()
    address = add.url
    add.goto("about:blank")
    wait_for(add, lambda: dashboard.tasks(q=".png", per_page="1")["total"] >= 50, "they are sent")
    board = add.context.new_page()
    visit(board, dashboard.url)
    visit(add, address)
    expect(kept(add)).to_have_text("50 of 50 kept", timeout=60_000)
    expect(files_of(add)).to_have_count(20)
    expect(board.get_by_role("link", name="Fifty pages")).to_have_count(0)
    board.close()
    with add.expect_download() as download:
        add.get_by_role("link", name="Download results").click()
    assert download.value.suggested_filename.endswith(".zip")


@pytest.fixture(scope="module")
def dead(dashboard: RunningDashboard) -> int:
    """A token whose time is over."""
    return dashboard.add_token("Dead on arrival", ENDED)


@pytest.mark.usefixtures("dead")
def test_a_batch_is_paused_and_ended(add: Page) -> None:
    """What was not sent yet is not; it can be sent later."""
    drop(add, {"one.png": latin_at(200), "two.png": latin_at(201)})
    in_evaluation_mode(add, trial=False)
    send(add, 2)
    expect(kept(add)).to_contain_text("0 of 2 kept")
    add.get_by_role("button", name="Pause").click()
    expect(kept(add)).to_contain_text("paused: 2 files not sent")
    add.get_by_role("button", name="Cancel 2 not sent").click()
    add.get_by_role("button", name="Cancel them").click()
    expect(kept(add)).to_have_text(re.compile("2 cancelled"))


@pytest.mark.usefixtures("dead")
def test_a_token_that_dies_loses_nothing(add: Page, dashboard: RunningDashboard) -> None:
    """The files wait with the reason; a token that works has them sent."""
    drop(add, {"one.png": latin_at(210), "two.png": latin_at(211)})
    in_evaluation_mode(add, trial=False)
    images = add.get_by_role("tabpanel", name="Images")
    expect(images.get_by_text("does not work now")).to_be_visible()
    send(add, 2)
    expect(files_of(add).first).to_contain_text("Waiting to be sent")
    address = add.url
    visit(add, f"{dashboard.url}/tokens")
    add.get_by_role("button", name="Paste a new token").first.click()
    add.get_by_label("Access token").last.fill(DEMO_ACCESS_TOKEN)
    add.get_by_role("button", name="Save").last.click()
    settled(add)
    visit(add, address)
    expect(kept(add)).to_have_text("2 of 2 kept", timeout=60_000)


def test_an_image_is_sent_again(add: Page) -> None:
    """From its task's page with other settings: two results of one image, compared, and one that counts."""
    drop(add, {"again.png": latin_at(220)})
    in_evaluation_mode(add, trial=True)
    send(add, 1)
    expect(kept(add)).to_have_text("1 of 1 kept")
    files_of(add).get_by_role("link", name="again.png").click()
    rarely_done(add, "Send again").click()
    dialog = add.get_by_role("dialog")
    expect(dialog.get_by_role("switch", name="Evaluation mode: free, without a token")).to_be_checked()
    dialog.get_by_role("button", name="Send it").click()
    add.wait_for_url("**/batch?*")
    expect(kept(add)).to_have_text("1 of 1 kept")
    files_of(add).get_by_role("link", name="again.png").click()
    add.get_by_text("2 results of this image").click()
    add.get_by_role("button", name="Mark this one as the result").click()
    expect(add.get_by_text("the result", exact=True)).to_be_visible()
    choose(add.get_by_role("combobox", name="Compare this one with"), add.get_by_role("option").first)
    expect(add.locator(".ocr-changes")).to_contain_text("1284 x 1818")
