"""Taking secrets out of text that people may see or that is written down. Pure."""

import re

_SECRET = re.compile(
    r"""\b(?:eyJ|eyA|ewo)[\w-]{8,}(?:\.[\w-]*){0,4}            # JSON Web Tokens, whole or cut
      | \bod[aiklst]_[\w-]{8,}(?:\.[\w-]*){0,2}                  # our own links, keys, sign-ins and access tokens
      | (?<=/sso/callback\?)\S+                                 # what a provider sends somebody back with
      | (?<=://)[^/\s:@]{1,200}:[^/\s@]{1,200}(?=@)            # user:password@ in a URL
      | (?i:(?<=bearer\s)|(?<=basic\s))
        (?:[\w.~+/=-]{20,}|(?=[\w.~+/=-]{0,19}\d)[\w.~+/=-]+)  # but not "bearer authentication"
    """,
    re.VERBOSE,
)
_NAMES = "(?:access_?|refresh_?|id_?)token|client_?secret|app_?key|api_?key|password"
_IS = r"""[\\"']{0,3}\s{0,3}[:=]\s{0,3}[\\"']{0,3}"""
_VALUE = r"""[^\s"'\\&,;}\[]"""
_NAMED_SECRET = re.compile(
    rf"({_NAMES}|authorization)({_IS})(?:(?:bearer|basic)\s)?{_VALUE}{{4,}}", re.IGNORECASE
)
_TYPED_SECRET = re.compile(
    rf"({_NAMES})({_IS})(?:(?={_VALUE}{{0,200}}\d){_VALUE}{{8,}}|{_VALUE}{{16,}})", re.IGNORECASE
)
"""Less of it: people write "Password: reset letter" on a document, too."""


_SIGN = re.compile(
    r"ey[JA]|ewo|od[aiklst]_|/sso/callback\?|@|(?i:bearer|basic|token|secret|key|password|authorization)"
)
"""Stands in every text that holds one; most texts are passed over by it."""


def without_secrets(text: str) -> str:
    """What people typed or pasted, with ``[hidden]`` for what can only be a secret."""
    if not _SIGN.search(text):
        return text
    return _SECRET.sub("[hidden]", _TYPED_SECRET.sub(r"\1\2[hidden]", text))


def holds_secret(text: str) -> bool:
    """Whether something that people typed or pasted holds what can only be a secret."""
    return without_secrets(text) != text


def redacted(text: str) -> str:
    """Replace whatever looks like a token, a client secret or a password by ``[hidden]``."""
    if not _SIGN.search(text):
        return text
    return _SECRET.sub("[hidden]", _NAMED_SECRET.sub(r"\1\2[hidden]", text))
