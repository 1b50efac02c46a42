"""How large the pages of a TIFF are, told from their directories; nothing is unpacked."""

import struct
from collections.abc import Iterator

_WIDTH, _HEIGHT = 256, 257
_SHORT = 3
_ENTRY = 12
_MOST_ENTRIES = 4_096


def page_sizes(data: bytes, *, most: int) -> list[tuple[int, int]]:
    """Width and height of each page, up to so many pages; of what is damaged, as many as can be found."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return []
    sizes: list[tuple[int, int]] = []
    seen = set[int]()
    place = _number(data, 4, order)
    while place and place not in seen and len(sizes) < most:
        seen.add(place)
        entries = int.from_bytes(data[place : place + 2], "little" if order == "<" else "big")
        found = dict(_entries(data, place + 2, min(entries, _MOST_ENTRIES), order))
        if not found:
            break
        sizes.append((found.get(_WIDTH, 0), found.get(_HEIGHT, 0)))
        place = _number(data, place + 2 + entries * _ENTRY, order)
    return sizes


def _entries(data: bytes, place: int, count: int, order: str) -> Iterator[tuple[int, int]]:
    for start in range(place, min(place + count * _ENTRY, len(data) - _ENTRY + 1), _ENTRY):
        tag, kind = struct.unpack_from(f"{order}HH", data, start)
        short = kind == _SHORT
        (value,) = struct.unpack_from(f"{order}{'H' if short else 'I'}", data, start + 8)
        yield tag, value


def _number(data: bytes, place: int, order: str) -> int:
    return int(struct.unpack_from(f"{order}I", data, place)[0]) if place + 4 <= len(data) else 0
