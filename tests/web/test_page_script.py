"""Our scripts in Streamlit's page, and in nothing else."""

import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import file_util

from dashboard.web.base_path import BasePath
from dashboard.web.page_script import AWAY, DRAWN, FOLDER, STANDING, PageScript, routes

SCRIPTS = (FOLDER, STANDING, AWAY, DRAWN)
TAG = '<script src="./folder.js"></script><script src="./standing.js"></script><script src="./away.js"></script>'
HTML = {"Accept": "text/html,*/*"}


async def _streamlit(_: Request) -> Response:
    return FileResponse(f"{file_util.get_static_dir()}/index.html")


async def _ours(_: Request) -> Response:
    return HTMLResponse("<html><head></head><body>join</body></html>")


async def _text(_: Request) -> Response:
    return PlainTextResponse('<head><div id="root">')


@pytest.fixture
def client() -> TestClient:
    """Streamlit's real page, a small one, a text, and the script."""
    rooms = [*routes(SCRIPTS), Route("/api/v1/x", _streamlit), Route("/ours", _ours), Route("/text", _text)]
    inside = Starlette(routes=[*rooms, Route("/{page:path}", _streamlit)])
    return TestClient(BasePath(PageScript(inside, scripts=SCRIPTS), proxies=["testclient"]))


@pytest.mark.parametrize("path", ["/", "/task", "/library"])
def test_every_page_has_it_before_any_other(client: TestClient, path: str) -> None:
    """And is complete; what browsers asked about the unchanged page is not answered."""
    answer = client.get(path, headers={**HTML, "If-None-Match": "*", "Range": "bytes=0-9"})
    assert answer.status_code == 200
    assert answer.text.index(TAG) < answer.text.index("<script type")
    assert answer.text.rstrip().endswith("</html>")
    style = re.search(r'<link rel="stylesheet" href="\./(frame\.css\?v=\w+)"></body>', answer.text)
    assert style is not None
    assert ".ocr-text" in client.get(f"/{style[1]}").text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers
    for script in SCRIPTS:
        assert client.get(script).headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/", "/ocr/", "/task", "/ocr/task"])
def test_below_a_path_they_are_found_without_its_slash(client: TestClient, path: str) -> None:
    """The address in the browser may be ``/ocr``, which the server cannot see behind a proxy that strips it."""
    answer = client.get(path, headers={**HTML, "X-Forwarded-Prefix": "/ocr"})
    assert answer.text.index('<script src="/ocr/folder.js"></script>') < answer.text.index("./static")
    assert client.get("/ocr/folder.js", headers={"X-Forwarded-Prefix": "/ocr"}).status_code == 200


@pytest.mark.parametrize("path", ["/ours", "/text", "/api/v1/x"])
def test_nothing_else_is_changed(client: TestClient, path: str) -> None:
    """Our own pages have no script at all; files are files."""
    assert TAG not in client.get(path, headers=HTML).text


def test_who_wants_no_page_gets_it_unchanged(client: TestClient) -> None:
    """A script or a picture."""
    assert TAG not in client.get("/", headers={"Accept": "*/*"}).text
