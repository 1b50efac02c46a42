"""Takes the README's pictures: ``python tests/browser/take_pictures.py``, with Chromium installed."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from dashboard.sandbox.samples import invoice

PICTURES = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1180, 760


def main() -> None:
    """Start a sandbox dashboard on an empty folder and photograph its screens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dashboard", "serve", "--sandbox", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OCR_DASHBOARD_DATA_DIR": folder}
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
        try:
            if server.stdout is None or not any("ready at" in line for line in server.stdout):
                sys.exit("The dashboard did not start.")
            photograph(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(10)


def photograph(url: str) -> None:
    """Take the pictures from a running dashboard."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5)
        page.goto(url)
        # The moment when most states can be seen at once.
        expect(page.get_by_role("row", name="A damaged scan")).to_contain_text("Failed", timeout=60_000)
        settle(page)
        page.screenshot(path=PICTURES / "board.png")
        page.get_by_role("link", name="latin.png (evaluation)").click()
        expect(page.locator("mark.masked").first).to_be_visible()
        settle(page)
        page.screenshot(path=PICTURES / "result.png")
        page.goto(url)
        page.get_by_role("link", name="Invoice: text, PDF and hOCR").click()
        expect(page.get_by_role("button", name="Unsure 4")).to_be_visible()
        page.keyboard.press("u")
        settle(page)
        page.screenshot(path=PICTURES / "words.png")
        page.goto(f"{url}/library?find=invoice")
        expect(page.locator(".ocr-found mark.hit").first).to_be_visible()
        settle(page)
        page.screenshot(path=PICTURES / "library.png")
        page.goto(f"{url}/add")
        expect(page.get_by_role("button", name="Choose files")).to_be_visible()
        settle(page)
        page.locator("input[type=file][multiple]").first.set_input_files(
            {"name": "invoice.jpg", "mimeType": "image/jpeg", "buffer": invoice().image}
        )
        page.get_by_role("button", name="Send 1 file").click()
        expect(page.get_by_text("1 of 1 kept").first).to_be_visible(timeout=60_000)
        settle(page)
        page.screenshot(path=PICTURES / "batch.png")
        page.get_by_role("link", name="invoice.jpg").click()
        expect(page.get_by_role("img", name="Source image invoice.jpg")).to_be_visible()
        settle(page)
        page.screenshot(path=PICTURES / "beside.png")
        browser.close()


def settle(page: Page) -> None:
    """Wait for fonts and for the flash of changed rows to be over."""
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(2500)


if __name__ == "__main__":
    main()
