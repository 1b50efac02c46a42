"""Add reads while somebody types, registers at the first click, and lets every line be corrected."""

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.sandbox import DEMO_ACCESS_TOKEN
from tests.browser.running import RunningDashboard
from tests.browser.seeing import Traffic, settled, visit, wait_for

TOKEN = "eyJhbGciOiJub25lIn0.a-planted-token-7f3a9c.c2lnbmF0dXJl"
ENDED = "eyJhbGciOiJub25lIn0.eyJleHAiOjE1MDAwMDAwMDB9.c2lnbmF0dXJl"
LONG = 10_000


def made_up(number: int) -> str:
    """An ID that nobody else uses."""
    return f"7d1e2f30-4a5b-4c6d-9e7f-{number:012}"


def box(page: Page) -> Locator:
    """Where IDs are pasted."""
    return page.get_by_role("textbox", name="Task IDs, with or without text around them")


def button(page: Page) -> Locator:
    """What registers them."""
    return page.locator(".st-key-paste_form_register button")


def place(of: Locator) -> tuple[float, float]:
    """Where something is on the page."""
    found = of.bounding_box()
    assert found is not None
    return found["x"], found["y"]


@pytest.fixture
def add(page: Page, dashboard: RunningDashboard) -> Page:
    """The page, with nothing in its box."""
    visit(page, f"{dashboard.url}/add?trial=true")
    expect(box(page)).to_have_value("")
    return page


def test_lines_are_read_while_somebody_types(add: Page) -> None:
    """Without a key and without leaving the box; the cursor stays where it is, also in the middle."""
    box(add).press_sequentially(f"{made_up(1)} One")
    expect(add.get_by_text("1 new", exact=True)).to_be_visible()
    box(add).press("Home")
    box(add).press_sequentially(f"{made_up(2)} Two\n", delay=5)
    expect(button(add)).to_have_text("Register 2 tasks")
    settled(add)
    expect(box(add)).to_be_focused()
    assert box(add).evaluate("box => box.selectionStart") == len(f"{made_up(2)} Two\n")
    box(add).press_sequentially("x")
    expect(box(add)).to_have_value(f"{made_up(2)} Two\nx{made_up(1)} One")


def test_nothing_is_lost_while_somebody_types_on(add: Page) -> None:
    """Every pause is read, and what is typed while the page is drawn stays."""
    typed = "".join(f"{made_up(number)} Page {number}\n" for number in range(10, 15))
    for start in range(0, len(typed), 30):
        box(add).press_sequentially(typed[start : start + 30])
        add.wait_for_timeout(340)  # about as long as the pause after which it is read
    expect(button(add)).to_have_text("Register 5 tasks")
    expect(box(add)).to_have_value(typed)


def test_the_first_click_registers(add: Page, dashboard: RunningDashboard) -> None:
    """Right after typing, before anything was read."""
    where = place(button(add))
    box(add).fill(f"{made_up(20)} First click")
    button(add).click()
    expect(add.get_by_text("Registered 1 task.").first).to_be_visible()
    expect(box(add)).to_have_value("")
    assert place(button(add)) == where
    assert dashboard.tasks(q="First click")["total"] == 1


def test_the_button_stays_where_it_is(add: Page) -> None:
    """Whatever is said about the lines, and when it changes or goes."""
    where = place(button(add))
    seen = set()
    for text in (made_up(30), f"{made_up(30)}\nnothing here\nodd_id_1\nBearer {TOKEN}", "nothing here", ""):
        box(add).fill(text)
        expect(add.get_by_text("not usable")).to_have_count(1 if "nothing" in text else 0)
        settled(add)
        seen.add(place(button(add)))
    assert seen == {where}
    button(add).click()
    expect(add.get_by_text("There is nothing to register yet.")).to_be_visible()
    assert place(button(add)) == where


def test_each_line_can_be_corrected(add: Page, dashboard: RunningDashboard) -> None:
    """A label is typed and registered with one click, without leaving its field first."""
    box(add).fill(f"{made_up(40)} Scan\n{made_up(41)} Not this one\n2026-05-01T10:00:00Z {made_up(42)} Timed")
    expect(add.get_by_label(f"Label of {made_up(40)}")).to_have_value("Scan")
    expect(add.get_by_label(f"Submission time of {made_up(42)}")).to_have_value("2026-05-01T19:00")
    add.get_by_label(f"Take {made_up(41)}").uncheck()
    expect(button(add)).to_have_text("Register 2 tasks")
    add.get_by_label(f"{made_up(42)} was sent in evaluation mode").uncheck()
    add.get_by_label(f"Operation of {made_up(42)}").select_option("RecognizePdf")
    add.get_by_label(f"Label of {made_up(40)}").fill("Corrected: r and c are no shortcuts")
    button(add).click()
    expect(add.get_by_text("Registered 2 tasks.").first).to_be_visible()
    expect(box(add)).to_have_value(f"{made_up(41)} Not this one")
    expect(add.get_by_label(f"Take {made_up(41)}")).not_to_be_checked()
    assert dashboard.task(made_up(40))["label"] == "Corrected: r and c are no shortcuts"
    assert dashboard.task(made_up(41)) == {}
    timed = dashboard.task(made_up(42))
    assert (timed["operation"], timed["trial"]) == ("RecognizePdf", False)
    assert timed["submitted_at"].startswith("2026-05-01T10:00:00")


def test_a_correction_stays_while_lines_come_and_go(add: Page) -> None:
    """It is the task's, wherever its line goes, and survives a visit to another page."""
    box(add).fill(made_up(50))
    label = add.get_by_label(f"Label of {made_up(50)}")
    label.press_sequentially("read the contract")  # single letters are shortcuts outside of fields
    settled(add)
    box(add).fill(f"{made_up(51)}\n{made_up(50)}")
    expect(button(add)).to_have_text("Register 2 tasks")
    expect(label).to_have_value("read the contract")
    add.get_by_role("link", name="Tokens").click()
    expect(add.get_by_role("heading", name="Tokens")).to_be_visible()
    add.get_by_role("link", name="Add").click()
    expect(box(add)).to_have_value(f"{made_up(51)}\n{made_up(50)}")
    expect(label).to_have_value("read the contract")


def test_a_secret_is_not_echoed(add: Page, traffic: Traffic, dashboard: RunningDashboard) -> None:
    """The server never sends it; it leaves the box with the click."""
    box(add).fill(f"{made_up(60)}\t{TOKEN}\n> Authorization: Bearer {TOKEN}\nnothing here")
    expect(add.get_by_text("Lines 1 and 2 hold a secret")).to_be_visible()
    expect(add.get_by_role("link", name="Register it as a token")).to_be_visible()
    button(add).click()
    expect(add.get_by_text("Registered 1 task.").first).to_be_visible()
    expect(box(add)).to_have_value("nothing here")
    settled(add)
    assert TOKEN not in add.content()
    assert not [one for one in traffic.received if TOKEN.encode() in one]
    assert TOKEN not in str(dashboard.tasks())


def test_a_known_task_is_a_link(add: Page, dashboard: RunningDashboard) -> None:
    """In other letters, too; it opens beside the box, which keeps what is in it."""
    dashboard.register(made_up(70).upper(), trial=True, label="Known")
    box(add).fill(made_up(70))
    with add.context.expect_page() as opened:
        add.get_by_role("link", name="Already here").click()
    expect(opened.value.get_by_role("heading", name="Known")).to_be_visible()
    opened.value.close()
    expect(box(add)).to_have_value(made_up(70))


def paste(add: Page, text: str, url: str) -> None:
    """Put a text into the box as people do; Playwright's own way takes minutes for thousands of lines."""
    add.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    add.evaluate("text => navigator.clipboard.writeText(text)", text)
    box(add).press("Control+v")


def test_ten_thousand_lines(add: Page, dashboard: RunningDashboard) -> None:
    """They are pasted, read and listed as far as anybody looks."""
    text = "\n".join(map(made_up, range(100_000, 100_000 + LONG)))
    paste(add, text, dashboard.url)
    expect(button(add)).to_have_text(f"Register {LONG:,} tasks")
    expect(add.get_by_text("… and 9,800 more tasks, taken as read.")).to_be_visible()
    expect(add.get_by_role("checkbox", name="Take 7d1e2f30")).to_have_count(200)
    add.get_by_label(f"Take {made_up(100_003)}").uncheck()
    expect(button(add)).to_have_text(f"Register {LONG - 1:,} tasks")
    assert box(add).input_value() == text


def test_what_is_typed_after_the_click_is_not_lost(add: Page, dashboard: RunningDashboard) -> None:
    """While the lines before are still being registered."""
    paste(add, "\n".join(map(made_up, range(200_000, 202_000))), dashboard.url)
    button(add).click()
    box(add).press("Control+End")
    box(add).press_sequentially(f"\n{made_up(90)}", delay=40)
    expect(add.get_by_text("1 new")).to_be_visible()
    expect(button(add)).to_have_text("Register 1 task")
    assert box(add).input_value().endswith(made_up(90))


def test_a_dead_default_token_and_another(page: Page, dashboard: RunningDashboard) -> None:
    """One click takes the other one."""
    dashboard.add_token("Old", ENDED)
    dashboard.add_token("Works", DEMO_ACCESS_TOKEN)
    visit(page, f"{dashboard.url}/add?tab=ids")
    expect(page.get_by_text("The default token, “Old”, does not work now.")).to_be_visible()
    page.get_by_role("button", name="Use “Works” for these").click()
    expect(page.get_by_text("does not work now")).to_have_count(0)
    box(page).fill(f"{made_up(80)} By the other one")
    button(page).click()
    expect(page.get_by_text("Registered 1 task.").first).to_be_visible()
    wait_for(page, lambda: bool(dashboard.tasks(q="By the other one")["total"]), "the task is there")
