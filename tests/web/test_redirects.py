"""Redirects of ours: only for whom the gate answers, and never by a host name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from dashboard.settings import PREFIX
from dashboard.web.base_path import BasePath
from dashboard.web.gate import Gate, known_hosts
from dashboard.web.redirects import Redirects
from tests.commands import free_port, running


async def _page(request: Request) -> Response:
    return PlainTextResponse(request.scope["path"])


async def _away(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"])


def below(base_path: str, **options: str) -> TestClient:
    """A page, an API and a redirect to anywhere, below a path."""
    inside = Starlette(
        routes=[
            Mount("/api", routes=[Route("/tasks", _page)]),
            Route("/away", _away),
            Route("/", _page),
        ]
    )
    app = BasePath(Gate(Redirects(inside), hosts=known_hosts("127.0.0.1", "")), base_path=base_path)
    return TestClient(app, base_url=options.get("base_url", "http://localhost:8501"), follow_redirects=False)


@pytest.mark.parametrize(
    ("base_path", "asked", "leads_to"),
    [
        ("/ocr", "/ocr", "ocr/"),
        ("/ocr", "/ocr?team=a&x=%0d%0a", "ocr/?team=a&x=%0d%0a"),
        ("/tools/ocr", "/tools/ocr", "ocr/"),
    ],
)
def test_the_base_path_is_a_folder(base_path: str, asked: str, leads_to: str) -> None:
    """One slash is missing, and the way there names no host."""
    answer = below(base_path).get(asked)
    assert (answer.status_code, answer.headers["location"]) == (308, leads_to)
    assert "content-security-policy" in answer.headers
    assert str(answer.request.url.join(leads_to)).startswith(f"http://localhost:8501{base_path}/")


@pytest.mark.parametrize("asked", ["/ocr", "/ocr/", "/ocr/api", "/"])
def test_a_foreign_host_is_refused_first(asked: str) -> None:
    """It gets no redirect, least of all to itself."""
    answer = below("/ocr").get(asked, headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert "location" not in answer.headers


@pytest.mark.parametrize("base_url", ["http://localhost:8501", "https://localhost"])
def test_a_route_with_a_slash_too_many(base_url: str) -> None:
    """Starlette leads to the right one by a whole address; the scheme in it may be wrong behind a proxy."""
    answer = below("/ocr", base_url=base_url).get("/ocr/api/tasks/?q=1")
    assert (answer.status_code, answer.headers["location"]) == (307, "/ocr/api/tasks?q=1")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("http://localhost:8501/ocr/add?x=1#y", "/ocr/add?x=1#y"),
        ("http://LOCALHOST:8501/ocr/", "/ocr/"),
        ("http://localhost:8501", "/"),
        ("../add", "../add"),
        ("/ocr/add", "/ocr/add"),
        ("https://login.example/authorize", "https://login.example/authorize"),
        ("https://localhost:8501/keycloak", "https://localhost:8501/keycloak"),
        ("http://localhost:8501//evil.example/", "http://localhost:8501//evil.example/"),
        ("http://localhost:8501/%5Cevil.example", "/%5Cevil.example"),
    ],
)
def test_only_ways_within_lose_their_host(written: str, sent: str) -> None:
    """Those to a provider of sign-ins stay whole, and none becomes a way to somebody else."""
    assert below("/ocr").get("/ocr/away", params={"to": written}).headers["location"] == sent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server below a path; its address."""
    folder: Path = tmp_path_factory.mktemp("below")
    port = free_port()
    settings = {
        PREFIX + "DATA_DIR": str(folder / "data"),
        PREFIX + "BASE_PATH": "/ocr",
        PREFIX + "POLLER": "off",
    }
    with running("serve", "--port", str(port), folder=folder, environment=settings, warm=True) as started:
        started.wait_for("ready")
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("host", "status", "location"), [("127.0.0.1", 308, "ocr/"), ("evil.example", 403, None)]
)
def test_the_server_asks_its_gate_first(server: str, host: str, status: int, location: str | None) -> None:
    """As it is put together."""
    answer = requests.get(f"{server}/ocr", headers={"Host": host}, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers.get("Location")) == (status, location)
