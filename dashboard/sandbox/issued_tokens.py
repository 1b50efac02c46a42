"""The token endpoint and the tokens it mints (fact sheet 1).

A sandbox token is a JSON Web Token signed with a key everybody may know: it keeps nobody out, it only
behaves like a real one. Because the signature carries all there is to know, tokens outlive a restart.
"""

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

ISSUER = "https://sandbox.invalid"
LOCK = timedelta(minutes=10)
_STRIKES = 5
_KEY = b"the sandbox keeps nobody out"


def _signature(signed: str) -> str:
    return _pack(hmac.new(_KEY, signed.encode(), hashlib.sha256).digest())


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(claims: Mapping[str, Any]) -> str:
    """A token with these claims."""
    head = _pack(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _pack(json.dumps(dict(claims)).encode())
    return f"{head}.{body}.{_signature(f'{head}.{body}')}"


DEMO_ACCESS_TOKEN = sign({"iss": ISSUER, "aud": [f"{ISSUER}/resources"], "client_id": "sandbox-demo"})
"""A token that every sandbox accepts at all times: it has no ``exp``."""

DEMO_CLIENT_ID = "sandbox-client"
DEMO_CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - everybody may know it
"""A pair every sandbox mints tokens for; so it does for every other one but those with the secret ``wrong``."""


def is_valid(token: str, now: datetime) -> bool:
    """Whether a sandbox minted this token and it has not expired."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(signed).encode()):
        return False
    claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    return bool(now.timestamp() < claims.get("exp", float("inf")))


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token endpoint answers."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class TokenDesk:
    """Answers token requests; more than five refusals of one id and secret lock that pair for ten minutes."""

    def __init__(self, token_seconds: int = 3600) -> None:
        self.token_seconds = token_seconds
        self._refusals: dict[bytes, deque[datetime]] = {}

    def answer(self, form: Mapping[str, str], now: datetime) -> TokenAnswer:
        """Every id and secret is welcome, except the secret ``wrong``."""
        client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
        pair = hashlib.sha256(json.dumps([client_id, client_secret]).encode()).digest()
        refusals = self._refusals.get(pair, deque())
        while refusals and now - refusals[0] >= LOCK:
            refusals.popleft()
        if len(refusals) > _STRIKES:
            return TokenAnswer(429, {"error": "too_many_requests"}, {"Retry-After": "600"})
        error = _refusal(form)
        if error:
            self._refusals.setdefault(pair, refusals).append(now)
            return TokenAnswer(400, {"error": error})
        issued = int(now.timestamp())
        token = sign(
            {
                "nbf": issued,
                "exp": issued + self.token_seconds,
                "iss": ISSUER,
                "aud": [f"{ISSUER}/resources", "api.products"],
                "client_id": client_id,
                "scope": ["api.products"],
            }
        )
        return TokenAnswer(
            200, {"access_token": token, "expires_in": self.token_seconds, "token_type": "Bearer"}
        )


def _refusal(form: Mapping[str, str]) -> str:
    if not all(form.get(name) for name in ("grant_type", "client_id", "client_secret")):
        return "invalid_request"
    if form["grant_type"] != "client_credentials":
        return "unsupported_grant_type"
    return "invalid_client" if form["client_secret"] == "wrong" else ""  # noqa: S105 - the one that is refused
