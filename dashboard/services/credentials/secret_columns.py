"""A pasted secret as the columns it is stored in: cleaned, encrypted, recognisable."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dashboard.errors import InputRefused
from dashboard.models import CredentialKind, identity_of
from dashboard.services.credentials.pasted_secrets import clean_pair, clean_token, life_of
from dashboard.store.secrecy import SecretBox


class SecretColumns:
    """Makes them.

    Args:
        box: encrypts, and knows fingerprints.
        token_expiry: when an access token says it ends, if it does.
        clock: the time, aware; the answer that a token is pasted with counts from now.
    """

    def __init__(
        self,
        *,
        box: SecretBox,
        token_expiry: Callable[[str], datetime | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._box = box
        self._token_expiry = token_expiry
        self._clock = clock

    def __call__(
        self, access_token: str | None, client_id: str | None, client_secret: str | None
    ) -> dict[str, Any]:
        """The columns kind, client ID, secret, fingerprint, hint and expiry.

        Raises:
            InputRefused: with a sentence that never repeats a secret.
        """
        if access_token is not None and (client_id or client_secret):
            raise InputRefused("Give an access token, or a client ID with its secret, not both.")
        pair = None if access_token is not None else clean_pair(client_id or "", client_secret or "")
        secret = pair[1] if pair else clean_token(access_token or "")
        identity = identity_of(secret, pair[0] if pair else None)
        return {
            "kind": (CredentialKind.CLIENT_CREDENTIALS if pair else CredentialKind.ACCESS_TOKEN).value,
            "client_id": pair[0] if pair else None,
            "secret": self._box.encrypt(secret),
            "fingerprint": self._box.fingerprint(identity),
            "hint": _hint(secret),
            "expires_at": None if pair else self._token_expiry(secret) or self._ends(access_token or ""),
        }

    def _ends(self, pasted: str) -> datetime | None:
        life = life_of(pasted)
        return self._clock() + life if life else None


def _hint(secret: str) -> str:
    """The last characters, never more than a quarter of a short secret."""
    return secret[-min(4, max(len(secret) // 4, 1)) :]
