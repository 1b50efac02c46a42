"""Back, Forward, reload: people find the place again where they were, and what they had selected there."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer
from tests.browser.joining import join, new_team
from tests.browser.running import NEVER, RunningDashboard, running_dashboard, submit
from tests.browser.seeing import Traffic, new_visitor, pill, rarely_done, refresh, row, visit, wait_for


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab without a past: nothing is kept in it yet."""
    with new_visitor(chromium) as visitor:
        yield visitor.new_page()


@pytest.fixture(scope="module")
def crowd(sandbox: SandboxServer, dashboard: RunningDashboard) -> RunningDashboard:
    """120 tasks that wait: three pages."""
    waiting = [submit(sandbox, tempo=NEVER) for _ in range(120)]
    entries = [{"task_id": one, "trial": True, "label": f"In line {n}"} for n, one in enumerate(waiting)]
    dashboard.post("tasks", {"tasks": entries})
    return dashboard


def _labels(page: Page) -> Locator:
    return page.get_by_role("table").get_by_role("link")


def _search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")


def _turn_to(page: Page, number: int) -> None:
    page.locator(".st-key-board_page").get_by_role("button", name=re.compile(rf"\b{number}$")).click()


def _query(page: Page) -> str:
    return page.url.partition("?")[2]


def test_back_and_forward_undo_and_redo(page: Page, crowd: RunningDashboard) -> None:
    """Search, chip and page are entries of the history; each is taken back by one step, and comes again by one."""
    visit(page, crowd.url)
    expect(_labels(page).first).to_have_text("In line 119")
    _search(page, "line")
    expect(page).to_have_url(f"{crowd.url}/?q=line")
    pill(page, State.PENDING).click()
    expect(page).to_have_url(re.compile("state=open"))
    page.get_by_role("button", name="Next page").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(_labels(page).first).to_have_text("In line 69")
    here = page.url
    page.go_back()
    expect(_labels(page).first).to_have_text("In line 119")
    assert "page=" not in page.url
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("searchbox")).to_have_value("line")
    assert _query(page) == "q=line"
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert not _query(page)
    for _ in range(3):
        page.go_forward()
    expect(_labels(page).first).to_have_text("In line 69")
    expect(page.get_by_role("searchbox")).to_have_value("line")
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(here)
    page.reload()
    expect(_labels(page).first).to_have_text("In line 69")
    expect(page.get_by_role("searchbox")).to_have_value("line")


class SlowLine:
    """Between a page and the server: answers wait while it is held, questions do not."""

    def __init__(self, page: Page) -> None:
        self.held: list[str | bytes] | None = None
        self.asked = self.answered = 0
        self.page = page
        self._to_page: WebSocketRoute | None = None
        page.route_web_socket(re.compile("/_stcore/stream"), self._connect)

    def _connect(self, to_page: WebSocketRoute) -> None:
        to_server = to_page.connect_to_server()
        self._to_page = to_page

        def ask(message: str | bytes) -> None:
            self.asked += 1
            to_server.send(message)

        def answer(message: str | bytes) -> None:
            self.answered += 1
            if self.held is None:
                to_page.send(message)
            else:
                self.held.append(message)

        to_page.on_message(ask)
        to_server.on_message(answer)

    def hold(self) -> None:
        """Keep what comes from now on."""
        self.held = []

    def release(self) -> None:
        """Let it go on its way."""
        assert self._to_page is not None
        while self.held:  # what comes meanwhile stays behind it
            self._to_page.send(self.held.pop(0))
        self.held = None

    def refresh(self) -> None:
        """Let the interval pass; has the server say something to it."""
        asked, answered = self.asked, self.answered
        self.page.clock.fast_forward(2_100)
        wait_for(self.page, lambda: self.asked > asked, "the refresh asks the server")
        wait_for(self.page, lambda: self.answered > answered, "the server answers the refresh")


def test_a_slow_line_undoes_nothing(page: Page, crowd: RunningDashboard) -> None:
    """Refreshes and clicks that were sent before an answer was there still say what the page showed before it."""
    page.clock.install()
    line = SlowLine(page)
    visit(page, crowd.url)
    _search(page, "line")
    expect(page).to_have_url(f"{crowd.url}/?q=line")
    expect(_labels(page)).to_have_count(50)
    line.hold()
    asked = line.asked
    page.go_back()
    wait_for(page, lambda: line.asked >= asked + 2, "the browser says that somebody went back")
    line.refresh()
    line.release()
    expect(page.get_by_role("searchbox")).to_have_value("")
    for _ in range(2):
        line.refresh()
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert not _query(page)

    pill(page, State.PENDING).click()
    expect(page).to_have_url(f"{crowd.url}/?state=open")
    line.hold()
    asked = line.asked
    page.get_by_role("button", name=re.compile("^All ")).click()
    wait_for(page, lambda: line.asked > asked, "the click is sent")
    line.refresh()
    _search(page, "line 11")
    wait_for(page, lambda: line.asked >= asked + 3, "the words are sent")
    line.release()
    expect(page).to_have_url(f"{crowd.url}/?q=line+11")
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "false")
    expect(_labels(page)).to_have_count(11)
    for _ in range(2):
        line.refresh()
    assert _query(page) == "q=line+11"
    expect(pill(page, State.PENDING)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Turn", exact=True)).to_be_hidden()


def test_what_the_page_corrects_is_no_step(page: Page, traffic: Traffic, crowd: RunningDashboard) -> None:
    """A page beyond the last one is shown as the last one, also in the address, and Back leads before it."""
    page.clock.install()
    visit(page, f"{crowd.url}/tokens")
    for odd in ("page=999999&q=In%20line", "page=-1&state=nonsense"):
        steps = page.evaluate("history.length")
        visit(page, f"{crowd.url}/?{odd}")
        expect(_labels(page)).to_have_count(20 if "999999" in odd else 50)
        expect(page).not_to_have_url(re.compile("999999|-1|nonsense"))
        for _ in range(2):
            refresh(page, traffic)
        assert page.evaluate("history.length") <= steps + 1
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()


def test_the_menu_leads_to_the_whole_board(page: Page, crowd: RunningDashboard) -> None:
    """Coming from another page, the menu shows everything, and boxes and address say so; Back brings the filter."""
    visit(page, f"{crowd.url}/?q=line 11")
    expect(_labels(page)).to_have_count(11)
    page.get_by_role("link", name="Add", exact=True).first.click()
    expect(page.get_by_role("heading", name="Add", exact=True)).to_be_visible()
    page.get_by_role("link", name="Board", exact=True).first.click()
    expect(_labels(page)).to_have_count(50)
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert not _query(page)
    page.go_back()
    expect(
        page.get_by_role("heading", name="Add", exact=True)
    ).to_be_visible()  # Streamlit loses one Back of two at once
    page.go_back()
    expect(_labels(page)).to_have_count(11)
    expect(page.get_by_role("searchbox")).to_have_value("line 11")


def _box(page: Page, name: str) -> Locator:
    return row(page, name).get_by_role("checkbox")


def _top(page: Page) -> int:
    return int(page.get_by_test_id("stMain").evaluate("pane => Math.round(pane.scrollTop)"))


def _scroll_to(page: Page, name: str) -> int:
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 500)
    expect(row(page, name)).to_be_visible()
    wait_for(page, lambda: _top(page) >= 300, "the page is scrolled")
    page.wait_for_function("JSON.parse(sessionStorage.getItem('ocr-dashboard scrolled') ?? '[]').length")
    return _top(page)


def _kept(page: Page, count: int) -> None:
    """Wait until the tab has written down so many: that is a moment after they are said."""
    page.wait_for_function(
        "count => Object.keys(sessionStorage).filter(name => name.startsWith('ocr-dashboard selected'))"
        ".flatMap(name => JSON.parse(sessionStorage[name])).length === count",
        arg=count,
    )


def test_a_selection_survives_paging_reload_and_another_filter(page: Page, crowd: RunningDashboard) -> None:
    """What is selected on other pages is said, comes back with its page, and can be let go of."""
    visit(page, f"{crowd.url}/?q=line")
    _box(page, "In line 118").check()
    _box(page, "In line 117").check()
    page.get_by_role("button", name="Next page").click()
    _box(page, "In line 60").check()
    expect(page.get_by_text("3 selected, 2 not on this page")).to_be_visible()
    _kept(page, 3)
    page.reload()
    expect(page.get_by_text("3 selected, 2 not on this page")).to_be_visible()
    expect(_box(page, "In line 60")).to_be_checked()
    page.go_back()
    expect(page.get_by_text("3 selected, 1 not on this page")).to_be_visible()
    expect(_box(page, "In line 118")).to_be_checked()
    _search(page, "line 11")
    expect(_labels(page)).to_have_count(11)
    expect(page.get_by_text("3 selected, 1 not on this page")).to_be_visible()
    _box(page, "In line 118").uncheck()
    expect(page.get_by_text("2 selected, 1 not on this page")).to_be_visible()
    page.get_by_role("button", name="Unselect").click()
    expect(page.get_by_text("selected")).to_have_count(0)
    expect(_box(page, "In line 117")).not_to_be_checked()
    _kept(page, 0)
    page.reload()
    expect(_labels(page)).to_have_count(11)
    expect(page.get_by_text("selected")).to_have_count(0)


def test_select_all_is_about_this_page(page: Page, crowd: RunningDashboard) -> None:
    """All of one page are added to what is selected elsewhere, and taken off again."""
    visit(page, f"{crowd.url}/?page=3")
    everyone = page.get_by_role("checkbox", name="Select all tasks on this page")
    everyone.check()
    expect(page.get_by_text("20 selected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Previous page").click()
    expect(everyone).not_to_be_checked()
    everyone.check()
    expect(page.get_by_text("70 selected, 20 not on this page")).to_be_visible()
    everyone.uncheck()
    expect(page.get_by_text("20 selected, 20 not on this page")).to_be_visible()


@pytest.mark.parametrize("way", ["back", "our link"])
def test_from_a_task_back_to_the_same_place(way: str, page: Page, crowd: RunningDashboard) -> None:
    """Page, filter, how far it was scrolled, and the selection are those from before the task was opened."""
    visit(page, f"{crowd.url}/?q=line&page=2")
    _box(page, "In line 69").check()
    top = _scroll_to(page, "In line 55")
    _kept(page, 1)
    here = page.url
    row(page, "In line 55").get_by_role("link").click()
    expect(page.get_by_role("heading", name="In line 55")).to_be_visible()
    if way == "back":
        page.go_back()
    else:
        page.get_by_role("link", name="Back to the board").click()
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    expect(_box(page, "In line 69")).to_be_checked()
    wait_for(page, lambda: abs(_top(page) - top) < 3, "it is scrolled as before")
    expect(page).to_have_url(here)
    page.reload()
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    wait_for(page, lambda: abs(_top(page) - top) < 3, "it is scrolled as before")


def test_deleting_leads_back_to_the_same_place(
    page: Page, sandbox: SandboxServer, crowd: RunningDashboard
) -> None:
    """After a task is deleted, and without it in the selection, the list is where it was."""
    crowd.register(submit(sandbox, tempo=NEVER), trial=True, label="Doomed line")
    visit(page, f"{crowd.url}/?q=line&state=pending")
    _box(page, "Doomed line").check()
    _box(page, "In line 119").check()
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    _kept(page, 2)
    here = page.url
    row(page, "Doomed line").get_by_role("link").click()
    rarely_done(page, "Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(page).to_have_url(here)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    expect(row(page, "Doomed line")).to_have_count(0)


def _find(page: Page, words: str) -> None:
    field = page.get_by_label("Find in every stored text", exact=True)
    field.fill(words)
    field.press("Enter")


@pytest.fixture(scope="module")
def shelf(sandbox: SandboxServer, crowd: RunningDashboard) -> RunningDashboard:
    """45 results besides: three pages of the library."""
    for number in range(45):
        crowd.register(submit(sandbox), trial=True, label=f"Result {number:02}")
    return crowd


def test_the_library_goes_back_and_keeps_its_selection(page: Page, shelf: RunningDashboard) -> None:
    """Words, page, place and selection, through a search, a task and back, and a reload."""
    wait_for(page, lambda: shelf.tasks(state="completed")["total"] == 45, "all are stored")
    found = page.locator(".ocr-found a")
    visit(page, f"{shelf.url}/library?label=Result")
    expect(found.first).to_have_text("Result 44")
    page.get_by_role("checkbox", name="Select Result 44").check(force=True)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    expect(found.first).to_have_text("Result 24")
    expect(page.get_by_text("1 selected, 1 not on this page")).to_be_visible()
    page.get_by_role("checkbox", name="Select Result 23").check(force=True)
    expect(page.get_by_text("2 selected, 1 not on this page")).to_be_visible()
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 600)
    wait_for(page, lambda: _top(page) >= 300, "the page is scrolled")
    _kept(page, 2)
    one = page.get_by_role("link", name="Result 15", exact=True)
    one.scroll_into_view_if_needed()
    top, here = _top(page), page.url
    one.click()
    page.get_by_role("link", name="Back to the library").click()
    expect(found.first).to_have_text("Result 24")
    expect(page).to_have_url(here)
    expect(page.get_by_text("2 selected, 1 not on this page")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Select Result 23")).to_be_checked()
    wait_for(page, lambda: abs(_top(page) - top) < 3, "it is scrolled as before")
    _find(page, "nothing like this")
    expect(page.get_by_text("Nothing is found.")).to_be_visible()
    page.go_back()
    expect(found.first).to_have_text("Result 24")
    expect(page.get_by_label("Find in every stored text", exact=True)).to_have_value("")
    page.go_forward()
    expect(page.get_by_text("Nothing is found.")).to_be_visible()
    expect(page.get_by_text("2 selected, 2 not on this page")).to_be_visible()


def test_an_address_of_ten_thousand_characters(page: Page, crowd: RunningDashboard) -> None:
    """The board looks at the beginning of it, and shows and keeps no more."""
    visit(page, f"{crowd.url}/?q={'x' * 10_000}")
    expect(page.get_by_text("No task matches this filter.")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("x" * 200)
    page.wait_for_function("location.search === '?q=' + 'x'.repeat(200)")


def test_the_team_in_the_address_is_no_step(
    page: Page, sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Who belongs to two teams reads in each address which one it is; one step of the menu is one step back."""
    folder = tmp_path_factory.mktemp("teams")
    with running_dashboard(folder, api_url=sandbox.url, access="team") as running:
        join(page, running.owner_link, "Ada")
        new_team(page, running, "Second").click()
        expect(page).to_have_url(re.compile(r"/\?team=second"))
        steps = page.evaluate("history.length")
        for name in ("Library", "Tokens"):
            page.get_by_role("link", name=name, exact=True).first.click()
            expect(page.get_by_role("heading", name=name)).to_be_visible()
            expect(page).to_have_url(re.compile(rf"/{name.lower()}\?team=second$"))
        assert page.evaluate("history.length") == steps + 2
        _team_goes_back(page)


def _team_goes_back(page: Page) -> None:
    """From Tokens to the library, and after a search there with one step more to the board."""
    page.go_back()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    _find(page, "anything")
    expect(page).to_have_url(re.compile(r"/library\?team=second&find=anything$"))
    page.go_back()
    expect(page.get_by_label("Find in every stored text", exact=True)).to_have_value("")
    page.go_back()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?team=second$"))
