"""HTTP failures, the service's words, waiting times, and what must not be shown."""

import time
from datetime import UTC, datetime

import pytest

from dashboard.cloud.problem import LONGEST_WAIT_SECONDS, read_absence, read_failure, retry_after
from dashboard.cloud.service_words import service_words
from dashboard.errors import (
    CloudError,
    NotAllowed,
    RateLimited,
    RequestRefused,
    ServiceFault,
    TokenRejected,
    UnreadableAnswer,
)
from dashboard.models import State
from dashboard.redaction import redacted

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, TokenRejected),
        (402, NotAllowed),
        (403, NotAllowed),
        (429, RateLimited),
        (408, ServiceFault),
        (425, ServiceFault),
        (500, ServiceFault),
        (502, ServiceFault),
        (503, ServiceFault),
        (599, ServiceFault),
        (400, RequestRefused),
        (404, RequestRefused),
        (406, RequestRefused),
        (413, RequestRefused),
        (415, RequestRefused),
        (302, UnreadableAnswer),
        (999, UnreadableAnswer),
        (0, UnreadableAnswer),
    ],
)
def test_status_decides_the_error(status: int, kind: type[CloudError]) -> None:
    """Each HTTP status has one error, and the error knows its status."""
    error = read_failure(status, {}, b"", now=NOW)
    assert type(error) is kind
    assert error.http_status == status
    assert str(error).endswith(f"(HTTP {status}).")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"Out of credits", "", id="text"),
        pytest.param(
            b'{"type":"t","title":"Unauthorized","status":401,"traceId":"1"}', "Unauthorized", id="problem"
        ),
        pytest.param(
            b'{"title":"Bad","detail":"No id","errors":{"id":["required"]}}',
            "Bad; No id; id: required",
            id="all",
        ),
        pytest.param(b'{"error":"invalid_client"}', "invalid_client", id="OAuth"),
        pytest.param(b'{"error":"e","error_description":"why"}', "why; e", id="description"),
        pytest.param(b'{"error":{"message":"deep"}}', "deep", id="error object"),
        pytest.param(b'{"Message":"upper"}', "upper", id="upper case"),
        pytest.param(b'"just a string"', "", id="JSON string"),
        pytest.param(b'["a", "list"]', "", id="JSON list"),
        pytest.param(b'{"foo":1}', "", id="nothing telling"),
        pytest.param(b'{"title":"' + b"x" * 70_000, "", id="cut"),
        pytest.param(b'{"title":"Long","traceId":"' + b"x" * 20_000 + b'"}', "Long", id="long"),
        pytest.param(
            b"<html><head><style>b{}</style></head><body><h1>502 Bad&nbsp;Gateway</h1></body></html>",
            "",
            id="HTML",
        ),
        pytest.param(b"\xff\xfe", "", id="only a byte order mark"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_words_are_found_where_the_service_puts_them(body: bytes, words: str) -> None:
    """The telling keys of a JSON object; of anything else nothing is repeated, whoever may have sent it."""
    assert service_words(body) == words


@pytest.mark.parametrize(
    "body", [b"<html>" + b"<" * 9000, b"<!x" + b"<script" * 2000, b"x" * 10**6, b"[" * 10**6]
)
def test_words_of_hostile_bodies_are_short_and_quick(body: bytes) -> None:
    """No body makes the search for words slow or its result long."""
    started = time.process_time()
    assert len(service_words(body)) <= 500
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"token {JWT} expired", "token [hidden] expired"),
        (f"cut {JWT[:30]}", "cut [hidden]"),
        ("Authorization: Bearer abc123", "Authorization: [hidden]"),
        ("bearer dG9rZW4td2l0aC1ubw", "bearer [hidden]"),
        ('{"access_token":"s3cr3t-value","a":1}', '{"access_token":"[hidden]","a":1}'),
        ("client_secret=0123456789abcdef&x=1", "client_secret=[hidden]&x=1"),
        ('\\"client_secret\\": \\"0123456789abcdef\\"', '\\"client_secret\\": \\"[hidden]\\"'),
        ("http://user:pass@host/", "http://[hidden]@host/"),
        ("A bearer authentication scheme", "A bearer authentication scheme"),
        ("All men live enveloped in whale-lines.", "All men live enveloped in whale-lines."),
    ],
)
def test_secrets_are_hidden(text: str, shown: str) -> None:
    """Whatever looks like a token or secret is replaced, and ordinary words are not."""
    assert redacted(text) == shown


def test_failures_hide_tokens_the_service_repeats() -> None:
    """A message can be shown to a whole team."""
    error = read_failure(401, {}, f'{{"detail":"Bearer {JWT} is expired"}}'.encode(), now=NOW)
    assert "eyJ" not in str(error)
    assert "is expired" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"Your monthly quota is used up. planted",
        b"<html><body>No credits left: planted</body></html>",
        b'["plan"]',
    ],
)
def test_a_quota_is_understood_and_not_repeated(body: bytes) -> None:
    """A text or page is read for what it means to us, and nobody gets to see it."""
    error = read_failure(429, {}, body, now=NOW)
    assert type(error) is NotAllowed
    assert str(error) == "The OCR service says that the plan's calls are used up (HTTP 429)."


def test_failures_are_short() -> None:
    """A message fits into the timeline."""
    assert len(str(read_failure(500, {}, b"x y " * 9000, now=NOW))) <= 500


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("600", 600.0),
        ("99999999999999999999", LONGEST_WAIT_SECONDS),
        ("9" * 5000, LONGEST_WAIT_SECONDS),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_SECONDS),
        ("Fri, 31 Dec 1899 23:59:59 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 -9999", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read(given: str, seconds: float | None) -> None:
    """Digits and dates count, within six hours; anything else is no wish at all."""
    assert retry_after({"retry-AFTER": given}, now=NOW) == seconds
    assert retry_after({}, now=NOW) is None


def test_rate_limit_carries_the_wait() -> None:
    """Polling learns from the error how long to pause."""
    assert read_failure(429, {"Retry-After": "600"}, b"", now=NOW).retry_after == 600.0


@pytest.mark.parametrize(
    ("body", "settled"),
    [(b'{"title":"Not Found"}', True), (b"", True), (b"<html>No such page</html>", False)],
)
def test_absence_is_an_answer(body: bytes, *, settled: bool) -> None:
    """404 says the ID is unknown; a web page saying so is doubted."""
    answer = read_absence(404, body)
    assert (answer.state, answer.settled, answer.http_status) == (State.NOT_FOUND, settled, 404)
    assert answer.notices == ((service_words(body),) if service_words(body) else ())
