"""Bytes to text, and text to something every database can store.

The vendor's examples always read UTF-8 and a published result has no byte order mark (fact sheet 3.3);
the rest is prudence. Line ends stay as they came. The raw bytes are kept beside the text, so a wrong
guess costs nothing.
"""

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 first: its little-endian mark begins with the one of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile("[\0-\x06\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class ReadText:
    """Text as read from bytes.

    Attributes:
        text: storable anywhere: no NUL characters, no lone surrogates, no byte order mark.
        encoding: the Python codec it was read with.
        remarks: what had to be guessed or replaced.
    """

    text: str
    encoding: str
    remarks: tuple[str, ...] = ()


def read_text(data: bytes) -> ReadText:
    """Read text: byte order mark, then UTF-8, then UTF-16 without a mark, then Windows-1252. Never raises."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data, encoding)
    utf16 = _utf16_without_mark(data)
    if utf16:
        return _decoded(data, utf16, f"no byte order mark, read as {utf16.upper()}")
    try:
        return _storable(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    if _is_windows_1252(data):
        return _decoded(data, "cp1252", "not UTF-8, read as Windows-1252")
    return _decoded(data, "utf-8")


def read_string(value: str) -> ReadText:
    """Make text that arrived as a string storable; nothing is left to guess but its surrogates."""
    return _storable(value.removeprefix("\ufeff"), "utf-8")


def storable(text: str) -> str:
    """Replace what PostgreSQL and UTF-8 refuse, NUL and lone surrogates, by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def is_clean_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8 text without control characters."""
    try:
        return _CONTROL.search(data.decode("utf-8")) is None
    except UnicodeDecodeError:
        return False


def is_readable(text: str) -> bool:
    """Whether decoded text looks written rather than random: hardly any control or replacement characters."""
    sample = text[:_SAMPLE]
    return len(_CONTROL.findall(sample)) * 20 <= len(sample)


def _decoded(data: bytes, encoding: str, *remarks: str) -> ReadText:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        remarks = (*remarks, f"some bytes are not {encoding.removesuffix('-sig').upper()}, replaced")
    return _storable(text, encoding, *remarks)


def _storable(text: str, encoding: str, *remarks: str) -> ReadText:
    clean = storable(text)
    if clean != text:
        remarks = (*remarks, "unprintable characters replaced")
    return ReadText(clean, encoding, remarks)


def _utf16_without_mark(data: bytes) -> str | None:
    """Recognise UTF-16 by its zero bytes: nearly always the same half of each pair, and never both."""
    sample = data[:_SAMPLE]
    if len(data) % 2 or not sample:
        return None
    pairs = len(sample) // 2
    high_first, low_first = sample[::2].count(0), sample[1::2].count(0)
    for zeros, others, encoding in (
        (low_first, high_first, "utf-16-le"),
        (high_first, low_first, "utf-16-be"),
    ):
        if zeros * 5 >= pairs * 2 and others * 20 <= pairs:
            return encoding
    return None


def _is_windows_1252(data: bytes) -> bool:
    """Whether broken UTF-8 is better read as Windows-1252: no sign of UTF-8 beyond ASCII, no controls."""
    as_utf8 = data.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    beyond_ascii = len(as_utf8) - len(as_utf8.encode("ascii", "ignore")) - broken
    if beyond_ascii > broken:
        return False
    try:
        return is_readable(data.decode("cp1252"))
    except UnicodeDecodeError:
        return False
