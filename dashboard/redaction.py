"""Taking secrets out of text that people may see or that is written down. Pure."""

import re

_SECRET = re.compile(
    r"""\b(?:eyJ|eyA|ewo)[\w-]{8,}(?:\.[\w-]*){0,4}            # JSON Web Tokens, whole or cut
      | \bod[ikls]_[\w-]{8,}                                    # our own links, keys and sign-ins
      | (?<=/sso/callback\?)\S+                                 # what a provider sends somebody back with
      | (?<=://)[^/\s:@]{1,200}:[^/\s@]{1,200}(?=@)            # user:password@ in a URL
      | (?i:(?<=bearer\s)|(?<=basic\s))
        (?:[\w.~+/=-]{20,}|(?=[\w.~+/=-]{0,19}\d)[\w.~+/=-]+)  # but not "bearer authentication"
    """,
    re.VERBOSE,
)
_NAMED_SECRET = re.compile(
    r"""((?:access_?|refresh_?|id_?)token|client_?secret|app_?key|api_?key|password|authorization)
        ([\\"']{0,3}\s{0,3}[:=]\s{0,3}[\\"']{0,3})
        (?:(?:bearer|basic)\s)?[^\s"'\\&,;}\[]{4,}""",
    re.VERBOSE | re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Replace whatever looks like a token, a client secret or a password by ``[hidden]``."""
    return _SECRET.sub("[hidden]", _NAMED_SECRET.sub(r"\1\2[hidden]", text))
