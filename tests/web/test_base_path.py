"""Which path a dashboard is reached under, and who may say so."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.web.base_path import BasePath
from dashboard.web.forwarding import Proxies

PROXY = "10.1.2.3"


async def _told(request: Request) -> Response:
    return PlainTextResponse(f"{request.scope.get('root_path', '')} {request.url_for('page').path}")


def told(path: str, *said: str, base_path: str = "", client: str = PROXY) -> tuple[int, str]:
    """Ask for a path with these headers; the status, and how the page sees itself."""
    inside = Starlette(routes=[Route("/page", _told, name="page")])
    app = BasePath(inside, base_path=base_path, proxies=Proxies(["10.0.0.0/8", "::1"]))
    headers = [(b"X-Forwarded-Prefix", one.encode("latin-1")) for one in said]
    answer = TestClient(app, client=(client, 1234)).get(path, headers=headers)
    return answer.status_code, answer.text


@pytest.mark.parametrize("path", ["/page", "/ocr/page"])
@pytest.mark.parametrize("said", ["/ocr", "ocr", " /ocr/ "])
def test_a_named_proxy_says_it(path: str, said: str) -> None:
    """Whether it strips the path or not, and however it writes it."""
    assert told(path, said) == (200, "/ocr /ocr/page")


@pytest.mark.parametrize("client", ["10.1.2.3", "::1"])
def test_every_named_proxy_may(client: str) -> None:
    """By address and by network."""
    assert told("/page", "/ocr", client=client) == (200, "/ocr /ocr/page")


@pytest.mark.parametrize("client", ["203.0.113.7", "11.0.0.1", "testclient", ""])
def test_nobody_else_may(client: str) -> None:
    """The header is as good as not there."""
    assert told("/page", "/ocr", client=client) == (200, " /page")
    assert told("/ocr/page", "/ocr", client=client)[0] == 404


def test_the_operator_says_it_before_any_proxy() -> None:
    """A setting is meant; a header may come from anywhere."""
    assert told("/page", "/other", base_path="/ocr") == (200, "/ocr /ocr/page")


@pytest.mark.parametrize(("said", "path"), [(["/evil, /ocr"], "/ocr"), (["/evil", "/ocr"], "/ocr")])
def test_the_last_word_is_the_proxys_own(said: list[str], path: str) -> None:
    """Those before it may be a stranger's."""
    assert told("/page", *said) == (200, f"{path} {path}/page")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "/",
        "https://evil.example",
        '/"><script>',
        "/a b",
        "/a//b",
        "/..",
        "/a/./b",
        "/%2e",
        "/ö",
    ],
)
def test_what_is_no_path_is_not_there(said: str) -> None:
    """It would be written into pages and redirects."""
    assert told("/page", said) == (200, " /page")


def test_a_host_is_no_more_than_a_path() -> None:
    """Two slashes would name one."""
    assert told("/page", "//evil.example") == (200, "/evil.example /evil.example/page")
