"""The first visit after a start, by whichever address: an installed dashboard shows its own pages at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dashboard import addresses, bootstrap
from dashboard.services.team.access import COOKIE
from dashboard.settings import PREFIX, Settings
from tests.commands import free_port, running
from tests.installing import QUIET
from tests.tab import Drawing

MENU = ["Board", "Add", "Library", "Tokens", "Task", "Batch"]
TEAM_MENU = ["Board", "Add", "Library", "Tokens", "Team", "Task", "Batch"]
TITLES = {
    "": ["Board"],
    "add": ["Add"],
    "library": ["Library"],
    "tokens": ["Tokens"],
    "task": [],
    "batch": [],
}
"""Of each page by its address; a task that is not there has none."""

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """For each way of access a data folder, and the cookie of who belongs there."""
    folders = {access: tmp_path_factory.mktemp(access) for access in ("open", "team")}
    built = bootstrap.build(Settings(data_dir=folders["team"], access="team", poller="off", api_url=NOBODY))
    link = built.access.first_link(built.team.team_id)
    assert link is not None
    cookie, _ = built.access.join(link, cookie=None, name="Ada", browser="", same_person=False)
    built.stop()
    return {"open": (folders["open"], ""), "team": (folders["team"], f"{COOKIE}={cookie}")}


@contextmanager
def started(installed: Path, data: Path, folder: Path, **settings: str) -> Iterator[str]:
    """A fresh start of the installation; its address without the base path."""
    port = free_port()
    given = {"data_dir": str(data), "api_url": NOBODY, **settings}
    environment = QUIET | {f"{PREFIX}{name.upper()}": value for name, value in given.items()}
    with running(
        "serve",
        "--port",
        str(port),
        folder=folder,
        environment=environment,
        program=[str(installed / "ocr-dashboard")],
        warm=True,
    ) as server:
        server.wait_for("ready at")
        yield f"http://127.0.0.1:{port}"


def opened(url: str, page: str, cookie: str, *, query: str = "", known_as: str = "") -> Drawing:
    """Open an address as a browser does: the page first, then what it draws."""
    asked = f"{url}/{page}" + (f"?{query}" if query else "")
    answer = requests.get(asked, headers={"Accept": "text/html", "Cookie": cookie}, timeout=10)
    assert answer.status_code == 200
    assert '<div id="root">' in answer.text
    return Drawing.of(url, page=page, query=query, cookie=cookie, known_as=known_as)


def is_ours(drawing: Drawing, menu: list[str]) -> bool:
    """Whether a page has everything of ours around it, and nothing of anybody else's."""
    return (drawing.menu, drawing.has_logo, drawing.problems) == (menu, True, [])


def style_of(url: str, page: str, cookie: str) -> str:
    """The style that a page asks for."""
    headers = {"Accept": "text/html", "Cookie": cookie}
    whole = requests.get(f"{url}/{page}", headers=headers, timeout=10).text
    found = re.search(r'<link rel="stylesheet" href="[^"]*/(frame\.css\?v=\w+)"></body>', whole)
    assert found is not None, whole
    return requests.get(f"{url}/{found[1]}", headers=headers, timeout=10).text


@pytest.mark.parametrize(
    ("access", "base_path", "page"),
    [
        *(("open", base_path, page) for base_path in ("", "/ocr") for page in TITLES),
        *(("team", "", page) for page in [*TITLES, "team"]),
        ("team", "/ocr", "task"),
        ("team", "/ocr", "team"),
    ],
)
def test_each_address_may_be_the_first(
    installed: Path,
    homes: dict[str, tuple[Path, str]],
    tmp_path: Path,
    access: str,
    base_path: str,
    page: str,
) -> None:
    """After a fresh start: menu, logo and styles are ours, and the page is the one that was asked for."""
    data, cookie = homes[access]
    with started(installed, data, tmp_path, access=access, base_path=base_path) as url:
        drawing = opened(f"{url}{base_path}", page, cookie, query="id=1")
        assert ".ocr-text" in style_of(f"{url}{base_path}", page, cookie)
    assert is_ours(drawing, MENU if access == "open" else TEAM_MENU), drawing
    assert drawing.paths == addresses.paths(with_team=access == "team")
    assert drawing.titles[:1] == (TITLES | {"team": ["Team"]})[page]


@pytest.mark.parametrize("access", ["open", "team"])
def test_a_tab_may_be_open_over_a_restart(
    installed: Path, homes: dict[str, tuple[Path, str]], tmp_path: Path, access: str
) -> None:
    """It says by Streamlit's mark where it is, as the first one that speaks to the new server."""
    data, cookie = homes[access]
    with started(installed, data, tmp_path, access=access) as url:
        before = opened(url, "library", cookie)
    with started(installed, data, tmp_path, access=access) as url:
        after = Drawing.of(url, known_as=before.page, cookie=cookie)
    assert is_ours(after, MENU if access == "open" else TEAM_MENU)
    assert (after.page, after.titles[:1]) == (before.page, ["Library"])


def test_a_folder_called_pages_is_no_menu(
    installed: Path, homes: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    """What an older version left beside the app, or somebody put there, is not looked at."""
    (home,) = installed.parent.glob("lib/python*/site-packages/dashboard")
    left_over = home / "pages"
    left_over.mkdir()
    try:
        (left_over / "board.py").write_text("import streamlit as st\nst.title('An old page')\n")
        with started(installed, homes["open"][0], tmp_path) as url:
            drawing = opened(url, "library", "")
    finally:
        (left_over / "board.py").unlink()
        left_over.rmdir()
    assert is_ours(drawing, MENU)
    assert drawing.titles[:1] == ["Library"]
