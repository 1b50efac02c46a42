"""No secret of a link, a key or a cookie gets out of a real server: not into its log, its files or its pages."""

import re
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from dashboard.services.team.access import COOKIE
from dashboard.settings import PREFIX
from tests.chaos.waiting import wait_until
from tests.commands import Running, free_port, is_free, running

WRONG_LINK = "odl_W0rngLink0123456789abcdefghijklmnopqrst"
WRONG_KEY = "odk_Wr0ngKey0123456789abcdefghijklmnopqrstu"
WRONG_ADDRESS = "oda_Wr0ngAddress0123456789abcdefghijklmnop"
TWO_THIRDS = 2 / 3
SERVER = Path(__file__).parents[1] / "dashboard" / "server.py"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Running, str, str]]:
    """A server with access control that says everything it can; its address, and the first owner's link."""
    port = free_port()
    settings = {
        PREFIX + "DATA_DIR": str(tmp_path / "data"),
        PREFIX + "ACCESS": "team",
        PREFIX + "POLLER": "off",
    }
    arguments = ("serve", "--port", str(port), "--log-level", "debug")
    with running(*arguments, folder=tmp_path, environment=settings, warm=True) as started:
        line = started.wait_for("first owner: ")
        yield started, f"http://127.0.0.1:{port}", line.partition("/join/")[2].strip()


def test_secrets_of_access_stay_where_they_belong(server: tuple[Running, str, str], tmp_path: Path) -> None:
    """Joining, working, guessing and leaving; the first link is printed once, because that is what it is for."""
    started, url, first = server
    browser = requests.Session()
    looked = browser.get(f"{url}/join/{first}", timeout=10)
    browser.post(f"{url}/join/{first}", data={"name": "Olga"}, timeout=10, allow_redirects=False)
    cookie = browser.cookies[COOKIE]
    pages = {
        "look": looked,
        "board": browser.get(url, timeout=10),
        "used up": browser.get(f"{url}/join/{first}", timeout=10),
        "wrong link": requests.get(f"{url}/join/{WRONG_LINK}", timeout=10),
        "wrong key": requests.get(f"{url}/api/v1/tasks", headers=_key(WRONG_KEY), timeout=10),
        "wrong cookie": requests.get(url, cookies={COOKIE: f"{cookie}x"}, timeout=10),
        "audit log": browser.get(f"{url}/api/v1/team/audit.csv", timeout=10),
        "sign-out": browser.post(f"{url}/sign-out", timeout=10),
    }
    assert [pages[name].status_code for name in ("look", "board", "used up", "wrong link", "wrong key")] == [
        200,
        200,
        404,
        404,
        401,
    ]
    started.end(signal.SIGTERM)  # everything is written now

    said = started.said()
    printed = [line for line in said.splitlines() if first in line]
    assert len(printed) == 1, "the first link is said once"
    places: dict[str, bytes] = {name: page.content + _headers(page) for name, page in pages.items()}
    places["log"] = said.replace(printed[0], "").encode()
    places |= {f"file {file.name}": file.read_bytes() for file in (tmp_path / "data").iterdir()}
    secrets = {"first link": first, "cookie": cookie, "wrong link": WRONG_LINK, "wrong key": WRONG_KEY}
    assert found(places, secrets) == []
    assert "file dashboard.db" in places
    assert b"Olga" in places["audit log"]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(("uvicorn", "dashboard.server:app", "--port"), id="uvicorn"),
        pytest.param(("streamlit", "run", str(SERVER), "--server.port"), id="streamlit"),
    ],
)
def test_no_secret_gets_into_the_access_log_of_another_server(
    tmp_path: Path, program: tuple[str, ...]
) -> None:
    """They write down every address that is asked for, and a link's secret is in the address."""
    port = free_port()
    settings = {
        PREFIX + "DATA_DIR": str(tmp_path / "data"),
        PREFIX + "ACCESS": "team",
        PREFIX + "POLLER": "off",
        PREFIX + "LOG_LEVEL": "debug",
    }
    python, arguments = (sys.executable, "-m", program[0]), (*program[1:], str(port))
    with running(*arguments, folder=tmp_path, environment=settings, program=python, warm=True) as it:
        wait_until(lambda: not is_free(port), "it listens")
        address = f"/in/{WRONG_ADDRESS}/v5.0/ocr/RecognizeImage?id=a"
        for path in (f"/join/{WRONG_LINK}", f"/sso/callback?code={WRONG_LINK[4:]}", address, "/join/nobody"):
            requests.get(f"http://127.0.0.1:{port}{path}", timeout=30)
        it.end(signal.SIGTERM)
        said = it.said()

    secrets = {"link": WRONG_LINK, "code": WRONG_LINK[4:], "address": WRONG_ADDRESS}
    assert found({"log": said.encode()}, secrets) == []
    assert program[0] == "streamlit" or "/join/nobody" in said, "there is an access log"


def test_this_test_finds_leaks() -> None:
    """A secret that is cut at its end is one that got out."""
    assert found({"a": WRONG_KEY[:32].encode()}, {"key": WRONG_KEY}) == ["key in a"]
    assert found({"a": b"odk_"}, {"key": WRONG_KEY}) == []


@pytest.mark.parametrize("path", [f"/join/{WRONG_LINK}", "/"])
def test_pages_with_a_secret_in_their_address_tell_nobody(
    server: tuple[Running, str, str], path: str
) -> None:
    """The browser sends at most our bare origin on, keeps no copy, and loads nothing from elsewhere."""
    _, url, first = server
    for page in (requests.get(url + path, timeout=10), requests.get(f"{url}/join/{first}", timeout=10)):
        assert page.headers["Referrer-Policy"] in ("strict-origin", "same-origin", "no-referrer")
        assert page.headers["Cache-Control"] == "no-store" or path == "/"
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page.text)


def found(places: Mapping[str, bytes], secrets: Mapping[str, str]) -> list[str]:
    """Which secret was found where; its first two thirds are enough."""
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, secret in secrets.items()
        if secret[: int(len(secret) * TWO_THIRDS)].encode() in content
    ]


def _key(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _headers(page: requests.Response) -> bytes:
    """What a page's answer says beside its content; the browser's own request is not part of it."""
    return "\n".join(f"{name}: {value}" for name, value in page.headers.items()).encode()
