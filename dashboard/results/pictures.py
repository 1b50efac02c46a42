"""How large a picture becomes when it is unpacked, told from its headers: a few kilobytes may be gigapixels."""

from dashboard.results.tiff import page_sizes

MOST_PIXELS = 100_000_000
"""A page of A4 scanned at 900 dots per inch."""

MOST_FRAMES = 500
"""Of a moving picture, or pages of a TIFF."""

_MARKER = 0xFF
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that tell the size; the three are tables."""

_GIF_HEADER = 13
_OLD_BMP = (12).to_bytes(4, "little")
"""The header of OS/2, with sizes half as long."""
_FOURTEEN = 0x3FFF
_COLORS = 0x80
_EXTENSION, _FRAME = 0x21, 0x2C


def too_large(data: bytes) -> str:
    """Why a picture is too large to be shown, as a sentence; empty for others, and for what is no picture."""
    pages = page_sizes(data, most=MOST_FRAMES + 1)
    if any(width * height > MOST_PIXELS for width, height in pages or [_size(data)]):
        return f"This image has more than {MOST_PIXELS // 1_000_000} million pixels. Add a smaller one."
    if len(pages) > MOST_FRAMES:
        return f"This image has more than {MOST_FRAMES} pages. Add fewer of them."
    if _frames(data) > MOST_FRAMES:
        return f"This image has more than {MOST_FRAMES} frames. Add one that does not move."
    return ""


def pages_of(data: bytes) -> int:
    """How many pages a picture has; only a TIFF may have several."""
    return max(1, len(page_sizes(data, most=MOST_FRAMES)))


def _size(data: bytes) -> tuple[int, int]:
    """Width and height as the headers say; zeros where they say nothing."""
    if data.startswith(b"\x89PNG") and data[12:16] == b"IHDR":
        return _number(data[16:20]), _number(data[20:24])
    if data.startswith(b"GIF8"):
        return _little(data[6:8]), _little(data[8:10])
    if data.startswith(b"BM"):
        return _bmp_size(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp_size(data)
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else (0, 0)


def _bmp_size(data: bytes) -> tuple[int, int]:
    if data[14:18] == _OLD_BMP:
        return _little(data[18:20]), _little(data[20:22])
    # A negative height tells that the rows begin at the top.
    return _little(data[18:22]), abs(int.from_bytes(data[22:26], "little", signed=True))


def _webp_size(data: bytes) -> tuple[int, int]:
    if data[12:16] == b"VP8X":
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if data[12:16] == b"VP8L":
        bits = _little(data[21:25])
        return (bits & _FOURTEEN) + 1, (bits >> 14 & _FOURTEEN) + 1
    return _little(data[26:28]) & _FOURTEEN, _little(data[28:30]) & _FOURTEEN


def _jpeg_size(data: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 < len(data) and data[place] == _MARKER:
        kind = data[place + 1]
        if kind in _JPEG_FRAMES:
            return _number(data[place + 7 : place + 9]), _number(data[place + 5 : place + 7])
        place += 1 if kind == _MARKER else 2 + _number(data[place + 2 : place + 4])
    return 0, 0


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _frames(data: bytes) -> int:
    """How many frames a GIF or WebP has, counted up to one more than the most."""
    if data.startswith(b"GIF8"):
        return _gif_frames(data)
    return _webp_frames(data) if data.startswith(b"RIFF") and data[8:12] == b"WEBP" else 1


def _webp_frames(data: bytes) -> int:
    place, count = 12, 0
    while place + 8 <= len(data) and count <= MOST_FRAMES:
        count += data[place : place + 4] == b"ANMF"
        size = _little(data[place + 4 : place + 8])
        place += 8 + size + size % 2
    return count


def _gif_frames(data: bytes) -> int:
    place, count = _GIF_HEADER, 0
    if len(data) > _GIF_HEADER and data[10] & _COLORS:
        place += _colors(data[10])
    while place < len(data) and count <= MOST_FRAMES:
        if data[place] == _EXTENSION:
            place = _after_blocks(data, place + 2)
        elif data[place] == _FRAME and place + 9 < len(data):
            count += 1
            flags = data[place + 9]
            colors = _colors(flags) if flags & _COLORS else 0
            place = _after_blocks(data, place + 11 + colors)
        else:
            break
    return count


def _colors(flags: int) -> int:
    return 3 * (2 << (flags & 7))


def _after_blocks(data: bytes, place: int) -> int:
    """Behind a chain of blocks, each with its length before it, and an empty one at the end."""
    while place < len(data) and data[place]:
        place += data[place] + 1
    return place + 1
