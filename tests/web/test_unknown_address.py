"""Where nothing is there is a page of ours that says so; what is something stays what it is."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from dashboard import addresses
from dashboard.settings import PREFIX
from tests.commands import free_port, running

HTML = {"Accept": "text/html,*/*"}
SHELL = '<div id="root">'


@pytest.fixture(scope="module", params=["", "/ocr"], ids=["at a host", "below a path"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that lets in everybody; where it is reached."""
    folder: Path = tmp_path_factory.mktemp("unknown")
    port = free_port()
    settings = {
        PREFIX + "DATA_DIR": str(folder / "data"),
        PREFIX + "BASE_PATH": request.param,
        PREFIX + "POLLER": "off",
    }
    with running("serve", "--port", str(port), folder=folder, environment=settings, warm=True) as started:
        started.wait_for("ready")
        yield f"http://127.0.0.1:{port}{request.param}"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/nowhere/",
        "/task/7",
        "/add/library",
        "/Task",
        "/team",
        "/index.html",
        "/favicon.ico",
        "/static/js/of-an-older-version.js",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
        "/join/odl_of_a_dashboard_with_a_team",
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_nothing_is_there(server: str, path: str, accept: str) -> None:
    """It is said by the status too, with the way to the board, and echoes nothing."""
    answer = requests.get(f"{server}{path}", headers={"Accept": accept}, timeout=10)
    assert answer.status_code == 404
    assert "<h1>There is no such page</h1>" in answer.text
    assert SHELL not in answer.text
    assert "alert" not in answer.text
    base = server.partition("127.0.0.1:")[2].partition("/")[2]
    assert f'href="/{base}{"/" if base else ""}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer.headers


def test_a_kept_copy_makes_no_page_of_it(server: str) -> None:
    """A browser may ask whether something has changed that was a page with an older version."""
    board = requests.get(f"{server}/", headers={"Accept": "*/*"}, timeout=10)
    kept = {"If-None-Match": board.headers["ETag"], "Accept": "text/html"}
    assert requests.get(f"{server}/nowhere", headers=kept, timeout=10).status_code == 404
    assert requests.get(f"{server}/index.html", headers=kept, timeout=10).status_code == 404
    assert requests.head(f"{server}/nowhere", headers=HTML, timeout=10).status_code == 404


@pytest.mark.parametrize("page", sorted(addresses.paths(with_team=False)))
def test_pages_are_there(server: str, page: str) -> None:
    """With and without a query, and with a slash too many."""
    for asked in (page, f"{page}?id=1&nowhere", f"{page}/" if page != "/" else page):
        answer = requests.get(f"{server}{asked}", headers=HTML, timeout=10)
        assert (answer.status_code, SHELL in answer.text) == (200, True)


@pytest.mark.parametrize(
    "path",
    ["/favicon.png", "/manifest.json", "/healthz", "/_stcore/health", "/_stcore/host-config", "/away.js"],
)
def test_files_and_endpoints_are_what_they_were(server: str, path: str) -> None:
    """Streamlit's and ours."""
    answer = requests.get(f"{server}{path}", headers=HTML, timeout=10)
    assert answer.status_code == 200
    assert "There is no such page" not in answer.text


def test_what_pages_load_is_there(server: str) -> None:
    """Every script, style and font that Streamlit's page names."""
    page = requests.get(f"{server}/", headers=HTML, timeout=10).text
    named = [piece.partition('"')[0] for piece in page.replace("href=", "src=").split('src="')[1:]]
    files = [name for name in named if not name.endswith("/openapi.json")]
    assert len(files) > 10
    for name in files:
        answer = requests.get(urljoin(f"{server}/", name), timeout=10)
        assert answer.status_code == 200, name


def test_the_api_has_its_own_words(server: str) -> None:
    """Scripts read them."""
    answer = requests.get(f"{server}/api/v1/nowhere", headers=HTML, timeout=10)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
