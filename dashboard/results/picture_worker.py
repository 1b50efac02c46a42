"""Makes a picture that browsers show of a TIFF's page; run in a process of its own, because a hostile one may fill it.

Standard input: the file. Argument: page (0-based). Standard output: the picture as PNG, or as JPEG where it is a photo.
"""

import io
import sys
from pathlib import Path
from typing import Any

MOST_BYTES = 700_000_000
"""Of address space; a page of A4 in colours at 600 dots per inch takes half of it."""

MOST_SECONDS = 20
_LARGEST_SIDE = 4_000
"""Pixels; more is not seen beside a text."""

_SIXTEEN_BITS = (0.0, 65_536.0)
_DEEP = {"I;16": _SIXTEEN_BITS, "I;16B": _SIXTEEN_BITS, "I;16L": _SIXTEEN_BITS, "I": None, "F": None}
"""Modes with more than eight bits for each pixel: where they begin, and how far they reach where that is fixed."""

_EXACT = frozenset({"1", "L", "LA", "La", "P", "PA", "RGBA", "RGBa"})
"""Drawings, letters, and what can be seen through: kept as they are."""

_SHADES = {"1": "L", "P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
"""Modes that can be made smaller without losing thin lines."""


def _range_of(extremes: Any) -> tuple[float, float]:  # noqa: ANN401 - Pillow gives pairs of two kinds
    low, high = map(float, extremes)
    return low, max(high - low, 1.0)


def main() -> None:
    """Write the page."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # started by path
    from dashboard.results.worker_limits import limit

    limit(most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    from PIL import Image, ImageOps  # after the limits

    Image.MAX_IMAGE_PIXELS = None  # told before, from the directories
    page: Image.Image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("TIFF",))
    page.seek(int(sys.argv[1]))
    if page.mode in _DEEP:
        low, reach = _DEEP[page.mode] or _range_of(page.getextrema())
        page = page.convert("F").point(lambda value: value * (255 / reach) - low * 255 / reach).convert("L")
    if max(page.size) > _LARGEST_SIDE:
        page = page.convert(_SHADES.get(page.mode, page.mode))
        page.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    page = ImageOps.exif_transpose(page)
    file = io.BytesIO()
    if page.mode in _EXACT:
        page.convert(_SHADES.get(page.mode, page.mode)).save(file, "PNG")
    else:
        page.convert("RGB").save(file, "JPEG", quality=90)
    sys.stdout.buffer.write(file.getvalue())


if __name__ == "__main__":
    main()
