"""What is dropped, pasted and chosen waits to be sent, with a picture or a sentence, whatever the page does."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from dashboard.sandbox.samples import latin
from tests.browser.dropping import choose, drop, forget_all, latin_at, not_taken, open_add, paste, ready, zone
from tests.browser.running import RunningDashboard
from tests.browser.seeing import Traffic, settled, wait_for
from tests.dropping import made


@pytest.fixture
def add(page: Page, dashboard: RunningDashboard) -> Iterator[Page]:
    """The page, with nothing waiting before and after."""
    open_add(page, dashboard.url)
    expect(ready(page)).to_have_count(0)
    yield page
    page.unroute_all(behavior="ignoreErrors")
    forget_all(page, dashboard.url)


def test_files_are_dropped(add: Page, traffic: Traffic, dashboard: RunningDashboard) -> None:
    """Those that can be sent wait with a picture, in the order in which they were dropped; the others say why not."""
    drop(
        add,
        {
            "scan.png": latin().image,
            "fax.tif": made.tiff([made.picture("one"), made.picture("two")]),
            "setup.png": b"MZ" + bytes(100),
            "empty.jpg": b"",
            "secret.pdf": made.PROTECTED_PDF,
            "letter.pdf": made.pdf(2),
            "all.zip": made.zip_of({"a/inner.png": made.as_file("PNG"), "run.exe": b"MZ"}),
        },
    )
    names = ["scan.png", "fax.tif, page 1", "fax.tif, page 2", "letter.pdf", "inner.png"]
    expect(ready(add).locator(".name")).to_have_text(names)
    expect(not_taken(add)).to_have_count(4)
    for name, says in (("setup.png", "program"), ("empty.jpg", "empty"), ("secret.pdf", "password")):
        expect(not_taken(add).filter(has_text=name)).to_contain_text(says)
    loaded = "pictures => pictures.every(one => one.naturalWidth)"
    wait_for(add, lambda: bool(ready(add).locator("img").evaluate_all(loaded)), "the pictures are there")
    assert traffic.foreign(dashboard.url) == []


def test_files_are_pasted_and_chosen(add: Page) -> None:
    """Anywhere on the page, and by keyboard; dropped beside the zone they are taken too."""
    paste(add, {"image.png": latin_at(1)})
    expect(ready(add).locator(".name")).to_have_text(re.compile(r"^Pasted \d\d\.\d\d\.\d\d\.png$"))
    choose(add, {"chosen.png": latin_at(2)})
    expect(ready(add)).to_have_count(2)
    drop(add, {"beside.png": latin_at(3)}, beside=True)
    expect(ready(add)).to_have_count(3)
    expect(add).to_have_url(re.compile("/add$"))
    settled(add)
    with add.expect_file_chooser():
        add.get_by_role("button", name="Choose files").press("Enter")


def test_a_pasted_text_stays_a_text(add: Page) -> None:
    """The boxes of the page take it as ever."""
    add.get_by_role("tab", name="Task IDs").click()
    box = add.get_by_role("textbox", name="Task IDs, with or without text around them")
    box.fill("0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01")
    expect(add.get_by_text("1 new", exact=True)).to_be_visible()
    add.get_by_role("tab", name="Images").click()
    expect(zone(add)).to_be_visible()


def test_what_waits_outlives_the_page(add: Page, dashboard: RunningDashboard) -> None:
    """A reload and another tab show it; removed in one it is gone in the other."""
    drop(add, {"one.png": latin_at(1), "two.png": latin_at(2)})
    expect(ready(add)).to_have_count(2)
    other = add.context.new_page()
    open_add(other, dashboard.url)
    expect(ready(other)).to_have_count(2)
    other.get_by_role("button", name="Remove one.png").click()
    expect(ready(other)).to_have_count(1)
    settled(other)
    other.close()
    open_add(add, dashboard.url)
    expect(ready(add).locator(".name")).to_have_text(["two.png"])


def test_uploads_go_on_while_another_page_is_looked_at(add: Page) -> None:
    """And are there when somebody comes back."""
    held: list[Route] = []
    goes_on = False

    def hold(route: Route) -> None:
        if goes_on:
            route.continue_()
        else:
            held.append(route)

    add.route("**/api/v1/dropped?*", hold)
    drop(add, {f"{number}.png": latin_at(number) for number in range(5)})
    expect(add.get_by_role("list", name="On the way").get_by_role("listitem")).to_have_count(5)
    add.get_by_role("link", name="Tokens").click()
    expect(add.get_by_role("heading", name="Tokens")).to_be_visible()
    goes_on = True
    for route in held:
        route.continue_()
    add.get_by_role("link", name="Add", exact=True).click()
    expect(ready(add)).to_have_count(5)


def test_without_a_connection(add: Page) -> None:
    """The file is still there, says so, and is sent by a click when there is one again."""
    add.route("**/api/v1/dropped?*", lambda route: route.abort())
    add.clock.install()
    drop(add, {"one.png": latin_at(1)})
    on_way = add.get_by_role("list", name="On the way").get_by_role("listitem")
    for _ in range(10):
        add.clock.run_for(1_000)
        add.wait_for_timeout(50)
    expect(on_way).to_contain_text("It is still here")
    add.unroute("**/api/v1/dropped?*")
    on_way.get_by_role("button", name="Try again").click()
    add.wait_for_timeout(300)
    add.clock.run_for(1_000)
    expect(ready(add)).to_have_count(1)
