"""A task's page as a reader: text beside its source, what is known at its side, and one way out of trouble."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.sandbox import SandboxServer
from dashboard.sandbox.samples import invoice
from tests.browser.running import NEVER, RunningDashboard, submit
from tests.browser.seeing import inaccessible, unmask, visit


@pytest.fixture(scope="module")
def beside(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The page of an invoice with hOCR whose image is kept with it."""
    task_id = submit(sandbox, image=invoice().image, result_types=("Text", "Hocr"))
    task = dashboard.register(task_id, trial=True, label="Invoice")
    scan = tmp_path_factory.mktemp("scan") / "invoice.jpg"
    scan.write_bytes(invoice().image)
    url = f"{dashboard.url}/task?id={task}"
    visit(page, url)
    page.get_by_role("button", name="Add the image to compare with").click()
    page.locator("input[type=file]").set_input_files(scan)
    page.get_by_role("button", name="Keep this image").click()
    expect(page.get_by_role("img", name="Source image invoice.jpg")).to_be_visible()
    return url


def test_words_and_places_go_together(page: Page, beside: str) -> None:
    """A click on a word shows its place, a click on a place its word; unsure ones are walked through by key."""
    visit(page, beside)
    viewer = page.locator(".viewer")
    expect(viewer.locator("img")).to_be_visible()
    frame = viewer.locator(".frame")
    expect(frame).to_be_hidden()
    word = _box_of(page, "Seller")
    page.mouse.click(word["x"] + 5, word["y"] + word["height"] / 2)
    expect(frame).to_be_visible()
    expect(viewer.get_by_role("status")).to_contain_text("“Seller” 97 % sure")
    image = viewer.locator("img").bounding_box()
    at = frame.bounding_box()
    assert image is not None
    assert at is not None
    assert 0 < at["x"] + at["width"] / 2 - image["x"] < image["width"] / 10
    # PROFORMA, by its place on the picture.
    page.mouse.click(image["x"] + image["width"] * 383 / 882, image["y"] + image["height"] * 15 / 1199)
    expect(viewer.get_by_role("status")).to_contain_text("“PROFORMA”")
    page.keyboard.press("u")
    expect(viewer.get_by_role("status")).to_contain_text("60 % sure")


def _box_of(page: Page, word: str) -> dict[str, float]:
    """Where a word of the text is on the screen."""
    found: dict[str, float] = page.evaluate(
        """word => {
            const walker = document.createTreeWalker(document.querySelector('pre.ocr-text'), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const start = node.data.indexOf(word);
                if (start < 0) continue;
                const range = new Range();
                range.setStart(node, start);
                range.setEnd(node, start + word.length);
                const { x, y, width, height } = range.getBoundingClientRect();
                return { x, y, width, height };
            }
        }""",
        word,
    )
    return found


def test_the_divider_is_moved_and_kept(page: Page, beside: str) -> None:
    """By mouse and by keys."""
    visit(page, beside)
    line = page.get_by_role("separator", name="Share of the text")
    expect(line).to_have_attribute("aria-valuenow", "50")
    line.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "60")
    page.reload()
    expect(line).to_have_attribute("aria-valuenow", "60")
    line.dblclick()
    expect(line).to_have_attribute("aria-valuenow", "50")


def test_what_is_known_stands_at_the_side(page: Page, beside: str) -> None:
    """Facts with the ID to copy, files with sizes, each call as a dot, and what it cost."""
    visit(page, beside)
    side = page.locator(".st-key-side_panel")
    expect(side.get_by_role("button", name="Copy ID")).to_be_visible()
    expect(side.get_by_role("link", name="hOCR")).to_be_visible()
    expect(side.locator(".ocr-dots li").first).to_be_visible()
    expect(side).to_contain_text(re.compile(r"\d+ calls?, not billed in evaluation mode"))
    text, panel = page.locator("pre.ocr-text").bounding_box(), side.bounding_box()
    assert text is not None
    assert panel is not None
    assert panel["x"] > text["x"] + text["width"]


def test_on_a_narrow_screen_it_is_a_drawer(chromium: Browser, beside: str) -> None:
    """A button opens it over the text; the same button, Escape and a touch beside it close it."""
    with chromium.new_context(viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.new_page()
        visit(page, beside)
        details = page.get_by_role("button", name="Details")
        side = page.locator(".st-key-side_panel")
        expect(details).to_have_attribute("aria-expanded", "false")
        expect(side).to_be_hidden()
        details.click()
        expect(side).to_be_visible()
        expect(page.get_by_role("region", name="Details")).to_be_focused()
        assert inaccessible(page) == []
        side.get_by_role("button", name="Source image").click()
        menu = page.get_by_test_id("stPopoverBody")
        expect(menu).to_be_visible()
        page.keyboard.press("Escape")
        expect(menu).to_have_count(0)
        expect(side).to_be_visible()
        page.keyboard.press("Escape")
        expect(side).to_be_hidden()
        details.click()
        page.get_by_role("button", name="Close", exact=True).click()
        expect(side).to_be_hidden()
        expect(details).to_be_focused()
        details.click()
        expect(side).to_be_visible()
        page.mouse.click(10, 500)
        expect(side).to_be_hidden()
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as visitor:
        page = visitor.new_page()
        visit(page, beside)
        expect(page.locator(".st-key-side_panel")).to_be_visible()
        expect(page.get_by_role("button", name="Details")).to_be_hidden()


def test_the_drawer_of_a_live_page_stays_open(
    chromium: Browser, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Over several refreshes; another page begins with it closed."""
    task = dashboard.register(submit(sandbox, tempo=NEVER), trial=True, label="Open")
    with chromium.new_context(viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.new_page()
        visit(page, f"{dashboard.url}/task?id={task}")
        page.get_by_role("button", name="Details").click()
        page.wait_for_timeout(5_000)
        expect(page.get_by_role("button", name="Copy ID")).to_be_visible()
        expect(page.get_by_role("button", name="Close", exact=True)).to_have_attribute(
            "aria-expanded", "true"
        )
        visit(page, f"{dashboard.url}/task?id={task}")
        expect(page.get_by_role("button", name="Copy ID")).to_be_hidden()


def test_one_menu_to_unmask(page: Page, sandbox: SandboxServer, dashboard: RunningDashboard) -> None:
    """It offers what is possible."""
    task = dashboard.register(submit(sandbox), trial=True, label="Masked")
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(page.locator("mark.masked").first).to_be_visible()
    unmask(page, "Judge the asterisks")
    expect(page.get_by_text("Asterisks: 12")).to_be_visible()


def test_an_open_task_shows_how_far_it_is(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """A large countdown, and the steps with the present one."""
    task = dashboard.register(submit(sandbox, tempo=NEVER), trial=True, label="Slow")
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(page.locator(".ocr-ring time")).to_have_text(re.compile(r"^2[34]:\d\d:\d\d$"))
    expect(page.locator(".ocr-steps li[aria-current=step]")).to_contain_text("Reading")


def test_trouble_has_one_button(page: Page, sandbox: SandboxServer, dashboard: RunningDashboard) -> None:
    """The cause, and what mends it: of what failed, sending it again."""
    task = dashboard.register(submit(sandbox, image=b"no image"), trial=True, label="Broken")
    visit(page, f"{dashboard.url}/task?id={task}")
    expect(page.get_by_text("The service says:")).to_be_visible()
    expect(page.locator("[data-testid=stMain] button[kind=primary]")).to_have_count(1)
    page.get_by_role("button", name="Send the image again").click()
    expect(page.get_by_role("heading", name="Add")).to_be_visible()


def test_times_here_or_in_utc_and_the_theme(page: Page, beside: str) -> None:
    """As the browser writes them; chosen on any page, for all of them."""
    visit(page, beside)
    first = page.locator(".ocr-facts time").first
    expect(first).to_have_text(re.compile(r"^[A-Z][a-z]{2} \d+, \d{4}, "))
    open_display(page)
    page.get_by_role("radio", name="UTC", exact=True).click()
    expect(first).to_contain_text("UTC")
    open_display(page)
    page.get_by_role("radio", name="Dark").click()
    ground = page.locator("[data-testid=stApp]")
    expect(ground).to_have_css("background-color", "rgb(16, 22, 29)")
    visit(page, beside.partition("/task")[0])
    expect(ground).to_have_css("background-color", "rgb(16, 22, 29)")
    open_display(page)
    page.get_by_role("radio", name="As the system").click()
    expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
    open_display(page)
    page.get_by_role("radio", name=re.compile("^Here")).click()


def open_display(page: Page) -> None:
    """The menu in the corner."""
    menu = page.locator("details:has(summary[title=Display])")
    menu.locator("summary").click()
    expect(menu.get_by_role("radio").first).to_be_visible()
