"""``/connect/token``: what is wrong with a form, and how many refusals lock a pair (fact sheet 1)."""

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LOCK = timedelta(minutes=10)
"""For so long a pair is locked, counted from its oldest refusal that still counts."""

STRIKES = 5
"""Refusals of one ID and secret; each further one finds the pair locked."""

MOST_PAIRS = 10_000
"""Pairs that are remembered; beyond that the oldest one is forgotten, so that guessing fills no memory."""

Mint = Callable[[str, str, datetime], str | None]
"""Gives an access token for a client ID and secret at this moment; None to who is not known."""


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token endpoint answers."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class LoginDesk:
    """Answers token requests; more than five refusals of one ID and secret lock that pair for ten minutes.

    Args:
        mint: makes the tokens.
        token_seconds: how long each is said to live.
    """

    def __init__(self, mint: Mint, *, token_seconds: int) -> None:
        self._mint = mint
        self._token_seconds = token_seconds
        self._lock = threading.Lock()
        self._refusals: dict[bytes, deque[datetime]] = {}

    def answer(self, form: Mapping[str, str], now: datetime) -> TokenAnswer:
        """What is said to this form at this aware moment."""
        client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
        pair = hashlib.sha256(json.dumps([client_id, client_secret]).encode()).digest()
        if self._is_locked(pair, now):
            return TokenAnswer(429, {"error": "too_many_requests"}, {"Retry-After": "600"})
        error = _what_is_wrong(form)
        token = None if error else self._mint(client_id, client_secret, now)
        if token is None:
            self._refuse(pair, now)
            return TokenAnswer(400, {"error": error or "invalid_client"})
        return TokenAnswer(
            200, {"access_token": token, "expires_in": self._token_seconds, "token_type": "Bearer"}
        )

    def _is_locked(self, pair: bytes, now: datetime) -> bool:
        with self._lock:
            refusals = self._refusals.get(pair, deque())
            while refusals and now - refusals[0] >= LOCK:
                refusals.popleft()
            return len(refusals) > STRIKES

    def _refuse(self, pair: bytes, now: datetime) -> None:
        with self._lock:
            self._refusals.setdefault(pair, deque()).append(now)
            while len(self._refusals) > MOST_PAIRS:
                del self._refusals[next(iter(self._refusals))]


def _what_is_wrong(form: Mapping[str, str]) -> str:
    if not all(form.get(name) for name in ("grant_type", "client_id", "client_secret")):
        return "invalid_request"
    return "" if form["grant_type"] == "client_credentials" else "unsupported_grant_type"
