"""What an uploaded file is, told from its first bytes: format and size in pixels."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.models import Operation
from dashboard.sandbox.reading.process import INSTALL

_DRAWN = frozenset({"SVG", "DjVu"})
_READING = frozenset(
    {
        Operation.RECOGNIZE_IMAGE,
        Operation.RECOGNIZE_PDF,
        Operation.RECOGNIZE_RECEIPT,
        Operation.RECOGNIZE_TABLE,
        Operation.RECOGNIZE_REGIONS,
        Operation.RECOGNIZE_LABEL,
        Operation.DETECT_REGIONS,
    }
)
_PICTURES = frozenset({"PNG", "JPEG", "GIF", "BMP", "TIFF", "SVG"})  # fact sheet 5, input formats


@dataclass(frozen=True, slots=True)
class Picture:
    """A file the service would read; width and height in pixels, 0 where the format does not say."""

    format: str
    width: int = 0
    height: int = 0


def identify(data: bytes) -> Picture | None:
    """The format and size of a file, or None when it is nothing the service reads."""
    for name, starts, size in _FORMATS:
        if data.startswith(starts):
            try:
                return Picture(name, *size(data))
            except struct.error:
                return None  # cut off before its size
    return Picture("SVG") if b"<svg" in data[:1000] else None


def refusal(operation: Operation, picture: Picture | None) -> str:
    """Why the operation cannot read this file; empty when it can."""
    wanted = {Operation.RECOGNIZE_PDF: frozenset({"PDF"}), Operation.DJVU_TO_PDF: frozenset({"DjVu"})}.get(
        operation, _PICTURES
    )
    if picture is None:
        return "The image could not be read: unknown or damaged file format."
    if picture.format not in wanted:
        return f"{operation.value} does not read {picture.format} files."
    return ""


def can_be_read(operation: Operation, picture: Picture | None) -> bool:
    """Whether the reader of the extra ``local`` can make the text that this operation answers with."""
    return picture is not None and operation in _READING and picture.format not in _DRAWN


def statement(picture: Picture, data: bytes, sha256: str, *, has_reader: bool = False) -> str:
    """What the sandbox says instead of a recognised text: what the file is, and that nothing was read."""
    pixels = f", {picture.width} x {picture.height} pixels" if picture.width else ""
    why = (
        f"The reader on this machine does not read {picture.format} files, or not for this operation."
        if has_reader
        else "The sandbox reads only the samples that come with it. So that it reads this one too, stop it, run\n"
        f"{INSTALL}\nand start it again."
    )
    return (
        "This is the sandbox of OCR Dashboard; no recognition took place.\n"
        f"The file is in {picture.format} format{pixels}, {len(data)} bytes.\n"
        f"SHA-256 {sha256}\n"
        f"{why} The real service would have read it."
    )


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        marker, length = struct.unpack(">xBH", data[at : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # noqa: PLR2004 - the start-of-frame markers
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length


def _bmp_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<ii", data[18:26])
    return width, abs(height)  # a negative height means top-down


def _no_size(_data: bytes) -> tuple[int, int]:
    return 0, 0


_FORMATS: tuple[tuple[str, tuple[bytes, ...], Callable[[bytes], tuple[int, int]]], ...] = (
    ("PNG", (b"\x89PNG\r\n\x1a\n",), lambda data: struct.unpack(">II", data[16:24])),
    ("JPEG", (b"\xff\xd8\xff",), _jpeg_size),
    ("GIF", (b"GIF87a", b"GIF89a"), lambda data: struct.unpack("<HH", data[6:10])),
    ("BMP", (b"BM",), _bmp_size),
    ("TIFF", (b"II*\0", b"MM\0*"), _no_size),
    ("PDF", (b"%PDF-",), _no_size),
    ("DjVu", (b"AT&TFORM",), _no_size),
)
