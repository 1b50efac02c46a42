"""Reading what a token says about its time: the signature is not checked (fact sheet 1)."""

import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from dashboard.cloud.lenient import parse, text_of


def token_expiry(token: str) -> datetime | None:
    """When a token says it ends, in UTC; None when it does not say so in a way we can read.

    Never raises: people paste anything, and a token need not be a JSON Web Token at all.
    """
    try:
        ends = _number(_claims(token), "exp")
        return None if ends is None else datetime.fromtimestamp(ends, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def token_life(token: str) -> float | None:
    """How many seconds a token is good for from its beginning; None when it does not say both ends.

    A difference of the issuer's own times: right also where its clock and ours disagree. Never raises.
    """
    claims = _claims(token)
    begins, ends = _number(claims, "nbf") or _number(claims, "iat"), _number(claims, "exp")
    return None if begins is None or ends is None else ends - begins


def _claims(token: str) -> Mapping[str, object]:
    try:
        part = token.strip().split(".")[1]
        claims = parse(text_of(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
    except (AttributeError, IndexError, TypeError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _number(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
