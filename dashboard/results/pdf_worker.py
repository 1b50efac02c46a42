"""Draws one page of a PDF; run in a process of its own, because a hostile PDF may crash or fill whatever reads it.

Standard input: the PDF. Arguments: page (0-based) and width in pixels. Standard output: the number of pages as four
bytes, then the picture as PNG.
"""

import io
import sys
from pathlib import Path

MOST_BYTES = 400_000_000
"""Of address space; a page of usual size takes a quarter of it."""

MOST_SECONDS = 20
_TALLEST = 4.0
"""Height of a picture as a multiple of its width; the rest of a longer page is cut."""


def main() -> None:
    """Draw the page."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # started by path
    from dashboard.results.worker_limits import limit

    limit(most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    import pypdfium2  # after the limits

    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    number, width = int(sys.argv[1]), int(sys.argv[2])
    page = document[number]
    page_width, page_height = page.get_size()
    scale = width / max(page_width, 1.0)
    crop = max(0.0, page_height - _TALLEST * page_width)
    picture = page.render(scale=scale, crop=(0, crop, 0, 0), may_draw_forms=False).to_pil()
    file = io.BytesIO()
    picture.convert("RGB").save(file, "PNG")
    sys.stdout.buffer.write(len(document).to_bytes(4, "big") + file.getvalue())


if __name__ == "__main__":
    main()
