"""Logging in: what is sent, how long a token lives, and every way it can go wrong, word for word."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from urllib.parse import parse_qs

import pytest

from dashboard.cloud.client import CloudClient
from dashboard.errors import (
    CloudError,
    LoginLocked,
    LoginRefused,
    NoAnswer,
    NotAllowed,
    RequestRefused,
    ServiceFault,
    UnreadableAnswer,
)
from dashboard.sandbox import SandboxServer, SandboxState
from dashboard.sandbox.faults import CATALOGUE, Call
from tests.cloud.wire import Behaviour, Serve, http, trickling

SECRET = "planted+secret/&=%\"'\\0123456789"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG = 86_400.0

REFUSES = "The OCR service refuses this client ID and secret"
TAKES_NONE = "The OCR service takes no logins with this client ID and secret for now"


@pytest.fixture
def logging_in() -> Iterator[CloudClient]:
    """A client that waits 0.4 s for a login and whose clock stands still."""
    client = CloudClient(login_timeout=0.4, max_bytes=2**20, clock=lambda: NOW)
    yield client
    client.close()


def log_in(client: CloudClient, url: str, secret: str = SECRET) -> tuple[str, float]:
    """The token and its life in seconds."""
    minted = client.login(api_url=url, client_id="an id & more", client_secret=secret)
    return minted.access_token, minted.seconds


def answer(**fields: object) -> bytes:
    """A token endpoint's yes."""
    return http(json.dumps(fields).encode(), "200 OK", "Content-Type: application/json")


def jwt(**claims: float) -> str:
    """A token with these claims."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{body}.signature"


def test_what_is_sent(logging_in: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """One urlencoded form, whatever signs the secret has, and no Authorization header."""
    url = serve(answer(access_token="minted", expires_in=60))
    assert log_in(logging_in, url + "/") == ("minted", 60.0)
    [request] = seen
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /connect/token HTTP/1.1\r\n")
    assert b"content-type: application/x-www-form-urlencoded\r\n" in head.lower() + b"\r\n"
    assert b"authorization" not in head.lower()
    assert parse_qs(body.decode(), strict_parsing=True) == {
        "grant_type": ["client_credentials"],
        "client_id": ["an id & more"],
        "client_secret": [SECRET],
    }


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        pytest.param({"expires_in": 3599}, 3599.0, id="whole"),
        pytest.param({"expires_in": 59.5}, 59.5, id="fraction"),
        pytest.param({"expires_in": "86400"}, LONG, id="as a string"),
        pytest.param({"expires_in": " 86400 "}, LONG, id="as a string with blanks"),
        pytest.param({"expiresIn": 60}, 60.0, id="camel case"),
        pytest.param({}, 3600.0, id="missing"),
        pytest.param({"expires_in": None}, 3600.0, id="null"),
        pytest.param({"expires_in": 0}, 3600.0, id="zero"),
        pytest.param({"expires_in": -5}, 3600.0, id="negative"),
        pytest.param({"expires_in": True}, 3600.0, id="true"),
        pytest.param({"expires_in": "soon"}, 3600.0, id="a word"),
        pytest.param({"expires_in": "NaN"}, 3600.0, id="not a number"),
        pytest.param({"expires_in": [60]}, 3600.0, id="a list"),
        pytest.param({"expires_in": 10**30}, 366 * LONG, id="for ever"),
    ],
)
def test_how_long_a_token_lives(
    logging_in: CloudClient, serve: Serve, fields: dict[str, object], seconds: float
) -> None:
    """As the answer says; an hour where it says nothing of use and the token is opaque."""
    assert log_in(logging_in, serve(answer(access_token="opaque-token", **fields))) == (
        "opaque-token",
        seconds,
    )


@pytest.mark.parametrize("skew", [-3600, 0, 3600], ids=["issuer behind", "agreed", "issuer ahead"])
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        pytest.param({"nbf": 0, "exp": LONG}, LONG, id="nbf and exp"),
        pytest.param({"iat": 0, "exp": 120}, 120.0, id="iat and exp"),
        pytest.param({"exp": 7200}, 3600.0, id="exp alone"),
        pytest.param({"nbf": 100, "exp": 0}, 3600.0, id="ends before it begins"),
    ],
)
def test_the_token_itself_is_asked_second(
    logging_in: CloudClient, serve: Serve, given: dict[str, float], seconds: float, skew: int
) -> None:
    """A difference of the issuer's own times, so that its clock may be an hour off; its end alone is not trusted."""
    claims = {name: NOW.timestamp() + skew + offset for name, offset in given.items()}
    token = jwt(**claims)
    assert log_in(logging_in, serve(answer(access_token=token))) == (token, seconds)
    assert log_in(logging_in, serve(answer(access_token=token, expires_in="90"))) == (token, 90.0)


def late(seconds: float = 600) -> str:
    """A Retry-After date so many seconds from now."""
    return f"{NOW + timedelta(seconds=seconds):%a, %d %b %Y %H:%M:%S GMT}"


@pytest.mark.parametrize(
    ("reply", "error", "sentence", "wait"),
    [
        pytest.param(
            http(b'{"error":"invalid_client"}', "400 Bad Request"),
            LoginRefused,
            f"{REFUSES} (HTTP 400): invalid_client.",
            None,
            id="400 invalid_client",
        ),
        pytest.param(
            http(b'{"error":"invalid_client","error_description":"Not active yet."}', "400 Bad Request"),
            LoginRefused,
            f"{REFUSES} (HTTP 400): Not active yet.; invalid_client.",
            None,
            id="400 with a description",
        ),
        pytest.param(http(b"", "401 Unauthorized"), LoginRefused, f"{REFUSES} (HTTP 401).", None, id="401"),
        pytest.param(http(b"No.", "403 Forbidden"), LoginRefused, f"{REFUSES} (HTTP 403).", None, id="403"),
        pytest.param(
            http(b"<html><h1>Bad gateway config</h1></html>", "400 Bad Request"),
            RequestRefused,
            "The OCR service refused the request (HTTP 400).",
            None,
            id="400 HTML",
        ),
        pytest.param(
            http(b'{"error":"too_many_requests"}', "429 Too Many Requests", "Retry-After: 600"),
            LoginLocked,
            f"{TAKES_NONE} (HTTP 429): too_many_requests.",
            600.0,
            id="429 with Retry-After",
        ),
        pytest.param(
            http(b"", "429 Too Many Requests", f"Retry-After: {late()}"),
            LoginLocked,
            f"{TAKES_NONE} (HTTP 429).",
            600.0,
            id="429 with a date",
        ),
        pytest.param(
            http(b"", "429 Too Many Requests"),
            LoginLocked,
            f"{TAKES_NONE} (HTTP 429).",
            600.0,
            id="429 without",
        ),
        pytest.param(
            http(b"", "402 Payment Required"),
            NotAllowed,
            "The OCR service asks for a paid plan (HTTP 402).",
            None,
            id="402",
        ),
        pytest.param(
            http(b"", "404 Not Found"),
            RequestRefused,
            "The OCR service refused the request (HTTP 404).",
            None,
            id="404",
        ),
        pytest.param(
            http(b'{"title":"Internal Server Error"}', "500 Internal Server Error"),
            ServiceFault,
            "The OCR service has trouble of its own (HTTP 500): Internal Server Error.",
            None,
            id="500 JSON",
        ),
        pytest.param(
            http(b"Object reference not set", "500 Internal Server Error"),
            ServiceFault,
            "The OCR service has trouble of its own (HTTP 500).",
            None,
            id="500 text",
        ),
        pytest.param(
            http(b"<html><body><h1>502 Bad Gateway</h1></body></html>", "502 Bad Gateway"),
            ServiceFault,
            "The OCR service has trouble of its own (HTTP 502).",
            None,
            id="502 HTML",
        ),
        pytest.param(
            http(b"", "503 Service Unavailable", "Retry-After: 30"),
            ServiceFault,
            "The OCR service is busy or under maintenance (HTTP 503).",
            30.0,
            id="503 with Retry-After",
        ),
        pytest.param(
            http(b"<!doctype html><title>Sign in</title>"),
            UnreadableAnswer,
            "The OCR service answered the login with a web page.",
            None,
            id="200 HTML",
        ),
        *(
            pytest.param(
                http(body),
                UnreadableAnswer,
                "The OCR service answered the login without a token.",
                None,
                id=f"200 {name}",
            )
            for name, body in {
                "empty": b"",
                "another object": b'{"expires_in":3600}',
                "no object": b'["access_token"]',
                "token null": b'{"access_token":null}',
                "token blank": b'{"access_token":"  "}',
                "token a number": b'{"access_token":7}',
                "token unsendable": '{"access_token":"t\u00f6ken"}'.encode(),
                "cut JSON": b'{"access_token":"abc',
            }.items()
        ),
        pytest.param(
            http(b"", "307 Temporary Redirect", "Location: https://elsewhere.example/connect/token"),
            UnreadableAnswer,
            "The OCR service redirects to https://elsewhere.example, which is not followed.",
            None,
            id="redirect elsewhere",
        ),
        pytest.param(
            http(b"", "302 Found", "Location: /login"),
            UnreadableAnswer,
            "The OCR service gave an answer that has no meaning here (HTTP 302).",
            None,
            id="redirect to a page",
        ),
        pytest.param(
            trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", repeat(b" ")),
            NoAnswer,
            "The OCR service did not answer within 0.4 s.",
            None,
            id="slow",
        ),
        pytest.param(
            lambda conn, _: conn.recv(1),
            NoAnswer,
            "The OCR service did not answer within 0.4 s.",
            None,
            id="silent",
        ),
        pytest.param(
            lambda conn, _: conn.close(),
            NoAnswer,
            "The OCR service could not be reached.",
            None,
            id="hung up",
        ),
    ],
)
def test_faults_in_words(
    logging_in: CloudClient,
    serve: Serve,
    reply: bytes | Behaviour,
    error: type[CloudError],
    sentence: str,
    wait: float | None,
) -> None:
    """Each is told apart, within the deadline, and says how long to wait where the service did."""
    began = time.monotonic()
    with pytest.raises(CloudError) as caught:
        log_in(logging_in, serve(reply))
    assert time.monotonic() - began < 2.0
    assert type(caught.value) is error
    assert str(caught.value) == sentence
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("status", ["400 Bad Request", "429 Too Many Requests", "500 Oh", "200 OK"])
@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "as sent"])
def test_a_service_that_repeats_the_secret(
    logging_in: CloudClient, serve: Serve, status: str, *, as_json: bool
) -> None:
    """Nothing of it gets into the message, in whatever dress it comes back."""

    def behave(conn: object, request: bytes) -> None:
        sent = request.partition(b"\r\n\r\n")[2]
        said = json.dumps({"error": f"unknown pair {SECRET}"}).encode() if as_json else b"unknown: " + sent
        conn.sendall(http(said, status))  # type: ignore[attr-defined]  # a socket

    with pytest.raises(CloudError) as caught:
        log_in(logging_in, serve(behave))
    said = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert "planted" not in said
    assert "0123456789" not in said
    if not status.startswith("200"):
        assert ("unknown" in str(caught.value)) is as_json  # a text is not repeated at all


def test_no_secret_in_what_is_minted(logging_in: CloudClient, serve: Serve) -> None:
    """A representation in a log or traceback shows no token."""
    minted = logging_in.login(
        api_url=serve(answer(access_token="planted-token")), client_id="i", client_secret=SECRET
    )
    assert "planted" not in repr(minted)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A sandbox whose tokens live for a minute."""
    with SandboxServer(state=SandboxState(token_seconds=60)) as server:
        yield server


def test_the_sandbox_mints(logging_in: CloudClient, sandbox: SandboxServer) -> None:
    """Over real HTTP: a token that the sandbox accepts and that says how long it lives."""
    token, seconds = log_in(logging_in, sandbox.url)
    assert seconds == 60.0
    assert sandbox.state.accepts(token)


def test_the_sandbox_refuses_and_locks(logging_in: CloudClient, sandbox: SandboxServer) -> None:
    """Six refusals lock a pair for ten minutes; another secret is taken at once."""
    for _ in range(6):
        with pytest.raises(LoginRefused, match="invalid_client"):
            log_in(logging_in, sandbox.url, "wrong")
    with pytest.raises(LoginLocked) as locked:
        log_in(logging_in, sandbox.url, "wrong")
    assert locked.value.retry_after == 600.0
    assert log_in(logging_in, sandbox.url, "right")[1] == 60.0


TYPED = {
    "login_refused": LoginRefused,
    "login_locked": LoginLocked,
    "throttled": LoginLocked,
    "reset": NoAnswer,
    "silence": NoAnswer,
    "slow": NoAnswer,
    "server_error": ServiceFault,
    "bad_gateway": ServiceFault,
    "truncated": UnreadableAnswer,
    "page_with_200": UnreadableAnswer,
    "redirect_elsewhere": UnreadableAnswer,
}


@pytest.mark.parametrize("fault", [name for name, one in CATALOGUE.items() if Call.TOKEN in one.calls])
def test_faults_of_the_sandbox(logging_in: CloudClient, sandbox: SandboxServer, fault: str) -> None:
    """Each once, over real HTTP: an error of ours, or a token all the same; the next login works."""
    sandbox.state.faults.switch_on({"fault": fault, "times": 1, "operation": "connect/token"})
    if fault.startswith("token_"):
        assert log_in(logging_in, sandbox.url)[1] in (60.0, LONG)
    else:
        with pytest.raises(CloudError) as caught:
            log_in(logging_in, sandbox.url)
        assert isinstance(caught.value, TYPED.get(fault, CloudError))
    assert sandbox.state.faults.active() == []
    assert log_in(logging_in, sandbox.url)[1] == 60.0
