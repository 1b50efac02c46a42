"""One task's page: how long it lasts, what came of it, what can be done."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.models import Operation, State
from dashboard.sandbox import SandboxServer
from dashboard.sandbox.answers import parts
from dashboard.sandbox.samples import invoice
from dashboard.wire.endpoints import Endpoint
from tests.browser.running import NEVER, RunningDashboard, submit
from tests.browser.seeing import (
    Traffic,
    choose,
    choose_interval,
    download,
    new_visitor,
    open_state,
    rarely_done,
    row,
    settled,
    text_file,
    visit,
    wait_for,
)


@pytest.fixture(scope="module", autouse=True)
def misfiled(sandbox: SandboxServer, dashboard: RunningDashboard) -> int:
    """A task under the wrong operation; registered first, because it takes a while until it is believed lost."""
    five_minutes_ago = datetime.now(UTC) - timedelta(minutes=5)
    return dashboard.register(
        submit(sandbox),
        operation="ConvertTextToSpeech",
        trial=True,
        submitted_at=five_minutes_ago.isoformat(),
    )


def test_the_countdown_ticks_without_the_server(
    chromium: Browser, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Refreshing, switched off on the board, is off here too; each second the time left goes down all the same."""
    dashboard.register(submit(sandbox, tempo=NEVER), trial=True, label="Ticking")
    # A visitor of its own: the browser remembers the interval, and the other tests share the usual one.
    with new_visitor(chromium) as visitor, Traffic(visitor.new_page()) as traffic:
        page = traffic.page
        visit(page, dashboard.url)
        choose_interval(page, "Off")
        expect(page.get_by_role("button", name="Refresh", exact=True)).to_be_visible()
        row(page, "Ticking").get_by_role("link").click()
        expect(open_state(page, State.PENDING)).to_be_visible()
        expect(page.get_by_role("button", name="Refresh", exact=True)).to_be_visible()
        settled(page)
        traffic.forget()

        countdown = page.locator("time[data-expires]")
        seen: list[str] = []
        wait_for(page, lambda: len(_noted(seen, countdown.inner_text())) >= 4, "the countdown ticks")
        left = [_seconds(text) for text in seen]
        assert left == list(range(left[0], left[0] - len(left), -1))
        assert (traffic.frames, len(traffic.requests)) == (0, 0)


def _noted(seen: list[str], text: str) -> list[str]:
    if text not in seen:
        seen.append(text)
    return seen


def _seconds(text: str) -> int:
    hours, minutes, seconds = (int(piece) for piece in text.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


def test_a_deadline_is_as_sure_as_it_is(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Exact when the submission is known, "at most" when it is not, and saved once the result is here."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    exact = dashboard.register(submit(sandbox, tempo=NEVER), trial=True, submitted_at=an_hour_ago.isoformat())
    unknown = dashboard.register(submit(sandbox, tempo=NEVER), trial=True)
    done = dashboard.register(submit(sandbox), trial=True)
    head, left = page.locator(".ocr-head"), page.locator(".ocr-open")
    visit(page, f"{dashboard.url}/task?id={exact}")
    expect(left.locator("time[data-expires]")).to_have_text(re.compile("^22:59:"))
    expect(left).not_to_contain_text("at most")
    visit(page, f"{dashboard.url}/task?id={unknown}")
    expect(left).to_contain_text(re.compile("23:59:.*left at most"))
    visit(page, f"{dashboard.url}/task?id={done}")
    expect(head).to_contain_text(re.compile(r"Saved [A-Z][a-z]{2} \d+, \d{4}"))
    expect(left).to_have_count(0)


def test_a_failure_is_told_in_the_services_words(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """The page of a failed task says what the service said, and its timeline has every call."""
    task = dashboard.register(submit(sandbox, image=b"nothing to see"), trial=True)
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(open_state(page, State.FAILED)).to_be_visible()
    words = "The image could not be read: unknown or damaged file format."
    expect(page.get_by_role("alert")).to_contain_text(words)
    page.locator(".st-key-timeline summary").click()
    call = page.get_by_role("table").get_by_role("row").last
    expect(call).to_contain_text("Error / Error")
    expect(call).to_contain_text("200")
    expect(call).to_contain_text(words)


def test_notices_stand_beside_the_text(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """A result that came with a notice shows both."""
    task = dashboard.register(submit(sandbox, notices=("The scan is skewed.",)), trial=True)
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(open_state(page, State.COMPLETED_WITH_NOTICES)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="The scan is skewed.")).to_be_visible()
    expect(page.locator("pre.ocr-text")).to_be_visible()


def test_every_part_can_be_saved_as_it_came(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Downloads are the very bytes of the service, PDF and hOCR alike."""
    types = ("Text", "Pdf", "Hocr")
    task_id = submit(sandbox, image=invoice().image, result_types=types)
    sent, _ = sandbox.state.find(task_id, Endpoint(Operation.RECOGNIZE_IMAGE, trial=True))
    assert sent is not None
    task = dashboard.register(task_id, trial=True)
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(open_state(page, State.COMPLETED)).to_be_visible()
    text_file(page)
    for number, (_, data) in enumerate(parts(sent)):
        button = page.locator(f".st-key-result_view_part_{number}").get_by_role("button")
        assert download(page, button) == data


@pytest.mark.parametrize(("size", "lowest"), [((1280, 900), 220), ((390, 844), 800)], ids=["wide", "narrow"])
@pytest.mark.parametrize("types", [("Text",), ("Text", "Pdf", "Hocr")], ids=["text", "files"])
def test_people_read_at_once(
    size: tuple[int, int],
    lowest: int,
    types: tuple[str, ...],
    chromium: Browser,
    sandbox: SandboxServer,
    dashboard: RunningDashboard,
) -> None:
    """The text begins near the top; nothing has to be scrolled away, with several files and masked words too."""
    task = dashboard.register(submit(sandbox, result_types=types), trial=True, label="To be read")
    with new_visitor(chromium) as reader:
        page = reader.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        visit(page, f"{dashboard.url}/task?id={task}")
        expect(page.locator("pre.ocr-text mark.masked")).to_have_count(12)
        expect(page.get_by_role("searchbox", name="Find in this text")).to_be_visible()
        settled(page)
        first = """() => {
            const range = new Range();
            range.selectNodeContents(document.querySelector("pre.ocr-text"));
            return range.getClientRects()[0].top;
        }"""
        wait_for(page, lambda: page.evaluate(first) < lowest, f"the first line stands above {lowest} px")


def test_the_next_task_is_one_click_away(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """In the order of the list it was opened from, by link and without going back; the tab says what it shows."""
    for name in ("Series 1", "Series 2", "Series 3"):
        dashboard.register(submit(sandbox), trial=True, label=name)
    visit(page, f"{dashboard.url}/?q=Series")
    row(page, "Series 2").get_by_role("link").click()
    among = page.get_by_role("navigation", name="In the list")
    expect(among).to_contain_text("2 of 3")
    expect(page).to_have_title("✓ Series 2 · OCR Dashboard")

    among.get_by_role("link", name="Next task").click()
    expect(page.get_by_role("heading", name="Series 1")).to_be_visible()
    expect(among).to_contain_text("3 of 3")
    expect(among.get_by_role("link", name="Next task")).to_have_count(0)
    among.get_by_role("link", name="Previous task").click()
    expect(page.get_by_role("heading", name="Series 2")).to_be_visible()
    page.get_by_role("link", name="Back to the board").click()
    expect(page).to_have_url(f"{dashboard.url}/?q=Series")


def test_a_task_nobody_named_is_called_by_its_first_words(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Never by an ID; while there is no text, by what it is and when it came."""
    done = dashboard.register(submit(sandbox, image=invoice().image), trial=True)
    waits = dashboard.register(submit(sandbox, tempo=NEVER), trial=True)
    visit(page, f"{dashboard.url}/task?id={done}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PROFORMA INVOICE")
    visit(page, f"{dashboard.url}/task?id={waits}")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Image, added \d{4}-"))
    page.evaluate("sessionStorage.clear()")
    page.reload()
    settled(page)
    expect(page.get_by_role("link", name="Next task")).to_have_count(0)  # it was opened from no list


@pytest.mark.parametrize("reference", ["", "<script>alert(1)</script>", "9" * 400, "nope"])
def test_an_unknown_address_is_met_kindly(reference: str, page: Page, dashboard: RunningDashboard) -> None:
    """Whatever the address says, the answer is a sentence and the way to the board."""
    visit(page, f"{dashboard.url}/task?id={reference}")
    expect(page.get_by_role("link", name="Go to the board")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_wrong_operation_can_be_put_right(page: Page, misfiled: int, dashboard: RunningDashboard) -> None:
    """A task not found under one operation is found under the right one, without being added again."""
    visit(page, f"{dashboard.url}/task?id={misfiled}")
    expect(open_state(page, State.NOT_FOUND)).to_be_visible()
    rarely_done(page, "Wrong operation or token?").click()
    question = page.get_by_role("dialog")
    image = page.get_by_role("option", name="Image (RecognizeImage)")
    choose(question.get_by_role("combobox", name="Operation"), image)
    expect(question.get_by_role("switch", name="Sent in evaluation mode")).to_be_checked()
    question.get_by_role("button", name="Look again").click()
    expect(open_state(page, State.COMPLETED)).to_be_visible()
    expect(page.locator("mark.masked")).to_have_count(12)


def test_the_endpoint_of_an_id_is_searched_for(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """What would be asked, and what it costs, is said first; nothing is asked before it is confirmed."""
    task_ref = dashboard.register(submit(sandbox), operation="RecognizeReceipt", trial=False)
    visit(page, f"{dashboard.url}/task?id={task_ref}")
    rarely_done(page, "Which endpoint took it?").click()
    question = page.get_by_role("dialog")
    expect(question.get_by_text("Image (evaluation mode)")).to_be_visible()
    question.get_by_role("button", name="Search").click()
    expect(open_state(page, State.COMPLETED)).to_be_visible()
    expect(page.locator("mark.masked")).to_have_count(12)
