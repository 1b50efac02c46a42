"""The token endpoint and the tokens it mints (fact sheet 1).

A sandbox token is a JSON Web Token signed with a key everybody may know: it keeps nobody out, it only
behaves like a real one. Because the signature carries all there is to know, tokens outlive a restart.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.wire.logins import LoginDesk

ISSUER = "https://sandbox.invalid"
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


def token_desk(token_seconds: int = 3600) -> LoginDesk:
    """Answers token requests: every ID and secret is welcome, except the secret ``wrong``."""

    def mint(client_id: str, client_secret: str, now: datetime) -> str | None:
        if client_secret == "wrong":  # noqa: S105 - the one that is refused
            return None
        issued = int(now.timestamp())
        return sign(
            {
                "nbf": issued,
                "exp": issued + token_seconds,
                "iss": ISSUER,
                "aud": [f"{ISSUER}/resources", "api.products"],
                "client_id": client_id,
                "scope": ["api.products"],
            }
        )

    return LoginDesk(mint, token_seconds=token_seconds)
