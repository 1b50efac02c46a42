"""How large a picture becomes when it is unpacked, told from its headers: a few kilobytes may be gigapixels."""

MOST_PIXELS = 100_000_000
"""A page of A4 scanned at 900 dots per inch."""

MOST_FRAMES = 500
"""Of a moving picture."""

_MARKER = 0xFF
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that tell the size; the three are tables."""

_GIF_HEADER = 13
_COLORS = 0x80
_EXTENSION, _FRAME = 0x21, 0x2C


def too_large(data: bytes) -> str:
    """Why a picture is too large to be shown, as a sentence; empty for others, and for what is no picture."""
    width, height = _size(data)
    if width * height > MOST_PIXELS:
        return f"This image has more than {MOST_PIXELS // 1_000_000} million pixels. Add a smaller one."
    if data.startswith(b"GIF8") and _frames(data) > MOST_FRAMES:
        return f"This image has more than {MOST_FRAMES} frames. Add one that does not move."
    return ""


def _size(data: bytes) -> tuple[int, int]:
    """Width and height as the headers say; zeros where they say nothing."""
    if data.startswith(b"\x89PNG") and data[12:16] == b"IHDR":
        return _number(data[16:20]), _number(data[20:24])
    if data.startswith(b"GIF8"):
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else (0, 0)


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


def _frames(data: bytes) -> int:
    """How many frames a GIF has, counted up to one more than the most."""
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
