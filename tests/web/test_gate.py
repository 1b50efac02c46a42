"""The gate: who may ask."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from dashboard.web.gate import Gate, host_name, is_exposed, known_hosts
from tests.web.gated import OWN, gated


@pytest.mark.parametrize(
    ("host", "allowed_hosts", "header", "passes"),
    [
        ("127.0.0.1", "", "127.0.0.1:8501", True),
        ("127.0.0.1", "", "127.0.0.1", True),
        ("127.0.0.1", "", "localhost:8501", True),
        ("127.0.0.1", "", "LocalHost:9", True),
        ("127.0.0.1", "", "[::1]:8501", True),
        ("127.0.0.1", "", "[::1]", True),
        ("127.0.0.1", "", "evil.example", False),
        ("127.0.0.1", "", "evil.example:8501", False),
        ("127.0.0.1", "", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "", "localhost.evil.example:8501", False),
        ("127.0.0.1", "", "127.0.0.1@evil.example", False),
        ("127.0.0.1", "", "evil.example/127.0.0.1", False),
        ("127.0.0.1", "", "192.168.0.7:8501", False),
        ("127.0.0.1", "", "", False),
        ("127.0.0.1", "", "[", False),
        ("127.0.0.1", "", "[nonsense]:8501", False),
        ("127.0.0.1", "", "[::1", False),
        ("::1", "", "[::1]:8501", True),
        ("[::1]", "", "localhost:8501", True),
        ("127.0.0.1", "ocr.example, OCR.test", "ocr.example", True),
        ("127.0.0.1", "ocr.example, OCR.test", "ocr.test:443", True),
        ("127.0.0.1", "ocr.example, OCR.test", "127.0.0.1:8501", True),
        ("127.0.0.1", "ocr.example", "a.ocr.example", False),
        ("192.168.0.7", "", "192.168.0.7:8501", True),
        ("192.168.0.7", "", "192.168.0.8:8501", False),
        ("0.0.0.0", "", "ocr.example", True),  # noqa: S104 - a name, nothing is bound
        ("0.0.0.0", "", "[", True),  # noqa: S104 - the same
        ("::", "", "anything:1", True),
        ("0.0.0.0", "ocr.example", "ocr.example", True),  # noqa: S104 - the same
        ("0.0.0.0", "ocr.example", "evil.example", False),  # noqa: S104 - the same
    ],
)
def test_host_names(*, host: str, allowed_hosts: str, header: str, passes: bool) -> None:
    """A page that rebinds its own name to this machine gets nothing; known names do, on any port."""
    answer = gated(host=host, allowed_hosts=allowed_hosts).get("/", headers={"Host": header})
    assert answer.status_code == (200 if passes else 403)
    assert ("OCR_DASHBOARD_ALLOWED_HOSTS" in answer.text) is not passes


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Example.COM:80", "example.com"),
        ("[::1]:8501", "::1"),
        ("user@host:1", "host"),
        ("", ""),
        ("[", ""),
        (":8501", ""),
        ("host:port", "host"),
    ],
)
def test_host_name(header: str, name: str) -> None:
    """Nonsense is no name, and no error."""
    assert host_name(header) == name


WRITES = ["POST", "PUT", "PATCH", "DELETE"]
OURS: list[dict[str, str]] = [
    {},
    {"Origin": "http://localhost:8501"},
    {"Origin": "HTTP://LOCALHOST:8501"},
    {"Origin": "http://localhost:8501", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://localhost"},
    {"Origin": "http://127.0.0.1:8501"},
    {"Origin": "http://localhost:8501.evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", OURS, ids=str)
@pytest.mark.parametrize("method", WRITES)
def test_writing_from_here(method: str, headers: dict[str, str]) -> None:
    """Our own pages can write, and so can programs, which have no origin."""
    assert gated().request(method, "/api/v1/tasks", headers={**OWN, **headers}).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", WRITES)
def test_writing_from_elsewhere(method: str, headers: dict[str, str]) -> None:
    """A foreign page cannot write through its visitor's browser."""
    answer = gated().request(method, "/api/v1/tasks", headers={**OWN, **headers})
    assert (answer.status_code, answer.text) == (403, "This request came from another site.")


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_websockets_from_here(headers: dict[str, str]) -> None:
    """Our own pages get theirs."""
    with gated().websocket_connect("/_stcore/stream", headers={**OWN, **headers}) as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize("headers", [*FOREIGN, {"Host": "evil.example"}], ids=str)
def test_websockets_from_elsewhere(headers: dict[str, str]) -> None:
    """Foreign pages and rebound names do not."""
    client = gated()
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/_stcore/stream", headers={**OWN, **headers}),
    ):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_origin(method: str) -> None:
    """Links from anywhere open; that foreign scripts cannot read the answer is the browser's part."""
    headers = {**OWN, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = gated().request(method, "/", headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("server", "exposed"),
    [
        (("127.0.0.1", 8501), False),
        (("127.8.0.1", 8501), False),
        (("::1", 8501), False),
        (("::ffff:127.0.0.1", 8501), False),
        (("192.168.0.7", 8501), True),
        (("::ffff:192.168.0.7", 8501), True),
        (("fe80::1", 8501), True),
        (("/run/dashboard.sock", None), False),
        (None, False),
    ],
)
def test_addresses_other_machines_can_reach(*, server: tuple[str, int | None] | None, exposed: bool) -> None:
    """Only they are exposed; how a name in the request is spelled does not matter."""
    assert is_exposed(server) is exposed


@pytest.mark.parametrize(("this_machine_only", "status"), [(True, 403), (False, 200)])
def test_a_server_for_this_machine(*, this_machine_only: bool, status: int) -> None:
    """Answers nobody who came in on another address, whatever host name they give."""
    client = gated(this_machine_only=this_machine_only)
    client.base_url = "http://192.168.0.7:8501"
    answer = client.get("/", headers=OWN)
    assert answer.status_code == status
    assert ("OCR_DASHBOARD_HOST" in answer.text) is this_machine_only


def test_streams_are_not_held_back() -> None:
    """Each piece of an answer leaves before the next one is made."""
    left: list[bytes] = []

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            assert len(left) == number
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and message["body"]:
            left.append(message["body"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(Gate(stream, hosts=known_hosts("127.0.0.1", ""))(scope, receive, send))
    assert left == [b"0", b"1", b"2"]


def test_the_servers_own_life_passes() -> None:
    """Start and stop reach the app behind the gate."""
    seen: list[str] = []

    async def behind(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing() -> Message:
        return {}

    async def nowhere(_: Message) -> None:
        return None

    asyncio.run(Gate(behind, hosts=frozenset())({"type": "lifespan"}, nothing, nowhere))
    assert seen == ["lifespan"]
