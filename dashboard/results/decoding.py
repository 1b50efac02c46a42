"""Entries of ``results[]`` to decoded parts. Nothing is ever dropped, nothing ever raises.

What is text, and what is counted: ``text`` is set for every textual format (plain, CSV, JSON, HTML/hOCR,
SVG); words and masks are counted in plain text only, because elsewhere they would count markup, and how
evaluation mode masks PDF, hOCR and JSON is unknown (fact sheet 6).
"""

import hashlib
from collections.abc import Sequence

from dashboard.models import DecodedPart, RawPart
from dashboard.results.base64_data import decode_base64
from dashboard.results.masks import mask_report
from dashboard.results.sniffing import (
    JSON,
    PDF,
    PLAIN,
    UNKNOWN,
    FileType,
    announced_type,
    binary_type,
    late_pdf,
    text_type,
)
from dashboard.results.text_encoding import ReadText, is_readable, read_string, read_text, storable

NO_DATA = "no data"
NOT_BASE64 = "not Base64"


def decode_parts(raw_parts: Sequence[RawPart], *, trial: bool) -> tuple[DecodedPart, ...]:
    """Decode all entries, one part each, in the order received.

    Args:
        raw_parts: the entries as received; hostile input.
        trial: whether the task ran in evaluation mode; only then are asterisks taken for masks.
    """
    return tuple(_decode_part(raw, trial=trial) for raw in raw_parts)


def _decode_part(raw: RawPart, *, trial: bool) -> DecodedPart:
    remarks: list[str] = []
    data, as_string = _bytes_of(raw, remarks)
    announced = announced_type(raw.type)
    kind = binary_type(data) or (PDF if announced is PDF and late_pdf(data) else None)
    read: ReadText | None = None
    if kind is None:
        read = as_string or read_text(data)
        kind = _kind_without_signature(read, announced)
        read = read if kind.is_text else None
    if data and _disagree(announced, kind):
        remarks.append(f"announced as {_short(raw.type)}, but looks like {kind.media_type}")
    if read is not None:
        remarks.extend(read.remarks)
    words = mask_report(read.text, trial=trial) if read is not None and kind is PLAIN else None
    return DecodedPart(
        type=None if raw.type is None else storable(raw.type),
        media_type=kind.media_type,
        extension=kind.extension,
        data=data,
        text=read.text if read else None,
        encoding=read.encoding if read else None,
        remarks=tuple(remarks),
        words=words.words if words else 0,
        masked_words=words.masks if words else 0,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _bytes_of(raw: RawPart, remarks: list[str]) -> tuple[bytes, ReadText | None]:
    """The decoded bytes; or the string as UTF-8 and as text, when it was not Base64 (fact sheet D11)."""
    if raw.data is None:
        remarks.append(NO_DATA)
        return b"", None
    data = decode_base64(raw.data)
    if data is not None:
        return data, None
    remarks.append(NOT_BASE64)
    # surrogatepass: a lone surrogate is kept in the bytes and only replaced in the text.
    return raw.data.encode("utf-8", "surrogatepass"), read_string(raw.data)


def _kind_without_signature(read: ReadText, announced: FileType | None) -> FileType:
    """Text when it was announced as such or can be read; every binary format would have had a signature."""
    if (announced is not None and announced.is_text) or is_readable(read.text):
        return text_type(read.text, announced)
    return UNKNOWN


def _disagree(announced: FileType | None, kind: FileType) -> bool:
    is_invoice = announced is PLAIN and kind is JSON
    return announced is not None and announced is not kind and not is_invoice


def _short(name: str | None) -> str:
    return repr(storable(name or "")[:40])
