"""Taking results out in a real browser, and the page that opens offline."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.models import State
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.sandbox.samples import latin
from tests.browser.running import RunningDashboard, submit
from tests.browser.seeing import Traffic, expect_state, new_visitor, row, settled, text_file, visit

HOSTILE = "Rechnung <img src=https://evil.test/a.png onerror=alert(1)> ![x](https://evil.test/b.png)"


@pytest.fixture(scope="module")
def results(page: Page, sandbox: SandboxServer, dashboard: RunningDashboard) -> list[int]:
    """A trial and a regular result on the board."""
    token = dashboard.add_token("Sandbox", DEMO_ACCESS_TOKEN)
    ids = [
        dashboard.register(submit(sandbox), trial=True, label="Trial page"),
        dashboard.register(submit(sandbox, trial=False), credential=token, label=HOSTILE),
    ]
    visit(page, dashboard.url)
    expect_state(row(page, "Trial page"), State.COMPLETED)
    expect_state(row(page, HOSTILE), State.COMPLETED)
    return ids


def test_selected_results_come_as_one_file(
    page: Page, chromium: Browser, results: list[int], tmp_path: Path
) -> None:
    """Selected on the board, unpacked, opened without any server: everything is there, nothing is live."""
    for label in ("Trial page", HOSTILE):
        row(page, label).get_by_role("checkbox").check()
        settled(page)
    link = page.get_by_role("link", name="Download results")
    expect(link).to_be_visible()
    with page.expect_download() as started, page.context.expect_page() as opened:
        link.click()
    archive = zipfile.ZipFile(io.BytesIO(Path(started.value.path()).read_bytes()))
    opened.value.close()
    archive.extractall(tmp_path)
    texts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("texts/")]
    assert latin().text in texts
    assert len(texts) == len(results)

    with new_visitor(chromium) as visitor, Traffic(visitor.new_page()) as traffic:
        offline = traffic.page
        offline.on("dialog", lambda dialog: pytest.fail(dialog.message))
        offline.goto((tmp_path / "index.html").as_uri())
        expect(offline.get_by_text("2 of 2")).to_be_visible()
        expect(offline.locator("mark.masked").first).to_be_visible()
        offline.get_by_role("searchbox").fill("RECHNUNG")
        expect(offline.get_by_text("1 of 2")).to_be_visible()
        expect(offline.get_by_role("heading", name=HOSTILE)).to_be_visible()
        expect(offline.get_by_role("heading", name="Trial page")).to_be_hidden()
        offline.get_by_role("searchbox").fill("nothing like that")
        expect(offline.get_by_text("0 of 2")).to_be_visible()
        assert traffic.foreign((tmp_path / "index.html").as_uri()) == []


def test_one_text_in_another_format(page: Page, dashboard: RunningDashboard, results: list[int]) -> None:
    """A link on the task page; the page itself is not run again."""
    visit(page, f"{dashboard.url}/task?id={results[0]}")
    text_file(page)
    link = page.get_by_role("link", name="Text with [masked]")
    with page.expect_download() as started, page.context.expect_page() as opened:
        link.click()
    text = Path(started.value.path()).read_text(encoding="utf-8")
    opened.value.close()

    assert text.count("[masked]") == 12
    assert "*" not in text
