"""How services are reached: by the session and the environment, which is looked at now and then."""

import pytest
import requests

from dashboard.cloud.ways import FRESH_SECONDS, Ways

PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of this machine's settings counts."""
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Watch:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://ocr.example/v5.0/ocr", None),
        ({"https_proxy": PROXY}, "https://ocr.example/v5.0/ocr", PROXY),
        ({"https_proxy": PROXY}, "http://ocr.example/v5.0/ocr", None),
        ({"https_proxy": PROXY, "no_proxy": "ocr.example"}, "https://ocr.example/v5.0/ocr", None),
        ({"https_proxy": PROXY, "no_proxy": "ocr.example"}, "https://other.example/", PROXY),
        ({"http_proxy": PROXY}, "http://127.0.0.1:8080/v5.0/ocr", None),
        ({"http_proxy": PROXY}, "http://[::1]:8080/v5.0/ocr", None),
        ({"http_proxy": PROXY}, "http://localhost/v5.0/ocr", None),
    ],
)
def test_proxies(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    """As requests takes them from the environment; never on the way to this machine itself."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Ways(requests.Session()).to(url).proxies.get(url.partition(":")[0]) == proxy


def test_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the session says wins over the environment."""
    session = requests.Session()
    assert Ways(session).to("https://ocr.example").verify is True
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/company.pem")
    assert Ways(session).to("https://ocr.example").verify == "/etc/company.pem"
    session.verify = "/etc/ours.pem"
    assert Ways(session).to("https://ocr.example").verify == "/etc/ours.pem"


def test_a_change_is_noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each service's way is kept for some seconds, apart from the others'."""
    watch = Watch()
    ways = Ways(requests.Session(), monotonic=watch)
    assert ways.to("https://ocr.example/a").proxies == {}
    monkeypatch.setenv("https_proxy", PROXY)
    watch.now = FRESH_SECONDS - 1
    assert ways.to("https://ocr.example/b").proxies == {}
    assert ways.to("https://ocr.example:8443/a").proxies["https"] == PROXY
    watch.now = FRESH_SECONDS + 1
    assert ways.to("https://ocr.example/c").proxies["https"] == PROXY
