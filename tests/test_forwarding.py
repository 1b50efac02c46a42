"""Behind a reverse proxy, and in front of none: whose word counts for who is asking and how."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from tests.starting import STARTS, Started, started

SPOOFED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.7, 198.51.100.1",
    "Forwarded": "for=203.0.113.7;proto=https;host=evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "203.0.113.7",
}


def guess(server: Started, forwarded_for: str, said: Mapping[str, str] = SPOOFED) -> int:
    """Open a link that does not exist, from an address as somebody says."""
    headers = {**said, "X-Forwarded-For": forwarded_for}
    return requests.get(f"{server.url}/join/odl_wrong", headers=headers, timeout=10).status_code


@pytest.mark.parametrize("how", STARTS)
def test_nobody_is_believed_by_default(tmp_path: Path, how: str) -> None:
    """Neither for the scheme nor for the address; an environment variable of uvicorn changes nothing."""
    with started(how, tmp_path) as server:
        assert [guess(server, f"203.0.113.{n}") for n in range(25)] == [404] * 20 + [429] * 5
        joined = server.join(SPOOFED)
    assert joined.headers["location"].startswith("../")
    assert re.match(r"ocr_dashboard_sign_in=(?!.*Secure)", joined.headers["set-cookie"])


@pytest.mark.parametrize("how", STARTS)
def test_the_named_proxy_is_believed(tmp_path: Path, how: str) -> None:
    """For scheme and address; of several hops, the last one that it has not put there itself."""
    said = {name: value for name, value in SPOOFED.items() if name != "X-Forwarded-Prefix"}
    with started(how, tmp_path, trusted_proxies="127.0.0.1") as server:
        # What a stranger wrote in front of the proxy's own word is not taken for an address.
        told = [guess(server, f"203.0.113.{n}, 198.51.100.1", said) for n in range(25)]
        assert told == [404] * 20 + [429] * 5
        assert guess(server, "198.51.100.2", said) == 404
        joined = server.join(said)
    assert "__Host-ocr_dashboard_sign_in=" in joined.headers["set-cookie"]
    assert "evil" not in str(joined.headers)


@pytest.mark.parametrize("how", STARTS)
def test_the_named_proxy_says_the_path(tmp_path: Path, how: str) -> None:
    """The one it has stripped: cookies are kept for it, and ways lead into it; what a stranger wrote before is not."""
    told = {"X-Forwarded-Prefix": "/evil, /ocr", "X-Forwarded-Proto": "https"}
    with started(how, tmp_path, trusted_proxies="127.0.0.1") as server:
        cookie = server.join(told).headers["set-cookie"]
        assert cookie.startswith("__Secure-ocr_dashboard_sign_in=")
        assert "Path=/ocr/" in cookie
        unstripped = requests.get(f"{server.url}/ocr", headers=told, timeout=10, allow_redirects=False)
        assert (unstripped.status_code, unstripped.headers["Location"]) == (308, "ocr/")


@pytest.mark.parametrize("proxies", ["10.0.0.1", "::ffff:127.0.0.2", "127.0.0.2/31"])
def test_another_proxy_is_not(tmp_path: Path, proxies: str) -> None:
    """Naming one does not open the door for all."""
    with started("serve", tmp_path, trusted_proxies=proxies) as server:
        assert "__Host-" not in server.join(SPOOFED).headers["set-cookie"]
        asked = requests.get(f"{server.url}/evil", headers=SPOOFED, timeout=10, allow_redirects=False)
        assert asked.status_code == 401
