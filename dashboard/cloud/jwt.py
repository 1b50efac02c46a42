"""Reading a token's expiry, for display only: the signature is not checked (fact sheet 1)."""

import base64
import math
from datetime import UTC, datetime

from dashboard.cloud.lenient import parse, text_of


def token_expiry(token: str) -> datetime | None:
    """When a token says it ends, in UTC; None when it does not say so in a way we can read.

    Never raises: people paste anything, and a token need not be a JSON Web Token at all.
    """
    try:
        claims_part = token.strip().split(".")[1]
        padded = claims_part + "=" * (-len(claims_part) % 4)
        claims = parse(text_of(base64.urlsafe_b64decode(padded)))
        ends = claims.get("exp") if isinstance(claims, dict) else None
        if isinstance(ends, bool) or not isinstance(ends, int | float) or not math.isfinite(ends):
            return None
        return datetime.fromtimestamp(ends, UTC)
    except (AttributeError, IndexError, OSError, OverflowError, TypeError, ValueError):
        return None
