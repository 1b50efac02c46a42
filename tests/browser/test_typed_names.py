"""What people typed stands on the page as they typed it: no picture, link, icon, formula or colour comes of it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from dashboard.models import State
from dashboard.sandbox import SandboxServer
from tests.browser.joining import join, new_team
from tests.browser.running import RunningDashboard, free_port, running_dashboard, submit
from tests.browser.seeing import Traffic, settled, unmask, visit, wait_for

IMAGE = "![x](https://evil.example/a.png) :red[b]"
NAMES = (
    IMAGE,
    "[y](https://evil.example/) <https://evil.example>",
    "https://evil.example/x HTTP://evil.example",
    "www.evil.example WWW.evil.example",
    "ada@evil.example mailto:a@b.example xmpp:a@b.example",
    ":smile: :+1: :streamlit:",
    ":material/home: :material_home: :material/home",
    ":red[x] :blue-badge[b] :small[x] :shortcut[Ctrl]",
    ':color[x]{foreground="red"}',
    "$x^2$ and $$y$$ \\$x\\$",
    "**bold** _it_ ~~gone~~ `code` a*b*c snake_case_name __x__",
    "# head",
    "1. one",
    "- item",
    "+ item",
    "> quote",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "&lt;b&gt; &amp; &copy;",
    "<img src=https://evil.example/b.png onerror=alert(1)> <b>x</b>",
    "| a | b |",
    "[^1] [ ] [x]: https://evil.example",
    "Ada & Co. (50 %) #1! “x” 'y' 2.",
    "C:\\temp\\new\\*",
    "---",
    "===",
    "~~~",
    "```py",
    "::: x",
    "10:20:30 Ж: *x* Räksmörgås 2026-05-01 1.5",
)
PLACES = (
    "markdown",
    "caption",
    "button",
    "link",
    "radio",
    "pills",
    "checkbox",
    "text",
    "expander",
    "tabs",
    "info",
)

_PAGE = f"""
import streamlit as st
from dashboard.ui.messages import plain
for number, name in enumerate({NAMES!r}):
    said = plain(name)
    def place(what):
        return st.container(key=f"{{what}}_{{number}}")
    with place("markdown"): st.markdown(said)
    with place("caption"): st.caption(said)
    with place("button"): st.button(said, key=f"a{{number}}")
    with place("link"): st.link_button(said, "./", key=f"b{{number}}")
    with place("radio"): st.radio("-", [said], key=f"c{{number}}", label_visibility="collapsed")
    with place("pills"): st.pills("-", [said], key=f"d{{number}}", label_visibility="collapsed")
    with place("checkbox"): st.checkbox(said, key=f"e{{number}}")
    with place("text"): st.text_input(said, key=f"f{{number}}")
    with place("expander"): st.expander(said, key=f"g{{number}}")
    with place("tabs"): st.tabs([said])
    with place("info"): st.info(said)
"""
_WORD_JOINER = "\u2060"
_ODD = (
    "img, a, svg, code, pre, em, strong, del, table, ul, ol, blockquote, hr, .katex, [class*=stMarkdown], "
    "[style*=color]"
)


_READ = """
([places, names, odd]) => places.flatMap(place => [...Array(names).keys()].map(number => {
  const all = document.querySelectorAll(
    `.st-key-${place}_${number} :is([data-testid=stMarkdownContainer], [data-testid=stCaptionContainer])`);
  const one = ["radio", "pills"].includes(place) ? all[all.length - 1] : all[0];
  return one && [place, number, one.textContent, [...one.querySelectorAll(odd)].map(x => x.outerHTML)];
})).filter(Boolean)"""
_WIDTHS = """
() => [":", "www"].map(text => {
  const width = said => {
    const one = document.body.appendChild(document.createElement("span"));
    one.textContent = said;
    const measured = one.getBoundingClientRect().width;
    one.remove();
    return measured;
  };
  return width(text + "\u2060" + "x") - width(text + "x");
})"""


def read_at(place: Locator) -> str:
    """What is read there."""
    return (place.text_content() or "").replace(_WORD_JOINER, "")


@pytest.fixture(scope="module")
def sampler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of Streamlit with every name at every kind of place."""
    folder = tmp_path_factory.mktemp("sampler")
    (folder / "page.py").write_text(_PAGE, encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "page.py"]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    more = [f"--server.{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [*command, *more, "--browser.gatherUsageStats=false"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_names_are_read_as_typed(page: Page, traffic: Traffic, sampler: str) -> None:
    """At every kind of place, letter by letter, whatever Streamlit would make of them."""

    def answers() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{sampler}/_stcore/health", timeout=5).ok
        return False

    wait_for(page, answers, "the sampler answers")
    visit(page, sampler)
    read: list[tuple[str, int, str, list[str]]] = []

    def all_drawn() -> bool:  # kinds of elements are loaded when the first one of them is needed
        read[:] = page.evaluate(_READ, [list(PLACES), len(NAMES), _ODD])
        return len(read) == len(PLACES) * len(NAMES)

    wait_for(page, all_drawn, "every name is at every place")
    wrong = [
        (place, name, text, odd)
        for (place, number, text, odd) in read
        if text.replace(_WORD_JOINER, "") != (name := NAMES[number]) or odd
    ]
    assert wrong == []
    assert traffic.foreign(sampler) == []
    assert page.evaluate(_WIDTHS) == [0, 0], "the sign that keeps them apart is seen"


@pytest.fixture(scope="module")
def team(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard that lets in members only."""
    with running_dashboard(tmp_path_factory.mktemp("team"), api_url=sandbox.url, access="team") as running:
        yield running


@pytest.fixture(scope="module")
def owner(page: Page, team: RunningDashboard) -> Page:
    """Somebody of a hostile name, who owns two teams of that name and has tasks, tokens and tags of it."""
    join(page, team.owner_link, IMAGE)
    visit(page, f"{team.url}/team")
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Name", exact=True).fill(IMAGE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    new_team(page, team, IMAGE).click()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    return page


def post(owner: Page, team: RunningDashboard, what: str, body: object) -> dict[str, Any]:
    """Post to the API as whoever is signed in."""
    answer = owner.request.post(f"{team.url}/api/v1/{what}?team=team", data=body)
    assert answer.ok, answer.text()
    found: dict[str, Any] = answer.json()
    return found


def plain_text_only(page: Page, team: RunningDashboard, traffic: Traffic) -> None:
    """Nothing on the page came of a name, and nothing was fetched for one."""
    settled(page)
    assert page.locator("[src*='evil.example'], [href*='evil.example'], .katex").count() == 0
    assert page.get_by_test_id("stMarkdownContainer").locator("[class*=stMarkdownColored]").count() == 0
    assert traffic.foreign(team.url) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_team_named_like_an_image(
    owner: Page, team: RunningDashboard, traffic: Traffic, scheme: Literal["light", "dark"]
) -> None:
    """The link to one's other team reads like its name."""
    owner.emulate_media(color_scheme=scheme)
    visit(owner, f"{team.url}/team?team=team")
    link = owner.get_by_test_id("stPageLink").filter(has_text="Go to")
    expect(link).to_be_visible()
    assert read_at(link.get_by_test_id("stMarkdownContainer")) == f"Go to {IMAGE}"
    plain_text_only(owner, team, traffic)
    owner.emulate_media(color_scheme=None)


def test_pages_full_of_such_names(
    owner: Page, team: RunningDashboard, traffic: Traffic, sandbox: SandboxServer
) -> None:
    """Tasks, tokens, results to compare with, tags and saved searches, in lists, menus and dialogs."""
    token = post(
        owner, team, "credentials", {"label": IMAGE, "client_id": "hostile", "client_secret": "some-secret-1"}
    )
    trial, regular = submit(sandbox, trial=True), submit(sandbox, trial=False)
    ids = [
        post(owner, team, "tasks", {"tasks": [{"task_id": one, "label": IMAGE, **how}]})["registered"][0][
            "id"
        ]
        for one, how in ((trial, {"trial": True}), (regular, {"credential": token["id"]}))
    ]
    visit(owner, f"{team.url}/?team=team")
    wait_for(owner, lambda: done(owner, team, ids), "both are stored")
    visit(owner, f"{team.url}/?team=team&token={token['id']}")
    plain_text_only(owner, team, traffic)

    visit(owner, f"{team.url}/task?team=team&id={ids[0]}")
    unmask(owner, "Fill in from a regular result")
    choice = owner.get_by_test_id("stRadio").filter(has_text="Regular result")
    expect(choice).to_contain_text("[b]")
    assert f"{IMAGE} ({regular[:8]})" in read_at(choice)
    plain_text_only(owner, team, traffic)

    visit(owner, f"{team.url}/library?team=team")
    owner.get_by_role("button", name="Views").click()
    owner.get_by_label("Save this view as").fill(IMAGE)
    owner.get_by_role("button", name="Save view").click()
    view = owner.locator("[class*=st-key-library_view_1]").get_by_role("button")
    expect(view).to_be_visible()
    assert read_at(view) == IMAGE
    view.hover()
    tip = owner.get_by_test_id("stTooltipContent")
    expect(tip).to_be_visible()
    assert read_at(tip) == f"Saved by {IMAGE}"
    owner.keyboard.press("Escape")
    owner.get_by_role("button", name="Filters").click()
    owner.get_by_role("combobox", name="Token").click()
    expect(owner.get_by_role("option", name=IMAGE, exact=True)).to_be_visible()
    plain_text_only(owner, team, traffic)

    for where in ("tokens", "add", "team"):
        visit(owner, f"{team.url}/{where}?team=team")
        plain_text_only(owner, team, traffic)


def done(owner: Page, team: RunningDashboard, ids: list[int]) -> bool:
    """Whether all of these tasks have ended well."""
    answers = [owner.request.get(f"{team.url}/api/v1/tasks/{one}?team=team") for one in ids]
    return all(answer.json()["state"] == State.COMPLETED.value for answer in answers)
