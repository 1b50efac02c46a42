"""A screen that refreshes never takes anything out of a person's hands."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer
from tests.browser.running import NEVER, RunningDashboard, submit
from tests.browser.seeing import (
    Traffic,
    choose_interval,
    count_at_once,
    expect_state,
    new_visitor,
    pill,
    refresh,
    row,
    settled,
    visit,
    wait_for,
)

TEN = range(10)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor for each test: its clock is set forward."""
    with new_visitor(chromium) as visitor:
        yield visitor


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """That visitor's tab."""
    return context.new_page()


def _fill_board(dashboard: RunningDashboard, sandbox: SandboxServer, prefix: str, count: int) -> list[int]:
    return [
        dashboard.register(submit(sandbox, tempo=NEVER), trial=True, label=f"{prefix} {number}")
        for number in range(count)
    ]


def _pick(page: Page, name: str) -> Locator:
    return row(page, name).get_by_role("checkbox")


def test_the_board_keeps_what_a_person_does(
    page: Page, traffic: Traffic, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Over ten refreshes with new and changing rows: half a word, caret, selection, filter and scroll stay."""
    _fill_board(dashboard, sandbox, "Waiting", 30)
    dashboard.register(submit(sandbox), trial=True)
    wait_for(page, lambda: dashboard.tasks(state="completed")["total"] == 1, "one task completes")
    page.clock.install()
    visit(page, dashboard.url)
    for state in (State.PENDING, State.COMPLETED):
        pill(page, state).click()
        expect(pill(page, state)).to_have_attribute("aria-pressed", "true")
    _pick(page, "Waiting 20").check()
    _pick(page, "Waiting 7").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    box = page.get_by_role("searchbox")
    box.press_sequentially("half a wo")
    box.evaluate("box => box.setSelectionRange(4, 4)")
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 700)
    place = row(page, "Waiting 15")
    wait_for(page, lambda: _top(place) < 800, "the page scrolls")
    seen_at = _top(place)

    for number in TEN:
        dashboard.register(submit(sandbox), trial=True, label=f"Arrived {number}")
        refresh(page, traffic)

    expect_state(row(page, "Arrived 0"), State.COMPLETED)
    assert abs(_top(place) - seen_at) < 2
    expect(box).to_have_value("half a wo")
    expect(box).to_be_focused()
    assert box.evaluate("box => [box.selectionStart, box.selectionEnd]") == [4, 4]
    for state in (State.PENDING, State.COMPLETED):
        expect(pill(page, state)).to_have_attribute("aria-pressed", "true")
    picked = page.get_by_role("row").filter(has=page.get_by_role("checkbox", checked=True))
    assert picked.get_by_role("link").all_inner_texts() == ["Waiting 20", "Waiting 7"]


def _top(element: Locator) -> float:
    return float(element.evaluate("element => element.getBoundingClientRect().top"))


def test_what_is_at_risk_is_said_calmly_and_ends_by_itself(
    page: Page, traffic: Traffic, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """One banner that refreshes neither redraw nor move, a link to the tasks, and nothing when they are done."""
    _fill_board(dashboard, sandbox, "Safe", 3)
    task_id = submit(sandbox)
    sandbox.state.faults.switch_on({"fault": "never_ready", "task_id": task_id})
    sent = datetime.now(UTC) - timedelta(hours=22, minutes=47, seconds=5)
    dashboard.register(task_id, trial=True, label="In a hurry", submitted_at=sent.isoformat())
    page.clock.install()
    visit(page, dashboard.url)
    banner = page.locator(".ocr-callout").filter(has_text="loses its result")
    expect(banner).to_contain_text("1 open task loses its result in 1 h 12 min.")
    place = row(page, "Safe 0")
    seen_at = _top(place)
    most = count_at_once(page, ".ocr-callout")
    banner.evaluate("banner => { window.kept = banner }")

    for _ in range(5):
        refresh(page, traffic)

    assert page.evaluate("window.kept.isConnected")
    assert (most(), _top(place)) == (1, seen_at)
    page.get_by_role("button", name="Show it").click()
    labels = page.get_by_role("table").get_by_role("link")
    expect(labels).to_have_text(["In a hurry"])
    expect(page).to_have_url(re.compile(r"[?&]state=at_risk(&|$)"))
    expect(page.get_by_role("button", name="Show it")).to_have_count(0)
    assert dashboard.tasks(at_risk="true")["total"] == 1
    page.go_back()
    expect(place).to_be_visible()

    sandbox.state.faults.clear()
    _pick(page, "In a hurry").check()
    page.get_by_role("button", name="Check now").click()
    expect_state(row(page, "In a hurry"), State.COMPLETED)
    expect(banner).to_have_count(0)
    expect(page.get_by_role("button", name="Show it")).to_have_count(0)


def test_a_question_waits_for_its_answer(
    page: Page, traffic: Traffic, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """A dialog stays open over refreshes, and its answer is about the tasks that were selected then."""
    _fill_board(dashboard, sandbox, "Doomed", 4)
    page.clock.install()
    visit(page, dashboard.url)
    for name in ("Doomed 1", "Doomed 2"):
        _pick(page, name).check()
    page.get_by_role("button", name="Delete", exact=True).click()
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()

    for number in range(3):
        dashboard.register(submit(sandbox), trial=True, label=f"Meanwhile {number}")
        refresh(page, traffic)
        expect(question).to_be_visible()

    question.get_by_role("button", name="Delete 2 tasks").click()
    expect(question).to_be_hidden()
    expect(row(page, "Doomed 1")).to_have_count(0)
    left = [item["label"] for item in dashboard.tasks(q="Doomed")["items"]]
    assert left == ["Doomed 3", "Doomed 0"]
    assert dashboard.tasks(q="Meanwhile")["total"] == 3


def test_refreshing_can_be_switched_off_and_on(
    page: Page, traffic: Traffic, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Off means that nothing travels; the countdowns go on. Then a chosen interval brings news again."""
    _fill_board(dashboard, sandbox, "Silent", 1)
    page.clock.install()
    visit(page, dashboard.url)
    choose_interval(page, "Off")
    expect(page.get_by_role("button", name="Refresh", exact=True)).to_be_visible()
    settled(page)
    traffic.forget()
    countdown = row(page, "Silent 0").locator(".left")
    before = countdown.inner_text()
    dashboard.register(submit(sandbox), trial=True, label="News")

    page.clock.fast_forward("05:00")
    expect(countdown).not_to_have_text(before)
    assert (traffic.frames, len(traffic.requests)) == (0, 0)
    expect(row(page, "News")).to_have_count(0)

    choose_interval(page, "2 s")
    expect_state(row(page, "News"), State.COMPLETED)
    refresh(page, traffic)


def test_the_token_list_refreshes_beside_a_half_typed_form(
    page: Page, traffic: Traffic, dashboard: RunningDashboard
) -> None:
    """What is being typed into the form on Tokens stays over ten refreshes of the list below it."""
    page.clock.install()
    visit(page, f"{dashboard.url}/tokens")
    page.get_by_role("radio", name="Access token: ends after an hour").click()
    page.get_by_label("Access token", exact=True).fill("half-a-token")
    label = page.get_by_label("Label", exact=True)
    label.press_sequentially("Accou")
    for number in TEN:
        if number % 5 == 0:
            dashboard.add_token(f"Added {number}", f"token-number-{number}")
        refresh(page, traffic)
    expect(page.get_by_text("Added 5")).to_be_visible()
    expect(label).to_have_value("Accou")
    expect(label).to_be_focused()
    expect(page.get_by_label("Access token", exact=True)).to_have_value("half-a-token")


def test_an_opened_timeline_stays_open(
    page: Page, traffic: Traffic, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """The timeline of an open task can be read while calls are added to it."""
    task = dashboard.register(submit(sandbox, tempo=NEVER), trial=True)
    page.clock.install()
    visit(page, f"{dashboard.url}/task?id={task}")
    refresh(page, traffic)
    page.locator(".st-key-timeline summary").click()
    calls = page.get_by_role("table").get_by_role("row")
    expect(calls.nth(1)).to_be_visible()
    before = calls.count()
    wait_for(page, lambda: int(dashboard.task(task)["polls"]) > before, "the service is asked again")
    refresh(page, traffic)
    expect(calls.nth(before)).to_be_visible()


def test_refreshing_goes_on_after_a_click_that_comes_early(
    page: Page, sandbox: SandboxServer, dashboard: RunningDashboard
) -> None:
    """Back loads the page anew; who selects a row before that is done is not left alone."""
    _fill_board(dashboard, sandbox, "Early", 20)
    for number in range(6):
        # Before: a filter whose number changes at the moment of the click is not heard by Streamlit.
        dashboard.register(submit(sandbox, tempo=NEVER), trial=True, label=f"Late {number}")
        visit(page, dashboard.url)
        pill(page, State.PENDING).click()
        page.wait_for_url("**state=open*")
        page.go_back()
        _pick(page, "Early 19").click()
        settled(page)
        expect(page.locator("iframe")).to_have_count(1)
    dashboard.register(submit(sandbox, tempo=NEVER), trial=True, label="The last")
    expect(row(page, "The last")).to_be_visible()
