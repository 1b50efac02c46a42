"""Reading a token's expiry."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.cloud.jwt import token_expiry


def token(claims: bytes) -> str:
    """Wrap claims as an unsigned token without padding."""
    return f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


@pytest.mark.parametrize(
    ("claims", "expiry"),
    [
        pytest.param(b'{"exp":1772366400}', datetime(2026, 3, 1, 12, tzinfo=UTC), id="seconds"),
        pytest.param(b'{"exp":1772366400.5}', datetime(2026, 3, 1, 12, 0, 0, 500_000, UTC), id="fraction"),
        pytest.param(b'{"exp":"1772366400"}', None, id="string"),
        pytest.param(b'{"exp":true}', None, id="bool"),
        pytest.param(b'{"exp":NaN}', None, id="NaN"),
        pytest.param(b'{"exp":Infinity}', None, id="infinity"),
        pytest.param(b'{"exp":1e300}', None, id="huge float"),
        pytest.param(b'{"exp":%s}' % (b"9" * 5000), None, id="5000 digits"),
        pytest.param(b'{"exp":-99999999999999}', None, id="far past"),
        pytest.param(b'{"exp":null}', None, id="null"),
        pytest.param(b"{}", None, id="no claim"),
        pytest.param(b"[1]", None, id="list"),
        pytest.param(b"\xff\x00", None, id="bytes"),
        pytest.param(b"[" * 100_000, None, id="deep"),
    ],
)
def test_expiry_is_read_or_unknown(claims: bytes, expiry: datetime | None) -> None:
    """Only a finite number within the calendar is an expiry."""
    assert token_expiry(token(claims)) == expiry


def test_a_pasted_prefix_does_not_matter() -> None:
    """People paste the whole header value."""
    pasted = f" Bearer {token(json.dumps({'exp': 1772366400}).encode())}\n"
    assert token_expiry(pasted) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("garbage", ["", "abc", "a.b", "..", "é.é.é", "a.\ud800.c", None, b"a.b.c", 7])
def test_garbage_has_no_expiry(garbage: object) -> None:
    """Whatever is pasted, nothing is raised."""
    assert token_expiry(cast("Any", garbage)) is None


@given(st.text(), st.binary())
def test_no_token_raises(text: str, claims: bytes) -> None:
    """Arbitrary text and arbitrary claims end as a time or None."""
    for given_token in (text, f"a.{text}.c", token(claims)):
        expiry = token_expiry(given_token)
        assert expiry is None or expiry.tzinfo is UTC
