"""Access tokens for a client ID and secret: what the token endpoint is sent and what it answers (fact sheet 1)."""

import html
import math
import re
from collections.abc import Mapping
from datetime import datetime

import requests

from dashboard.cloud.jwt import token_life
from dashboard.cloud.lenient import folded, parse, text_of
from dashboard.cloud.problem import read_failure, retry_after
from dashboard.cloud.service_words import as_sentence, is_page, service_words
from dashboard.cloud.transport import Reply
from dashboard.errors import LoginLocked, LoginRefused, UnreadableAnswer
from dashboard.models import MintedToken

LOGIN_PATH = "/connect/token"

USUAL_LIFE_SECONDS = 3600.0
"""Seconds a token lives when neither the answer nor the token itself says so (fact sheet D1)."""

LOCK_SECONDS = 600.0
"""How long a pair is locked when the service does not say (fact sheet 1)."""

_REFUSALS = frozenset({400, 401, 403})
_LONGEST_LIFE_SECONDS = 366 * 86_400.0
_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_SHORTEST_SECRET = 8  # shorter ones would hide ordinary words in an answer


def read_login(reply: Reply, *, now: datetime) -> MintedToken:
    """Read what the token endpoint answered.

    Args:
        reply: without the secret, should the service have repeated it.
        now: aware; what a ``Retry-After`` date is counted from.

    Raises:
        LoginRefused: 400 ``invalid_client`` and its kind, never worth repeating unchanged.
        LoginLocked: 429; ``retry_after`` is set.
        CloudError: any other failure, or an answer without a token.
    """
    status = reply.status
    if status in _REFUSALS and not is_page(reply.body):
        raise LoginRefused(
            _sentence("The OCR service refuses this client ID and secret", reply), http_status=status
        )
    if status == requests.codes.too_many_requests:
        wait = retry_after(reply.headers, now=now)
        raise LoginLocked(
            _sentence("The OCR service takes no logins with this client ID and secret for now", reply),
            http_status=status,
            retry_after=LOCK_SECONDS if wait is None else wait,
        )
    if status != requests.codes.ok:
        raise read_failure(status, reply.headers, reply.body, now=now)
    try:
        value = parse(text_of(reply.body))
    except ValueError:
        value = None
    found: Mapping[str, object] = folded(value) if isinstance(value, dict) else {}
    token = found.get("accesstoken")
    if not isinstance(token, str) or not token.strip() or not token.strip().isascii():
        kind = "with a web page" if is_page(reply.body) else "without a token"
        raise UnreadableAnswer(f"The OCR service answered the login {kind}.", http_status=status)
    token = token.strip()
    return MintedToken(
        token, _seconds(found.get("expiresin")) or _seconds(token_life(token)) or USUAL_LIFE_SECONDS
    )


def hide(reply: Reply, secret: str | None) -> Reply:
    """The reply without a secret: some servers repeat what they were sent, and nothing behind this may see it."""
    if not secret or len(secret) < _SHORTEST_SECRET:
        return reply
    # Letters and digits stay what they are in every escaping, so most replies are done with here.
    if max(_PLAIN.split(secret), key=len).encode() not in reply.body:
        return reply
    return Reply(reply.status, reply.headers, _any_form_of(secret).sub(b"[hidden]", reply.body))


def _any_form_of(secret: str) -> re.Pattern[bytes]:
    """Finds a secret as it is, and escaped for JSON (.NET escapes more than it must), URLs, forms or HTML."""
    return re.compile("".join(c if c.isalnum() else _any_form_of_sign(c) for c in secret).encode())


def _any_form_of_sign(sign: str) -> str:
    code = f"{ord(sign):02x}"
    named = re.escape(html.escape(sign))
    return rf"(?:\\?{re.escape(sign)}|{named}|(?i:\\u00{code}|%{code}|&\#x0*{code};)|&\#0*{ord(sign)};)"


def _sentence(words: str, reply: Reply) -> str:
    said = service_words(reply.body)
    return as_sentence(f"{words} (HTTP {reply.status}): {said}" if said else f"{words} (HTTP {reply.status})")


def _seconds(value: object) -> float | None:
    """A life in seconds, also where it came as a string; None when it makes no sense."""
    try:
        seconds = (
            float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
        )
    except ValueError:
        return None
    return min(seconds, _LONGEST_LIFE_SECONDS) if math.isfinite(seconds) and seconds > 0 else None
