"""What proxies say: only those that are named are believed, over real HTTP and whatever uvicorn itself believes."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from dashboard.web.forwarding import Forwarding, Proxies, unmapped
from tests.chaos.waiting import wait_until
from tests.web.listened import listened

FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"
SPOOFED = (
    f"{FOR}: 203.0.113.7",
    f"{PROTO}: https",
    "Forwarded: for=203.0.113.7;proto=https;host=evil.example",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Port: 443",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Ssl: on",
    "X-Real-IP: 203.0.113.7",
)


def told(answer: bytes) -> dict[str, Any]:
    """What the application behind saw."""
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


@pytest.mark.parametrize("believing", ["127.0.0.1", "*"])
def test_nobody_is_believed_unless_named(believing: str) -> None:
    """Not this machine, and not whom uvicorn is told to believe; nothing of it is seen further in."""
    with listened(believing=believing) as server:
        seen = told(server.ask("/", *SPOOFED))
    assert (seen["client"], seen["scheme"]) == ("127.0.0.1", "http")
    assert seen["headers"] == ["connection", "host"]


def test_nobody_is_believed_however_much_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Its server puts something of its own around the app then; the limits hold as well."""
    caplog.set_level(5, "uvicorn.error")
    with listened(most=3) as server:
        seen = told(server.ask("/", *SPOOFED))
        with server.connect(b"GET"), server.connect(b"GET"):
            assert told(server.ask("/"))["client"] == "127.0.0.1"
            wait_until(lambda: server.connections <= 1, "one address has its share")
    assert (seen["client"], seen["scheme"]) == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("given", "client"),
    [
        pytest.param([f"{FOR}: 203.0.113.7"], "203.0.113.7", id="one"),
        pytest.param([f"{FOR}: 6.6.6.6, 203.0.113.7"], "203.0.113.7", id="what the client said comes first"),
        pytest.param([f"{FOR}: 6.6.6.6", f"{FOR}: 203.0.113.7"], "203.0.113.7", id="in two lines"),
        pytest.param([f"{FOR}: 127.0.0.1, 203.0.113.7"], "203.0.113.7", id="the client names the proxy"),
        pytest.param([f"{FOR}: 6.6.6.6, 203.0.113.7, 10.1.2.3"], "203.0.113.7", id="two proxies"),
        pytest.param([f"{FOR}: 6.6.6.6, 10.1.2.3, 203.0.113.7"], "203.0.113.7", id="a proxy too far out"),
        pytest.param([f"{FOR}: 2001:db8::7"], "2001:db8::7", id="IPv6"),
        pytest.param([f"{FOR}: 203.0.113.7:4711"], "203.0.113.7", id="with a port"),
        pytest.param(["X-Real-IP: 6.6.6.6"], "127.0.0.1", id="another header"),
        pytest.param(["Forwarded: for=6.6.6.6"], "127.0.0.1", id="the standard's header"),
    ],
)
def test_a_named_proxy_says_who(given: list[str], client: str) -> None:
    """The last address that no proxy has; those before it are anybody's claim."""
    with listened(proxies=("127.0.0.1", "10.0.0.0/8")) as server:
        assert told(server.ask("/", *given))["client"] == client


@pytest.mark.parametrize(
    ("given", "scheme"),
    [
        ([f"{PROTO}: https"], "https"),
        ([f"{PROTO}: http"], "http"),
        ([f"{PROTO}: javascript"], "http"),
        (
            [
                "Forwarded: proto=https",
                "X-Forwarded-Ssl: on",
                "X-Forwarded-Scheme: https",
                "Front-End-Https: on",
            ],
            "http",
        ),
    ],
)
def test_a_named_proxy_says_whether_it_is_https(given: list[str], scheme: str) -> None:
    """In the one header there is for it."""
    with listened(proxies=("127.0.0.1",)) as server:
        assert told(server.ask("/", *given))["scheme"] == scheme


def test_others_than_the_named_are_not_believed() -> None:
    """A proxy elsewhere does not speak for this machine."""
    with listened(proxies=("127.0.0.5", "10.0.0.0/8")) as server:
        refused, believed = (told(server.ask("/", *SPOOFED, source=it)) for it in ("127.0.0.4", "127.0.0.5"))
    assert (refused["client"], refused["scheme"]) == ("127.0.0.4", "http")
    assert (believed["client"], believed["scheme"]) == ("203.0.113.7", "https")


def test_websockets_alike() -> None:
    """Their scheme and client are weighed in the same way."""
    seen: list[tuple[str, str]] = []

    async def rooms(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"][0], scope["scheme"]))
        await receive()
        await send({"type": "websocket.close"})

    for proxies in ([], ["192.0.2.1"]):
        client = TestClient(Forwarding(rooms, proxies=Proxies(proxies)), client=("::ffff:192.0.2.1", 1))
        headers = {FOR: "203.0.113.7", PROTO: "https"}
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/", headers=headers):
            pass
    assert seen == [("192.0.2.1", "ws"), ("203.0.113.7", "wss")]


def test_addresses() -> None:
    """IPv4 seen through an IPv6 socket is the same address; what is none belongs nowhere."""
    assert unmapped("::ffff:192.0.2.1") == "192.0.2.1"
    assert unmapped("2001:db8::1") == "2001:db8::1"
    assert unmapped("unix") == "unix"
    named = Proxies(["192.0.2.1", "::ffff:10.0.0.0/104", "2001:db8::/32"])
    theirs = ("192.0.2.1", "::ffff:192.0.2.1", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::9")
    assert [
        it for it in (*theirs, "192.0.2.2", "::ffff:192.0.2.2", "::1", "unix", "") if it in named
    ] == list(theirs)
