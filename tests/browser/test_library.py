"""Finding, tagging, correcting and sharing results, as people do it."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.hostile import answering, result
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import choose, count_at_once, download, settled, text_file, unmask, visit, wait_for

RESULTS = {
    "Invoice of May": (False, "Invoice 1234\nThe total amount due is one hundred Euro."),
    "Letter": (False, "Dear Ms Müller, thank you for your letter."),
    "Evaluation": (
        True,
        "* first point\nThe ***** amount due is one hundred Euro for these many chairs and tables.",
    ),
}


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard with three results."""
    ids = {label: f"library-{number:08d}" for number, label in enumerate(RESULTS)}
    answers = {ids[label]: result(("Text", text.encode())) for label, (_, text) in RESULTS.items()}
    with (
        answering(answers) as service,
        running_dashboard(tmp_path_factory.mktemp("library"), api_url=service) as running,
    ):
        running.add_token("token", "a-token-for-the-library")
        for label, (trial, _) in RESULTS.items():
            running.register(ids[label], trial=trial, label=label)
        yield running


@pytest.fixture
def library(page: Page, dashboard: RunningDashboard) -> Page:
    """The library with all results."""
    wait_for(page, lambda: dashboard.tasks(state="completed")["total"] == len(RESULTS), "all are stored")
    visit(page, f"{dashboard.url}/library")
    expect(page.locator(".ocr-found")).to_have_count(len(RESULTS))
    return page


def titles(page: Page) -> list[str]:
    """What is listed."""
    return page.locator(".ocr-found a").all_inner_texts()


def find(page: Page, words: str) -> None:
    """Search."""
    field = page.get_by_label("Find in every stored text", exact=True)
    field.fill(words)
    field.press("Enter")


def pick(page: Page, label: str) -> None:
    """Select a result."""
    page.get_by_role("checkbox", name=f"Select {label}").check(force=True)
    expect(page.get_by_text("1 selected")).to_be_visible()


def test_searching(library: Page) -> None:
    """Words are found with accents folded and marked; the address keeps the search; gaps are told apart."""
    find(library, "muller")
    expect(library.locator(".ocr-found mark.hit")).to_have_text("Müller")
    assert titles(library) == ["Letter"]
    assert "find=muller" in library.url
    find(library, '"total amount" -letter')
    expect(library.locator(".ocr-found mark.hit")).to_have_text("total amount")
    library.get_by_text("Results where a masked word could be it (1)").click()
    expect(library.get_by_text("may match", exact=True)).to_be_visible()
    wait_for(library, lambda: titles(library) == ["Evaluation"], "the gap is shown")
    library.reload()
    wait_for(library, lambda: titles(library) == ["Evaluation"], "the address says the same")
    find(library, "nowhere to be found")
    expect(library.get_by_text("Nothing is found.")).to_be_visible()


def test_filters_views_and_tags(library: Page) -> None:
    """A tag is put on, filtered by, saved as a view and opened again."""
    pick(library, "Letter")
    library.get_by_role("button", name="Tags").click()
    tags = library.get_by_role("dialog").get_by_label("Put on")
    tags.fill("Answered")
    tags.press("Enter")
    tags.press("Tab")  # an open list hides everything else from whoever asks by role
    library.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(library.locator(".ocr-found .ocr-badge")).to_have_text("answered")
    library.get_by_role("button", name="Filters", exact=False).click()
    choose(library.get_by_label("Tag", exact=True), library.get_by_role("option", name="answered"))
    wait_for(library, lambda: titles(library) == ["Letter"], "only the tagged one is left")
    library.keyboard.press("Escape")
    library.get_by_role("button", name="Views").click()
    library.get_by_label("Save this view as").fill("All answered")
    library.get_by_role("button", name="Save view").click()
    expect(library.get_by_role("button", name="All answered")).to_be_visible()
    visit(library, library.url.split("?")[0])
    expect(library.locator(".ocr-found")).to_have_count(len(RESULTS))
    library.get_by_role("button", name="Views").click()
    library.get_by_role("button", name="All answered").click()
    wait_for(library, lambda: titles(library) == ["Letter"], "the view is opened")


def test_archive(library: Page) -> None:
    """Out of sight, found on demand, taken back."""
    pick(library, "Letter")
    library.get_by_role("button", name="Archive").click()
    expect(library.locator(".ocr-found")).to_have_count(len(RESULTS) - 1)
    visit(library, library.url.split("?")[0] + "?archived=only")
    wait_for(library, lambda: titles(library) == ["Letter"], "it is found")
    pick(library, "Letter")
    library.get_by_role("button", name="Take back").click()
    expect(library.locator(".ocr-found")).to_have_count(0)


def test_downloads(library: Page, dashboard: RunningDashboard) -> None:
    """Everything found, in one file; the page is not run again."""
    find(library, "amount")
    expect(library.locator(".ocr-found")).to_have_count(2)
    library.get_by_role("button", name="Download").click()
    link = library.get_by_role("link", name="All texts in one file", exact=True)
    text = requests.get(f"{dashboard.url}/{link.get_attribute('href')}", timeout=10).text
    assert ("Invoice 1234" in text, "Letter" in text, "*****" in text) == (True, False, True)


def test_sharing(library: Page, dashboard: RunningDashboard) -> None:
    """A link is made, shown once, opened by a stranger, counted, revoked."""
    pick(library, "Letter")
    library.get_by_role("button", name="Share").click()
    dialog = library.get_by_role("dialog")
    dialog.get_by_label("Title on the page").fill("For Ms Müller")
    dialog.get_by_role("button", name="Make a link").click()
    address = dialog.locator("[data-testid=stCode]").inner_text().replace("\n", "").strip()
    assert re.fullmatch(rf"{dashboard.url}/s/ods_[\w-]+", address)
    expect(library.get_by_text("Others cannot open this link")).to_be_visible()
    assert requests.get(f"{address}.txt", timeout=10).text == RESULTS["Letter"][1]
    stranger = library.context.new_page()
    stranger.goto(address)
    expect(stranger.get_by_role("heading", name="For Ms Müller")).to_be_visible()
    stranger.close()
    library.keyboard.press("Escape")
    visit(library, f"{dashboard.url}/library")
    library.get_by_text("Share links (1 working)").click()
    expect(library.get_by_text("looked at 2 times")).to_be_visible()
    library.get_by_role("button", name="Revoke").click()
    dialog = library.get_by_role("dialog")
    expect(dialog).to_contain_text("Revoke “For Ms Müller”")
    dialog.get_by_role("button", name="Revoke it").click()
    expect(library.get_by_text("Share links (0 working)")).to_be_visible()
    assert requests.get(f"{address}.txt", timeout=10).status_code == 404


def test_correcting(library: Page) -> None:
    """The corrected text beside the one recognised, what was changed, and the way back."""
    library.get_by_role("link", name="Letter").click()
    library.get_by_role("button", name="Correct this text").click()
    editor = library.get_by_label("Corrected text", exact=True)
    editor.fill("Dear Ms Miller, thank you for your letter.")
    library.get_by_role("button", name="Save correction").click()
    text = library.locator("pre.ocr-text")
    expect(text).to_contain_text("Ms Miller")
    settled(library)
    texts_at_once = count_at_once(library, "pre.ocr-text")
    library.get_by_role("radio", name="As recognised").click()
    expect(text).to_contain_text("Ms Müller")
    library.get_by_role("radio", name="Changes").click()
    expect(text.locator("del")).to_have_text("Müller")
    expect(text.locator("ins")).to_have_text("Miller")
    library.get_by_role("radio", name="Corrected").click()
    expect(text).to_contain_text("Ms Miller")
    settled(library)
    taken = download(library, text_file(library))
    assert taken == b"Dear Ms Miller, thank you for your letter."
    library.get_by_text("Corrections (1)").click()
    library.get_by_role("button", name="Go back to the text as recognised").click()
    expect(text).to_contain_text("Ms Müller")
    expect(library.get_by_text("Corrections (2)")).to_be_visible()
    library.get_by_role("button", name="Correct this text").click()
    library.get_by_role("button", name="Discard").click()
    expect(library.get_by_role("button", name="Correct this text")).to_be_visible()
    settled(library)
    assert texts_at_once() == 1  # what comes and goes above it takes no other one's place


def test_judging_asterisks(library: Page) -> None:
    """A mask turned around by a person stays so."""
    library.get_by_role("link", name="Evaluation").click()
    marks = library.locator("pre.ocr-text mark.masked")
    expect(marks).to_have_count(1)
    settled(library)
    texts_at_once = count_at_once(library, "pre.ocr-text")
    unmask(library, "Judge the asterisks")
    library.get_by_role("button", name="Not masked: the document's own").click()
    expect(marks).to_have_count(0)
    settled(library)
    assert texts_at_once() == 1
    library.reload()
    expect(library.locator("pre.ocr-text")).to_be_visible()
    expect(marks).to_have_count(0)
    unmask(library, "Judge the asterisks")
    expect(library.get_by_text("Asterisks: 2, 1 judged by people")).to_be_visible()
    library.get_by_role("button", name="Masked after all").last.click()
    expect(marks).to_have_count(1)


def test_the_flight_recorder(library: Page, dashboard: RunningDashboard) -> None:
    """A picture of the calls, and a bundle to send on."""
    library.get_by_role("link", name="Letter").click()
    library.get_by_text("Every call").click()
    picture = library.get_by_role("img", name="Calls in time")
    expect(picture).to_be_visible()
    wait_for(library, lambda: picture.evaluate("one => one.naturalWidth") > 0, "the picture is drawn")
    href = library.get_by_role("link", name="Support bundle").get_attribute("href")
    assert requests.get(f"{dashboard.url}/{href}", timeout=10).content[:2] == b"PK"
