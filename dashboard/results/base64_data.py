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

_UNBROKEN = 64
"""From this length on, a run without a single space is no prose, identifier or path."""


def decode_base64(value: str) -> bytes | None:
    """Decode once, never twice; None when the string is not Base64.

    Tolerated: line breaks, missing or surplus padding, the URL-safe alphabet. The empty string is
    empty data. Four-letter words are canonical Base64 and are decoded: nothing could tell.
    """
    lines = value.split()
    joined = "".join(lines)
    if not joined.isascii():
        return None
    if len(lines) <= 1 and len(joined) % 4 == 0 and _CANONICAL.fullmatch(joined):
        return _decode(joined)
    if not _LOOSE.fullmatch(joined):
        return None
    bare = joined.rstrip("=").translate(_URL_SAFE_TO_STANDARD)
    if not bare:
        return None  # nothing but padding: keep it as received
    data = _decode(bare + "=" * (-len(bare) % 4))
    if data is None:
        return None
    return data if _is_wrapped(lines) or _makes_sense(bare, data) else None


def _decode(canonical: str) -> bytes | None:
    try:
        return base64.b64decode(canonical, validate=True)
    except binascii.Error:
        return None


def _is_wrapped(lines: list[str]) -> bool:
    """Whether a machine broke the lines, if at all: all equally long, the last one not longer."""
    width = len(lines[0])
    return width >= _UNBROKEN and len(lines[-1]) <= width and all(len(line) == width for line in lines[:-1])


def _makes_sense(bare: str, data: bytes) -> bool:
    """Whether short or oddly broken Base64 gives something readable: a known format or clean text."""
    leaves_no_bits = base64.b64encode(data).rstrip(b"=") == bare.encode("ascii")
    return leaves_no_bits and (binary_type(data) is not None or is_clean_utf8(data))
