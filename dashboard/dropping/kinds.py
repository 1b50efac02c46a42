"""What a dropped file is, told from its beginning; its name says little and is a stranger's. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.results.sniffing import (
    AVIF,
    BMP,
    GIF,
    HEIC,
    JPEG,
    PDF,
    PNG,
    SVG,
    TIFF,
    WEBP,
    ZIP,
    FileType,
    binary_type,
    image_type,
    late_pdf,
    text_type,
)

DJVU = FileType("image/vnd.djvu", ".djvu")

HEAD = 4096
"""Bytes of a file that are looked at."""

HEAVY = 20_000_000
"""Bytes above which the service may refuse what is sent: Base64 adds a third (fact sheet 5)."""


class Way(StrEnum):
    """What has to be done with a file before it can be sent."""

    AS_IS = "as is"
    CONVERT = "convert"  # the service does not read it, or not surely
    PAGES = "pages"  # a TIFF: the service reads the first page only
    PDF = "pdf"
    UNPACK = "unpack"
    UNSEEN = "unseen"  # sent as it is, and no picture of it is made here


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken.

    Attributes:
        file_type: what it is.
        way: what is done with it.
        operation: the only one of the service that takes it; None for images, which many take.
    """

    file_type: FileType
    way: Way
    operation: Operation | None = None


_KINDS: Mapping[FileType, Kind] = {
    **{it: Kind(it, Way.AS_IS) for it in (PNG, JPEG, GIF, BMP)},
    **{it: Kind(it, Way.CONVERT) for it in (WEBP, HEIC, AVIF)},
    TIFF: Kind(TIFF, Way.PAGES),
    SVG: Kind(SVG, Way.UNSEEN),
    PDF: Kind(PDF, Way.PDF, Operation.RECOGNIZE_PDF),
    DJVU: Kind(DJVU, Way.UNSEEN, Operation.DJVU_TO_PDF),
    ZIP: Kind(ZIP, Way.UNPACK),
}
_BIG_TIFF = Kind(TIFF, Way.PAGES)

TAKEN = "PNG, JPEG, TIFF, BMP, GIF, SVG, WebP, HEIC, PDF, DjVu or a ZIP of them"
"""For sentences."""

ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".bmp", ".gif", ".svg", ".webp", ".heic", ".heif"),
    *(".avif", ".pdf", ".djvu", ".djv", ".zip"),
)
"""What a dialog for choosing files shows first."""

_IMAGES = frozenset(ENDINGS) - {".zip"}

_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"!<arch>",
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_OFFICE = (b"[Content_Types].xml", b"mimetypeapplication/")
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}
_OTHER_PICTURES = {
    b"8BPS": "a Photoshop file",
    b"\0\0\0\x0cjP  ": "a JPEG 2000",
    b"\xffO\xffQ": "a JPEG 2000",
    b"\0\0\x01\0": "an icon (.ico)",
    b"gimp xcf": "a GIMP file",
    b"%!PS": "PostScript",
}


def kind_of(head: bytes, name: str) -> Kind:
    """What a file is.

    Args:
        head: its first :data:`HEAD` bytes.
        name: what it is called; hostile input.

    Raises:
        InputRefused: when it cannot be sent; the sentence says what it is and what to do, and names no file.
    """
    if not head:
        raise InputRefused("This file is empty. Copy or scan it again, and drop it then.")
    if head.startswith(_PROGRAMS):
        raise InputRefused(f"This is a program, whatever its name says. Drop {TAKEN}.")
    if head.startswith((b"II+\0", b"MM\0+")):
        return _BIG_TIFF
    if head.startswith(b"AT&TFORM") and head[12:16] in (b"DJVU", b"DJVM"):
        return _KINDS[DJVU]
    found = image_type(head) or binary_type(head) or (PDF if late_pdf(head) else None)
    if found is not None and found in _KINDS and not _is_office(head):
        return _KINDS[found]
    if sentence := _why_not(head):
        raise InputRefused(sentence)
    text = _as_text(head)
    if text is not None and text_type(text, None) is SVG:
        return _KINDS[SVG]
    if PurePosixPath(name.lower()).suffix in _IMAGES:
        raise InputRefused(
            "This is not what its name says, or it is damaged at its beginning. Open it on your computer; if that "
            "works, save it as PNG or PDF and drop that."
        )
    if text is not None:
        raise InputRefused("This is a text, not an image. Task IDs are pasted under “Task IDs”.")
    raise InputRefused(f"This is no image or document that can be read. Drop {TAKEN}.")


def _why_not(head: bytes) -> str:
    """What is known of a file that is not taken; empty for nothing."""
    if _is_office(head):
        return "This is an office document, which the service does not read. Save it as PDF, and drop that."
    for signature, packer in _PACKED.items():
        if head.startswith(signature):
            return f"This is an archive ({packer}). Unpack it and drop what is in it, or make a ZIP of it."
    for signature, program in _OTHER_PICTURES.items():
        if head.startswith(signature):
            return f"This is {program}, which the service does not read. Save it as PNG, and drop that."
    return ""


def _is_office(head: bytes) -> bool:
    is_zip = head.startswith(b"PK\x03\x04")
    return head.startswith(_OLD_OFFICE) or (is_zip and any(sign in head for sign in _IN_OFFICE))


def _as_text(head: bytes) -> str | None:
    """The beginning of a text; None where there is something that no text has."""
    if b"\0" in head:
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        whole = error.start > len(head) - 4  # a character may be cut by the end
        return head[: error.start].decode("utf-8-sig", "replace") if whole else None


def refuse_large(size: int, most: int) -> None:
    """Raise InputRefused for a file that is too large."""
    if size <= most:
        return
    raise InputRefused(
        f"This file has {size / 1_000_000:,.0f} MB; up to {most // 1_000_000:,} MB are taken. "
        "Scan it with fewer dots per inch, save it as JPEG, or split it."
    )


def said_of_size(size: int) -> str:
    """What is said of a file that is taken and may be too much for the service; empty for others."""
    if size <= HEAVY:
        return ""
    return f"{size / 1_000_000:,.0f} MB: the service may refuse files above {HEAVY // 1_000_000} MB."
