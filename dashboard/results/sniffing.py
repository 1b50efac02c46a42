"""What a part really is: its first bytes, then its text, then what the service calls it (fact sheet 3.3).

Binary formats are recognised by signature, whatever ``type`` says. Text is different: a picture of a web
page's source is rightly announced as ``Text`` and looks like HTML. So ``Text`` stays plain text, with two
exceptions that the service is known for or cannot produce by accident: invoices (``Text`` holding a JSON
object) and hOCR.
"""

import json
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file: media type, file name ending with its dot, and whether it can be read as text."""

    media_type: str
    extension: str
    is_text: bool = False


PLAIN = FileType("text/plain", ".txt", is_text=True)
CSV = FileType("text/csv", ".csv", is_text=True)
JSON = FileType("application/json", ".json", is_text=True)
HTML = FileType("text/html", ".html", is_text=True)  # hOCR too: it is HTML, and the vendor's CLI names it so
SVG = FileType("image/svg+xml", ".svg", is_text=True)
PDF = FileType("application/pdf", ".pdf")
PNG = FileType("image/png", ".png")
JPEG = FileType("image/jpeg", ".jpg")
GIF = FileType("image/gif", ".gif")
TIFF = FileType("image/tiff", ".tif")
BMP = FileType("image/bmp", ".bmp")
WEBP = FileType("image/webp", ".webp")
HEIC = FileType("image/heic", ".heic")
AVIF = FileType("image/avif", ".avif")
WAV = FileType("audio/wav", ".wav")
ZIP = FileType("application/zip", ".zip")
GZIP = FileType("application/gzip", ".gz")
WORKBOOK = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")
UNKNOWN = FileType("application/octet-stream", ".bin")

_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"\x1f\x8b", GZIP),
)
_ANNOUNCED = {
    "text": PLAIN,
    "txt": PLAIN,
    "plaintext": PLAIN,
    "csv": CSV,
    "json": JSON,
    "hocr": HTML,
    "html": HTML,
    "pdf": PDF,
    "png": PNG,
    "imagepng": PNG,
    "excel": WORKBOOK,
    "xlsx": WORKBOOK,
    "wav": WAV,
    "wavfile": WAV,
}

_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_LONGEST_BRANDS = 256

_PDF_HEADER_WITHIN = 1024
"""Readers accept a PDF header this far into the file."""

_MARKUP_HEAD = 4096
_JSON_LIMIT = 5_000_000
"""Characters beyond which text is not parsed just to name it."""

# Possessive, so that hostile prologues cannot make it backtrack.
_ROOT = re.compile(
    r"(?:\s++|<\?xml[^>]*+>|<!--(?>.*?-->)|<!doctype[^>]*+>)*+<(?:\w+:)?(html|svg)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_HOCR = re.compile(r"""class\s*=\s*["']?ocr_page""", re.IGNORECASE)


def binary_type(data: bytes) -> FileType | None:
    """The binary format the bytes begin with, or None when there is no such signature."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return WAV
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        # File names stand uncompressed in a ZIP; searching them needs no unpacking of hostile archives.
        return WORKBOOK if b"[Content_Types].xml" in data and b"xl/workbook" in data else ZIP
    return None


def image_type(data: bytes) -> FileType | None:
    """The format of a picture that somebody adds, also one that the service never sends; None when it is none."""
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return BMP
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), _LONGEST_BRANDS)
        brands = {data[place : place + 4] for place in range(8, end, 4)}
        if brands & _AVIF_BRANDS:
            return AVIF
        return HEIC if brands & _HEIC_BRANDS else None
    kind = binary_type(data)
    return kind if kind in (PNG, JPEG, GIF, TIFF) else None


def announced_type(name: str | None) -> FileType | None:
    """What the service's ``type`` stands for; None for ``Other``, unknown words and null."""
    return _ANNOUNCED.get(re.sub(r"[\W_]", "", name).lower()) if name else None


def late_pdf(data: bytes) -> bool:
    """Whether a PDF begins after some stray bytes; worth asking only when a PDF was announced."""
    return data.find(b"%PDF-", 0, _PDF_HEADER_WITHIN) >= 0


def text_type(text: str, announced: FileType | None) -> FileType:
    """Which textual format this is.

    Args:
        text: the decoded text, without byte order mark.
        announced: what ``type`` stands for.
    """
    root = _markup_root(text)
    if root is HTML and _HOCR.search(text, 0, 4 * _MARKUP_HEAD):
        return HTML
    if announced is PLAIN:
        return JSON if text.lstrip()[:1] == "{" and _is_json(text) else PLAIN
    if root is not None:
        return root
    if announced is CSV:
        return CSV
    if _is_json(text):
        return JSON
    return announced if announced is not None and announced.is_text else PLAIN


def _markup_root(text: str) -> FileType | None:
    found = _ROOT.match(text[:_MARKUP_HEAD])
    if found is None:
        return None
    return SVG if found[1].lower() == "svg" else HTML


def _is_json(text: str) -> bool:
    """Whether this is a JSON array, or an object with something in it."""
    body = text.strip()
    if len(body) > _JSON_LIMIT or (body[:1], body[-1:]) not in (("{", "}"), ("[", "]")):
        return False
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list) or bool(value)
