"""Entries of ``results[]`` to decoded parts. No data are ever dropped, nothing ever raises.

What is text, and what is counted: ``text`` is set for every textual format (plain, CSV, JSON, HTML/hOCR,
SVG); words and masks are counted in plain text only, because elsewhere they would count markup, and how
evaluation mode masks PDF, hOCR and JSON is unknown (fact sheet 6).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from dashboard.models import DecodedPart, RawPart
from dashboard.models.limits import MOST_ASTERISKS, MOST_JUDGED, TOO_MANY_ASTERISKS
from dashboard.results.base64_data import decode_base64, is_canonical
from dashboard.results.masks import mask_report, too_many_asterisks
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
from dashboard.results.word_counts import count_words

NO_DATA = "no data"
NOT_BASE64 = "not Base64"


def decode_parts(raw_parts: Sequence[RawPart], *, trial: bool) -> tuple[DecodedPart, ...]:
    """Decode all entries, one part each, in the order received; those with neither data nor type are no parts.

    Args:
        raw_parts: the entries as received; hostile input.
        trial: whether the task ran in evaluation mode; only then are asterisks taken for masks.
    """
    judge = _Judge(trial=trial)
    parts: list[DecodedPart] = []
    nulls = 0
    for raw in raw_parts:
        if raw.type is None and raw.data is None:
            nulls += 1
        else:
            part = _others(raw) if raw.others else _decode_part(raw, judge)
            parts.append(replace(part, nulls_before=nulls) if nulls else part)
            nulls = 0
    return tuple(parts)


class _Judge:
    """Counts words and masks; beyond what one answer may cost, words only."""

    def __init__(self, *, trial: bool) -> None:
        self._trial = trial
        self._characters = MOST_JUDGED
        self._asterisks = MOST_ASTERISKS

    def counted(self, text: str, remarks: list[str]) -> tuple[int, int]:
        """Words and masked words of a plain text."""
        if not self._trial or "*" not in text:
            return count_words(text), 0
        self._characters -= len(text)
        if self._characters < 0 or self._asterisks < 0 or too_many_asterisks(text):
            remarks.append(TOO_MANY_ASTERISKS)
            return count_words(text), 0
        report = mask_report(text, trial=True)
        self._asterisks -= report.masks
        return report.words, report.masks


def _others(raw: RawPart) -> DecodedPart:
    """The entries beyond those that become parts of their own, together in one file as they came."""
    data = (raw.data or "").encode("utf-8", "surrogatepass")
    return DecodedPart(
        type=None,
        media_type=JSON.media_type,
        extension=JSON.extension,
        data=data,
        text=None,
        encoding="utf-8",
        remarks=(f"{raw.others:,} more parts, kept together as they came",),
        words=0,
        masked_words=0,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _decode_part(raw: RawPart, judge: _Judge) -> DecodedPart:
    remarks: list[str] = []
    data, as_string = _bytes_of(raw, remarks)
    is_usual = raw.data is None or as_string is not None or is_canonical(raw.data, data)
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
    words, masked = judge.counted(read.text, remarks) if read is not None and kind is PLAIN else (0, 0)
    return DecodedPart(
        type=None if raw.type is None else storable(raw.type),
        media_type=kind.media_type,
        extension=kind.extension,
        data=data,
        text=read.text if read else None,
        encoding=read.encoding if read else None,
        remarks=tuple(remarks),
        words=words,
        masked_words=masked,
        sha256=hashlib.sha256(data).hexdigest(),
        wire=None if is_usual or raw.data is None else storable(raw.data),
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
