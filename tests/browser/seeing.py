"""What a browser sees: when a page is ready, what travelled, where the rows are."""

import contextlib
import time
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    Response,
    TimeoutError,  # noqa: A004 - Playwright's is another one
    WebSocket,
    expect,
)

from dashboard.models import ParkReason, State
from dashboard.ui.wording import REASONS, STATES

_AXE = Axe()

PATIENCE = 20.0
"""Seconds until something that must happen counts as not happening; machines can be busy."""


def new_visitor(browser: Browser) -> BrowserContext:
    """Somebody without history, in a time zone that is not the server's."""
    visitor = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Asia/Tokyo")
    visitor.set_default_timeout(PATIENCE * 1000)
    return visitor


class Traffic:
    """Everything that goes between one page and the network while this is open."""

    def __init__(self, page: Page) -> None:
        self.requests: list[Request] = []
        self.responses: list[Response] = []
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.page = page

    def __enter__(self) -> Self:
        self.page.on("request", self._note_request)
        self.page.on("response", self._note_response)
        self.page.on("websocket", self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self.page.remove_listener("request", self._note_request)
        self.page.remove_listener("response", self._note_response)
        self.page.remove_listener("websocket", self._listen)

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)

    def _note_response(self, response: Response) -> None:
        self.responses.append(response)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.sent.append(_as_bytes(frame)))
        socket.on("framereceived", lambda frame: self.received.append(_as_bytes(frame)))

    @property
    def frames(self) -> int:
        """How many WebSocket frames there were, both ways."""
        return len(self.sent) + len(self.received)

    def foreign(self, url: str) -> list[str]:
        """Addresses asked for that belong to anybody but this server."""
        ours = urlsplit(url).netloc
        return [
            request.url
            for request in self.requests
            if urlsplit(request.url).scheme not in ("data", "blob") and urlsplit(request.url).netloc != ours
        ]

    def forget(self) -> None:
        """Start over; what is under way still arrives."""
        for kept in (self.requests, self.responses, self.sent, self.received):
            kept.clear()


def _as_bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def settled(page: Page) -> None:
    """Wait until the page's script has run."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()


def count_at_once(page: Page, selector: str) -> Callable[[], int]:
    """Watch the page from now on; the answer is how many of these there were at one moment, at most."""
    page.evaluate(
        """selector => {
            const count = () => { most = Math.max(most, document.querySelectorAll(selector).length) };
            let most = 0;
            count();
            new MutationObserver(count).observe(document.body, { childList: true, subtree: true });
            window.mostAtOnce = () => most;
        }""",
        selector,
    )
    return lambda: int(page.evaluate("window.mostAtOnce()"))


def visit(page: Page, url: str) -> None:
    """Open an address and wait until it is drawn."""
    page.goto(url)
    settled(page)


def wait_for(page: Page, condition: Callable[[], bool], what: str) -> None:
    """Wait for something outside the page, while the page lives on."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        page.wait_for_timeout(50)


def refresh(page: Page, traffic: Traffic) -> None:
    """Let the refresh interval pass at once, and wait until the page has heard what is new."""
    settled(page)
    sent, received = len(traffic.sent), len(traffic.received)
    page.clock.fast_forward(2_100)
    wait_for(page, lambda: len(traffic.sent) > sent, "the refresh asks the server")
    wait_for(page, lambda: len(traffic.received) > received, "the server answers the refresh")
    settled(page)


def row(page: Page, name: str) -> Locator:
    """The board's row of a task, by its label or ID."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def word(state: State | ParkReason) -> str:
    """What people read for a state, or for what is in a task's way."""
    return (STATES[state] if isinstance(state, State) else REASONS[state]).word


def expect_state(row_of_task: Locator, state: State | ParkReason) -> None:
    """Wait until a row of the board says this."""
    expect(row_of_task.locator(".badge").get_by_text(word(state), exact=True)).to_be_visible()


def open_state(page: Page, state: State) -> Locator:
    """The state on a task's own page."""
    return page.locator(f"[data-state={state.value}]")


def pill(page: Page, state: State) -> Locator:
    """The board's filter for the group of a state; its name carries the count."""
    group = "Open" if state.is_open else "Done" if state.has_result else "Ended"
    return any_pill(page, group)


def any_pill(page: Page, name: str) -> Locator:
    """A filter of the board by its word."""
    return page.locator(".st-key-board_filter_states").get_by_role("button", name=f"{name} ")


def choose(box: Locator, option: Locator) -> None:
    """Pick from a drop-down; a redraw that was still under way closes its list again."""
    settled(box.page)
    box.click()
    with contextlib.suppress(TimeoutError):
        option.wait_for(timeout=5000)
    if not option.is_visible():
        box.click()
    option.click()


def choose_interval(page: Page, interval: str) -> None:
    """Pick how often the screen refreshes."""
    choose(page.get_by_role("combobox", name="Refresh every"), page.get_by_role("option", name=interval))


def download(page: Page, button: Locator) -> bytes:
    """What a click on this button saves."""
    with page.expect_download() as started:
        button.click()
    return started.value.path().read_bytes()


def text_file(page: Page) -> Locator:
    """The button that saves the text of a result, in the menu of everything that can be saved."""
    open_menu(page, "Download")
    return page.get_by_role("button", name="Text (.txt)")


def rarely_done(page: Page, name: str) -> Locator:
    """A button of the menu of what is done with a task more rarely."""
    open_menu(page, "More")
    return page.get_by_role("button", name=name, exact=True)


def unmask(page: Page, name: str) -> None:
    """Choose one of the ways to the masked words, and close their menu."""
    open_menu(page, "Unmask")
    page.get_by_role("button", name=name).click()
    settled(page)
    page.keyboard.press("Escape")


def open_menu(page: Page, name: str) -> None:
    """Open a menu of a task's page, unless it is open."""
    settled(page)
    menu = page.locator(".st-key-reader").get_by_role("button", name=name, exact=True)
    if menu.get_attribute("aria-expanded") != "true":
        menu.click()


def inaccessible(page: Page) -> list[str]:
    """What axe finds: contrast, names, order of headings, and the like."""
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in _AXE.run(page).response["violations"]
        for node in one["nodes"]
    ]
