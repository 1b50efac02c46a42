"""What people paste where a secret is asked for, cleaned; refusals never repeat it."""

import re
from datetime import timedelta

from dashboard.errors import InputRefused

MAX_TOKEN = 16_384
"""Real access tokens have about 1,000 characters; a header longer than this is refused by most servers."""

MAX_CLIENT = 1_000
"""Client IDs look like a GUID and secrets like 32 characters (fact sheet 1)."""

_LONGEST_LIFE_SECONDS = 366 * 86_400
"""Seconds; whatever says more is no number of seconds."""

_TOKEN = re.compile(r"[\x21-\x7e]+")
_QUOTES = re.compile(r"^[\s\"'`,]+|[\s\"'`,]+$")
_HEADER = re.compile(r"^(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
_IN_ANSWER = re.compile(r'^\{[^{}]*"access_token"\s*:\s*"([^"]+)"')
_LIFE = re.compile(r'"expires_in"\s*:\s*"?(\d{1,9})(?:\.\d*)?"?\s*[,}]')
"""Whole, with what follows: 36 may be what is left of 3600."""

_LINE_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")  # where a terminal or a mail has wrapped it
_INVISIBLE = re.compile("[\ufeff\u200b-\u200f\u2060\u00ad]")


def clean_token(pasted: str) -> str:
    """The bare token out of what people paste: quotes, ``Bearer``, line breaks, the whole answer with it.

    Raises:
        InputRefused: with a sentence that never repeats the token.
    """
    if len(pasted) > 2 * MAX_TOKEN:
        raise InputRefused("That is too long for an access token.")
    token = _QUOTES.sub("", _INVISIBLE.sub("", pasted))
    token = _QUOTES.sub("", _HEADER.sub("", token))
    if found := _IN_ANSWER.search(token):
        token = found[1]
    token = _LINE_BREAK.sub("", token)
    if not token:
        raise InputRefused("Paste the access token first.")
    if len(token) > MAX_TOKEN:
        raise InputRefused("That is too long for an access token.")
    if not _TOKEN.fullmatch(token):
        raise InputRefused("An access token has no blanks and no special letters. Copy it again as a whole.")
    if len(token) < 8:  # noqa: PLR2004 - shorter ones would be shown almost whole by their last four characters
        raise InputRefused("That is too short for an access token. Copy it again as a whole.")
    return token


def life_of(pasted: str) -> timedelta | None:
    """How long the token in a pasted answer is good for, when the answer says so."""
    answer = _QUOTES.sub("", _INVISIBLE.sub("", pasted[: 2 * MAX_TOKEN]))
    found = _LIFE.search(answer) if _IN_ANSWER.search(answer) else None
    seconds = int(found[1]) if found else 0
    return timedelta(seconds=seconds) if 0 < seconds <= _LONGEST_LIFE_SECONDS else None


def clean_pair(client_id: str, client_secret: str) -> tuple[str, str]:
    """A client ID and its secret without the quotes and blanks they were pasted with.

    Raises:
        InputRefused: with a sentence that never repeats the secret.
    """
    return _clean(client_id, "client ID"), _clean(client_secret, "client secret")


def _clean(pasted: str, name: str) -> str:
    text = _QUOTES.sub("", _INVISIBLE.sub("", pasted[: 2 * MAX_CLIENT]))
    if not text:
        raise InputRefused(f"Paste the {name} first.")
    if len(text) > MAX_CLIENT:
        raise InputRefused(f"That is too long for a {name}.")
    if not _TOKEN.fullmatch(text):
        raise InputRefused(f"A {name} has no blanks and no special letters. Copy it again as a whole.")
    return text
