"""Behind a reverse proxy, and in front of none: whose word counts for who is asking and how."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dashboard.settings import PREFIX
from tests.chaos.waiting import wait_until
from tests.commands import free_port, is_free, running

CODE = "import uvicorn; uvicorn.run('dashboard.server:app', port={port}, log_level='warning')"
SPOOFED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.7, 198.51.100.1",
    "Forwarded": "for=203.0.113.7;proto=https;host=evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "203.0.113.7",
}


@contextmanager
def served(folder: Path, how: str, **settings: str) -> Iterator[tuple[str, str]]:
    """A server with access control, started by our command or by plain uvicorn; its address, and a team URL."""
    port = free_port()
    environment = {
        f"{PREFIX}DATA_DIR": str(folder / "data"),
        f"{PREFIX}ACCESS": "team",
        f"{PREFIX}POLLER": "off",
        "FORWARDED_ALLOW_IPS": "*",
        **{f"{PREFIX}{name.upper()}": value for name, value in settings.items()},
    }
    if how == "serve":
        with running("serve", "--port", str(port), folder=folder, environment=environment) as started:
            line = started.wait_for("first owner: ")
            yield f"http://127.0.0.1:{port}", line.rpartition("/")[2].strip()
        return
    code = CODE.format(port=port)
    with running("-c", code, folder=folder, environment=environment, program=[sys.executable]):
        wait_until(lambda: not is_free(port), "the server listens")
        yield f"http://127.0.0.1:{port}", "odl_unknown"


@pytest.mark.parametrize("how", ["serve", "uvicorn"])
def test_nobody_is_believed_by_default(tmp_path: Path, how: str) -> None:
    """Neither for the scheme nor for the address; an environment variable of uvicorn changes nothing."""
    with served(tmp_path, how) as (url, link):
        told = [
            requests.get(
                f"{url}/join/odl_wrong", headers={**SPOOFED, "X-Forwarded-For": f"203.0.113.{n}"}, timeout=10
            )
            for n in range(25)
        ]
        assert [answer.status_code for answer in told] == [404] * 20 + [429] * 5
        if how == "serve":
            joined = _join(url, link, SPOOFED)
            assert joined.headers["location"].startswith("../")
            assert re.match(r"ocr_dashboard_sign_in=(?!.*Secure)", joined.headers["set-cookie"])


def test_the_named_proxy_is_believed(tmp_path: Path) -> None:
    """For scheme and address; of several hops, the last one that it has not put there itself."""
    with served(tmp_path, "serve", trusted_proxies="127.0.0.1") as (url, link):
        for n in range(25):
            # What a stranger wrote in front of the proxy's own word is not taken for an address.
            spoofed = {**SPOOFED, "X-Forwarded-For": f"203.0.113.{n}, 198.51.100.1"}
            told = requests.get(f"{url}/join/odl_wrong", headers=spoofed, timeout=10)
        assert told.status_code == 429
        other = {**SPOOFED, "X-Forwarded-For": "198.51.100.2"}
        assert requests.get(f"{url}/join/odl_wrong", headers=other, timeout=10).status_code == 404
        joined = _join(url, link, SPOOFED)
        assert "__Host-ocr_dashboard_sign_in=" in joined.headers["set-cookie"]
        assert "evil" not in str(joined.headers)


def test_another_proxy_is_not(tmp_path: Path) -> None:
    """Naming one does not open the door for all."""
    with served(tmp_path, "serve", trusted_proxies="10.0.0.1") as (url, link):
        assert "__Host-" not in _join(url, link, SPOOFED).headers["set-cookie"]


def _join(url: str, link: str, headers: dict[str, str]) -> requests.Response:
    return requests.post(
        f"{url}/join/{link}", data={"name": "Ada"}, headers=headers, timeout=10, allow_redirects=False
    )
