"""The gate: what browsers may do with answers."""

import base64
import hashlib
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.web.gated import OWN, gated


@pytest.mark.parametrize("path", ["/", "/api/v1/tasks", "/nowhere"])
def test_security_headers(path: str) -> None:
    """Come with every answer; answers of the API are not kept by anybody."""
    headers = gated().get(path, headers=OWN).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert not any("http" in value or "*" in value for value in policy.values())
    assert headers.get("cache-control") == ("no-store" if path.startswith("/api/") else None)


def test_a_route_may_be_stricter() -> None:
    """Headers that are there already stay."""
    headers = gated().get("/api/file", headers=OWN).headers
    assert headers["content-security-policy"] == "sandbox"
    assert headers["cache-control"] == "private"
    assert headers["x-content-type-options"] == "nosniff"


class _Scripts(HTMLParser):
    """Collects the inline scripts of a page, with a parser of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an inline script begins."""
        self._inside = tag == "script" and "src" not in dict(attrs)
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        """Keep what is inside of it."""
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """Note where it ends."""
        self._inside = self._inside and tag != "script"


@pytest.mark.parametrize(
    ("package", "page"),
    [("streamlit", "static/index.html"), ("streamlit_autorefresh", "frontend/build/index.html")],
)
def test_inline_scripts_of_the_installed_pages_are_allowed(package: str, page: str) -> None:
    """By their hashes, so that no other inline script runs."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    scripts = _Scripts()
    scripts.feed((Path(spec.origin).parent / page).read_text("utf-8"))
    assert scripts.found
    policy = gated().get("/", headers=OWN).headers["content-security-policy"]
    for script in scripts.found:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
