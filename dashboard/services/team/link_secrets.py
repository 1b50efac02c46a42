"""The secrets we make ourselves: of team links, API keys, share links and sign-ins. Only their hash is stored."""

import hashlib
import secrets

LINK_PREFIX = "odl_"
KEY_PREFIX = "odk_"
SHARE_PREFIX = "ods_"
SIGN_IN_PREFIX = "odi_"
ADDRESS_PREFIX = "oda_"
ACCESS_TOKEN_PREFIX = "odt_"  # noqa: S105 - how one begins
"""Beginnings of our secrets, so that people and log filters recognise them."""


def new_secret(prefix: str) -> str:
    """An unguessable secret: 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored of a secret of ours. It has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
