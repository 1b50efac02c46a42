"""How long until the first page, and how much memory: ``python tests/benchmarks/start.py``."""

import math
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from dashboard import logs

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import NOBODY, building, fill, serving, serving_dashboard, show

TIMES = 4
PLAIN = ["-m", "streamlit", "run", "hello.py", "--server.port", "{port}", "--server.headless", "true"]
DRAWN = "[data-testid=stApp][data-test-script-state=notRunning] "
SIGNS = {
    "bare Streamlit": DRAWN + "p:has-text('Hello')",
    "empty board": DRAWN + "button:has-text('Start the sandbox')",
    "1,000 tasks": DRAWN + "a:has-text('scan-000999.png')",
}
"""What is on the page when it is drawn."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds from the start of the process, and MiB."""

    answered: float
    drawn: float
    resting: float
    """Before anybody has looked."""
    looked: float
    """After one page was looked at and left."""


def main() -> None:
    """Start a one-line app and the dashboard in turns."""
    starts: dict[str, list[Start]] = {name: [] for name in SIGNS}
    logs.configure(level="error")
    with browsing() as browser:
        for _ in range(TIMES):
            for name, measured in starts.items():
                measured.append(measure(name, browser))
    medians = {
        name: [statistics.median(column) for column in zip(*map(astuple, measured), strict=True)]
        for name, measured in starts.items()
    }
    plain, *ours = medians.items()
    rows: list[tuple[str, ...]] = []
    for number, what in enumerate(
        [
            "GET / answered, s",
            "first page drawn in Chromium, s",
            "memory at rest, MiB",
            "memory after a look, MiB",
        ]
    ):
        values = [plain[1][number], *(values[number] for _, values in ours)]
        if any(map(math.isnan, values)):
            continue
        ratios = [f"{value / values[0]:.2f}" for value in values[1:]]
        rows.append((what, *(f"{value:.2f}" for value in values), *ratios))
    show(
        f"Start to first page (median of {TIMES})",
        ["what", *medians, *(f"ratio, {name}" for name, _ in ours)],
        rows,
        {"start": "of the process; the browser runs already, with nothing in its cache"},
    )


@contextmanager
def browsing() -> Iterator[Browser | None]:
    """A browser, where there is one."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("without a browser: neither chromium nor google-chrome is installed")
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def measure(name: str, browser: Browser | None) -> Start:
    """Start one of the two in an empty folder."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if name == "bare Streamlit":
            (folder / "hello.py").write_text('import streamlit as st\nst.write("Hello")\n')
            server = serving(PLAIN, folder)
        else:
            if name == "1,000 tasks":
                with building(folder) as app:
                    fill(app, 1000)
            server = serving_dashboard(folder, api_url=NOBODY)
        began = time.monotonic()
        with server as running:
            answered, resting = time.monotonic() - began, running.rss_mib
            drawn = float("nan")
            if browser is not None:
                page = browser.new_page()
                page.goto(running.url)
                page.locator(SIGNS[name]).first.wait_for()
                drawn = time.monotonic() - began
                page.close()
            return Start(answered, drawn, resting, running.rss_mib)


if __name__ == "__main__":
    main()
