"""The Base64 of ``results[].data``: as strict as possible, as loose as necessary (fact sheet 3.3, D11).

The vendor says that "almost all" results are Base64. So two mistakes are possible: refusing Base64 that
was wrapped, left unpadded or made URL-safe on its way, and "decoding" a plain word such as ``well-known``
into noise. Canonical Base64 is always taken at its word; everything looser must also make sense.
"""

import base64
import binascii
import re

from dashboard.results.sniffing import binary_type
from dashboard.results.text_encoding import is_clean_utf8

_CANONICAL = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_LOOSE = re.compile(r"[A-Za-z0-9+/_-]*={0,3}")
_URL_SAFE_TO_STANDARD = str.maketrans("-_", "+/")

_LINE = re.compile(r"\S+")
_WHITE = bytes(code for code in range(128) if chr(code).isspace())
_NOT_WHITE = re.compile(r"[^\x00-\x7f\s]")
_WIDE_TO_BLANK = {code: " " for code in range(128, 0x3001) if chr(code).isspace()}

_UNBROKEN = 64
"""From this length on, a run without a single space is no prose, identifier or path."""


def decode_base64(value: str) -> bytes | None:
    """Decode once, never twice; None when the string is not Base64.

    Tolerated: line breaks, missing or surplus padding, the URL-safe alphabet. The empty string is
    empty data. Four-letter words are canonical Base64 and are decoded: nothing could tell.
    """
    # Not by splitting at white space: a text of millions of short words would become millions of objects.
    if not value.isascii():
        if _NOT_WHITE.search(value):
            return None
        value = value.translate(_WIDE_TO_BLANK)
    joined = value.encode("ascii").translate(None, _WHITE).decode("ascii")
    blanks = len(value) - len(joined)
    if len(joined) % 4 == 0 and _CANONICAL.fullmatch(joined) and (not blanks or value.strip() == joined):
        return _decode(joined)
    if not _LOOSE.fullmatch(joined):
        return None
    bare = joined.rstrip("=").translate(_URL_SAFE_TO_STANDARD)
    if not bare:
        return None  # nothing but padding: keep it as received
    data = _decode(bare + "=" * (-len(bare) % 4))
    if data is None:
        return None
    return data if _is_wrapped(value) or _makes_sense(bare, data) else None


def is_canonical(value: str, data: bytes) -> bool:
    """Whether encoding these bytes, which a string was decoded to, gives that very string again."""
    as_long = len(value) == (len(data) + 2) // 3 * 4 and value.isascii()
    if not as_long or "-" in value or "_" in value:
        return False
    end = data[len(data) - (len(data) % 3 or 3) :] if data else b""
    return value.endswith(base64.b64encode(end).decode("ascii"))


def _decode(canonical: str) -> bytes | None:
    try:
        return base64.b64decode(canonical, validate=True)
    except binascii.Error:
        return None


def _is_wrapped(value: str) -> bool:
    """Whether a machine broke the lines, if at all: all equally long, the last one not longer."""
    width, is_over = 0, False
    for line in _LINE.finditer(value):
        length = line.end() - line.start()
        width = width or length
        if is_over or width < _UNBROKEN or length > width:
            return False
        is_over = length < width
    return True


def _makes_sense(bare: str, data: bytes) -> bool:
    """Whether short or oddly broken Base64 gives something readable: a known format or clean text."""
    leaves_no_bits = base64.b64encode(data).rstrip(b"=") == bare.encode("ascii")
    return leaves_no_bits and (binary_type(data) is not None or is_clean_utf8(data))
