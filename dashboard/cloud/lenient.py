"""Bytes from the service to JSON values, forgiving everything that can be forgiven.

Content counts, not the Content-Type: JSON comes labelled ``text/plain`` and the other way round
(fact sheet 2 and 8).
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import islice

_BLANK = " \t\r\n\v\f\0\ufeff\u200b"
_LONGEST_WHOLE = 18  # digits; more than this is no status and no size, and int() refuses thousands
_PIECES = "[{,"
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_MOST_PIECES = 1_000_000  # a result is a few long strings; millions of tiny values only eat memory


def text_of(body: bytes) -> str:
    """Decode a body by its byte order mark or UTF-8, replacing what does not fit; trimmed."""
    return body.decode(json.detect_encoding(body), "replace").strip(_BLANK)


@lru_cache(maxsize=64)  # services say the same second many times
def http_date(text: str) -> datetime | None:
    """The aware moment that a header names; None when it names none."""
    try:
        moment = parsedate_to_datetime(text)
    except (IndexError, OverflowError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" means UTC of an unknown place


class TooManyValues(ValueError):
    """JSON that is built to exhaust memory, or an answer with very many results."""


def parse(text: str) -> object:
    """Read JSON, keeping numbers that Python or a database cannot hold as their own text.

    Raises:
        TooManyValues: it holds more than a million values.
        ValueError: it is not JSON, or it is built to exhaust the stack.
    """
    if sum(map(text.count, _PIECES)) > _MOST_PIECES and _has_too_many(text):
        raise TooManyValues
    try:
        value: object = json.loads(
            text, strict=False, parse_int=_whole, parse_float=_real, parse_constant=str
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _has_too_many(text: str) -> bool:
    """Whether there are that many values, and not only one text with as many commas."""
    pieces = sum(map(text.count, _PIECES))
    for found in islice(_STRING.finditer(text), _MOST_PIECES):
        pieces -= sum(text.count(sign, found.start(), found.end()) for sign in _PIECES)
        if pieces <= _MOST_PIECES:
            return False
    return True


def folded(value: Mapping[object, object]) -> dict[str, object]:
    """The same object with keys in lower case and without underscores; a null never hides a value."""
    found: dict[str, object] = {}
    for key, item in value.items():
        name = str(key).strip().replace("_", "").casefold()
        if found.get(name) is None:
            found[name] = item
    return found


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else digits


def _real(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits
