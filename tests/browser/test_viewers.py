"""Every kind of result on its page, tidy and hostile; nothing runs, nothing is fetched from elsewhere."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Dialog, Page, expect

from dashboard.sandbox.documents import hocr, pdf
from dashboard.sandbox.samples import latin
from dashboard.ui.result.text_view import page_bounds
from tests.browser.hostile import answering, result
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import Traffic, open_menu, settled, visit, wait_for

LINES = "\n".join(f"line {number} of the text" for number in range(1, 41))
RIGHT_TO_LEFT = "فاتورة رقم اثنا عشر\nplain line"
LONG = "\n".join(f"row {number:06d} of a very long text that goes on and on" for number in range(100_000))
ONE_LINE = "word " * 1_000_000
LAUGHS = (
    '<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    "<html><body onload='alert(1)'><div class='ocr_page' title='bbox 0 0 200 100'>"
    "<span class='ocrx_word' onclick='alert(2)' title='bbox 10 10 90 40; x_wconf 91'>&c;"
    "<script>alert(3)</script><img src='//elsewhere.invalid/a.png'></span></div></body></html>"
)
SVG = (
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(4)'><script>alert(5)</script>"
    b"<image href='http://elsewhere.invalid/b.png'/></svg>"
)
SCRIPTED_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


def workbook() -> bytes:
    """Two sheets, one cell of which wants to be a formula and markup."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Item", "Amount"])
    sheet.append(["<img src=//elsewhere.invalid/c.png onerror=alert(6)>", 12.5])
    book.create_sheet("Second").append(["elsewhere"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def sound() -> bytes:
    """A tenth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(bytes(1600))
    return file.getvalue()


RESULTS = {
    "lines": [("Text", LINES.encode())],
    "rtl": [("Text", RIGHT_TO_LEFT.encode())],
    "long": [("Text", LONG.encode())],
    "oneline": [("Text", ONE_LINE.encode())],
    "regions": [("Text", b"first region"), ("Text", b"second region, longer")],
    "pdf": [("Text", b"text"), ("PDF", pdf("\n".join(f"line {number}" for number in range(150))))],
    "hocr": [("HOCR", hocr("Hello hOCR words").encode())],
    "json": [("Text", b'{"total": 12.50, "lines": [{"name": "<b>chair</b>"}]}')],
    "table": [("CSV", b"Item;Amount\nchair;12,5\n"), ("XLSX", workbook())],
    "image": [("ImagePng", latin().image)],
    "sound": [("WavFile", sound())],
    "unknown": [("Other", b"\x00\x01\x02\x03" * 500)],
    "laughs": [("HOCR", LAUGHS.encode())],
    "svg": [("Other", SVG)],
    "scripted": [("PDF", SCRIPTED_PDF)],
    "bomb": [("XLSX", b"PK\x03\x04[Content_Types].xml xl/workbook.xml")],
}


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard with one task of each kind, fetched from a service."""
    answers = {f"viewer-{name}-00001": result(*parts) for name, parts in RESULTS.items()}
    with (
        answering(answers) as service,
        running_dashboard(tmp_path_factory.mktemp("viewers"), api_url=service) as running,
    ):
        for name in RESULTS:
            running.register(f"viewer-{name}-00001", trial=True, label=name)
        yield running


@pytest.fixture
def guarded(page: Page, traffic: Traffic, dashboard: RunningDashboard) -> Iterator[Page]:
    """A tab that fails its test when a script ran or a request left."""
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    yield page
    settled(page)
    page.remove_listener("dialog", note)
    assert ran == []
    assert traffic.foreign(dashboard.url) == []


def opened(page: Page, dashboard: RunningDashboard, name: str) -> Page:
    """The page of a task, as soon as its result is there."""
    task_id = f"viewer-{name}-00001"
    wait_for(page, lambda: dashboard.task(task_id)["state"] == "completed", f"{name} is stored")
    visit(page, f"{dashboard.url}/task?id={dashboard.task(task_id)['id']}")
    return page


def tab(page: Page, name: str) -> None:
    """Go to a tab."""
    page.get_by_role("tab", name=name, exact=True).click()


def test_text_tools(guarded: Page, dashboard: RunningDashboard, traffic: Traffic) -> None:
    """Find, line numbers, wrapping and font, all without asking the server; the browser remembers them."""
    page = opened(guarded, dashboard, "lines")
    text = page.locator("pre.ocr-text")
    expect(text).to_contain_text("line 40")
    settled(page)
    traffic.forget()
    page.get_by_placeholder("Find in this text").fill("LINE 4")
    expect(page.get_by_text("1 of 2", exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Line numbers").click()
    number = text.locator(".line").nth(39).evaluate("line => getComputedStyle(line, '::before').content")
    assert number == "counter(line)"
    page.get_by_role("button", name="No wrapping").click()
    page.get_by_role("button", name="Monospaced").click()
    assert text.evaluate("one => getComputedStyle(one).whiteSpace") == "pre"
    assert "mono" in text.evaluate("one => getComputedStyle(one).fontFamily").lower()
    assert text.evaluate("one => one.textContent") == LINES
    assert traffic.frames == 0
    page.reload()
    expect(page.get_by_role("button", name="Monospaced")).to_have_attribute("aria-pressed", "true")
    for name in ("Line numbers", "No wrapping", "Monospaced"):
        page.get_by_role("button", name=name).click()


def test_right_to_left(guarded: Page, dashboard: RunningDashboard) -> None:
    """Each line begins where its script begins, with line numbers as well."""
    page = opened(guarded, dashboard, "rtl")
    text = page.locator("pre.ocr-text")
    starts = "all => all.map(one => { const r = new Range(); r.setStart(one.firstChild, 0);"
    starts += " r.setEnd(one.firstChild, 1); return r.getBoundingClientRect().left })"
    expect(text.locator(".line")).to_have_count(2)
    arabic, latin_line = text.locator(".line").evaluate_all(starts)
    assert arabic > latin_line + 200


@pytest.mark.parametrize("name", ["long", "oneline"])
def test_five_megabytes(guarded: Page, dashboard: RunningDashboard, name: str) -> None:
    """Open in pages; the page stays small, answers at once, and its last page is the end of the text."""
    page = opened(guarded, dashboard, name)
    text = page.locator("pre.ocr-text")
    expect(text).to_be_visible()
    assert len(text.evaluate("one => one.textContent")) < 210_000
    page.get_by_placeholder("Find in this text").fill("row 000007" if name == "long" else "word")
    expect(page.get_by_text("1 of 1" if name == "long" else "1 of 10000+", exact=True)).to_be_visible()
    expect(page.get_by_text("Characters 1 to 20")).to_be_visible()
    whole = LONG if name == "long" else ONE_LINE
    pages = len(page_bounds(whole))
    page.get_by_role("button", name=f"Page {pages}", exact=True).click()
    wait_for(page, lambda: whole.endswith(text.evaluate("one => one.textContent")), "the last page is shown")


def test_regions(guarded: Page, dashboard: RunningDashboard) -> None:
    """Together, and each by itself with its count."""
    page = opened(guarded, dashboard, "regions")
    expect(page.locator("pre.ocr-text")).to_contain_text("second region")
    tab(page, "Region 2 · 3 words")
    expect(page.locator("pre.ocr-text:visible")).to_have_text("second region, longer")


def test_pdf(guarded: Page, dashboard: RunningDashboard) -> None:
    """Drawn as pictures, page by page."""
    page = opened(guarded, dashboard, "pdf")
    tab(page, "PDF")
    picture = page.locator("[data-testid=stImage] img")
    expect(picture).to_be_visible()
    first = picture.get_attribute("src")
    page.get_by_role("button", name="Next page", exact=True).click()
    wait_for(page, lambda: picture.get_attribute("src") != first, "the second page is shown")


def test_hocr(guarded: Page, dashboard: RunningDashboard) -> None:
    """Words where they stand."""
    page = opened(guarded, dashboard, "hocr")
    expect(page.locator(".ocr-page span")).to_have_text(["Hello", "hOCR", "words"])


def test_json(guarded: Page, dashboard: RunningDashboard) -> None:
    """A tree that opens and closes; numbers as they were written."""
    page = opened(guarded, dashboard, "json")
    tree = page.locator(".ocr-json")
    expect(tree).to_contain_text("12.50")
    expect(tree.get_by_text("<b>chair</b>")).to_be_hidden()
    tree.get_by_text("1 entry").click()
    expect(tree.get_by_text("<b>chair</b>")).to_be_visible()


def test_tables(guarded: Page, dashboard: RunningDashboard) -> None:
    """CSV and workbook alike; formulas and markup are text."""
    page = opened(guarded, dashboard, "table")
    expect(page.locator(".ocr-table td")).to_have_text(["Item", "Amount", "chair", "12,5"])
    tab(page, "Excel")
    expect(page.locator(".ocr-table:visible td").nth(2)).to_contain_text("<img src=//elsewhere")
    page.get_by_role("radio", name="Second").click()
    expect(page.locator(".ocr-table:visible td")).to_have_text(["elsewhere"])


def test_image(guarded: Page, dashboard: RunningDashboard) -> None:
    """Shown, enlarged and turned without asking the server."""
    page = opened(guarded, dashboard, "image")
    picture = page.get_by_role("img", name="Image of image")
    expect(picture).to_be_visible()
    wait_for(page, lambda: picture.evaluate("one => one.naturalWidth") > 0, "the picture is loaded")
    before = picture.evaluate("one => one.clientWidth")
    page.get_by_role("button", name="Larger").click()
    assert picture.evaluate("one => one.clientWidth") > before
    page.get_by_role("button", name="Rotate right").click()
    assert "rotate(90deg)" in (picture.locator("..").get_attribute("style") or "")


def test_sound(guarded: Page, dashboard: RunningDashboard) -> None:
    """With a player that knows how long it is."""
    player = opened(guarded, dashboard, "sound").locator("audio")
    wait_for(guarded, lambda: 0 < player.evaluate("one => one.duration || 0") < 1, "the length is known")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown", "an unknown kind of file (application/octet-stream), 2.0 kB"),
        ("svg", "a file of the kind .svg"),
        ("bomb", "damaged and cannot be shown here"),
    ],
)
def test_what_is_not_shown_says_so(guarded: Page, dashboard: RunningDashboard, name: str, words: str) -> None:
    """And can be downloaded."""
    page = opened(guarded, dashboard, name)
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
    open_menu(page, "Download")
    expect(page.get_by_role("button", name=" · ")).to_be_visible()


def test_hostile_hocr(guarded: Page, dashboard: RunningDashboard) -> None:
    """Entities are not expanded, handlers and scripts are gone, nothing is loaded."""
    page = opened(guarded, dashboard, "laughs")
    expect(page.locator(".ocr-page span")).to_have_text(["&c;"])


def test_a_pdf_with_a_script(guarded: Page, dashboard: RunningDashboard) -> None:
    """Is a picture."""
    expect(opened(guarded, dashboard, "scripted").locator("[data-testid=stImage] img")).to_be_visible()


def test_the_source_image(guarded: Page, dashboard: RunningDashboard, tmp_path: Path) -> None:
    """Added by hand, it stands beside the text and under the words of hOCR; removed, it is gone."""
    scan = tmp_path / "scan.png"
    scan.write_bytes(latin().image)
    page = opened(guarded, dashboard, "hocr")
    page.get_by_role("button", name="Add the image to compare with").click()
    page.locator("input[type=file]").set_input_files(scan)
    page.get_by_role("button", name="Keep this image").click()
    under = page.locator(".ocr-page[data-over] img")
    wait_for(
        page, lambda: under.count() == 1 and under.evaluate("one => one.naturalWidth") > 0, "it is under hOCR"
    )
    tab(page, "As text")
    picture = page.get_by_role("img", name="Source image scan.png")
    expect(picture).to_be_visible()
    expect(page.locator("pre.ocr-text")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Source image", exact=True).click()
    page.get_by_role("button", name="Remove it").click()
    removing = page.get_by_role("dialog", name="Remove the source image")
    removing.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("button", name="Add the image to compare with")).to_be_visible()
