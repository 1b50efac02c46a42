"""What was read as files: hOCR with places and confidence, and a PDF that is searchable. Pure."""

import base64
import html
import json

from dashboard.sandbox.documents import pdf_file
from dashboard.sandbox.reading.pages import Box, Page, Piece, Reading, Word, around

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>hOCR</title>'
    "<meta name='ocr-system' content='OCR Dashboard sandbox'/>"
    "<meta name='ocr-capabilities' content='ocr_page ocr_line ocrx_word'/></head><body>\n"
)


def hocr(reading: Reading) -> str:
    """A page as ``ocr_page``, a row as ``ocr_line``, a word as ``ocrx_word`` with its confidence in percent."""
    return f"{_HEAD}{''.join(_hocr_page(page, n) for n, page in enumerate(reading.pages))}</body></html>\n"


def _hocr_page(page: Page, number: int) -> str:
    lines = [
        f"<span class='ocr_line' title='{_bbox(around([piece.box for piece in row]))}'>"
        f"{' '.join(_hocr_word(word) for piece in row for word in piece.words)}</span><br/>\n"
        for row in page.rows
    ]
    title = f"bbox 0 0 {page.width} {page.height}; ppageno {number}"
    return f"<div class='ocr_page' id='page_{number + 1}' title='{title}'>\n{''.join(lines)}</div>\n"


def _hocr_word(word: Word) -> str:
    title = f"{_bbox(word.box)}; x_wconf {round(100 * word.confidence)}"
    return f"<span class='ocrx_word' title='{title}'>{html.escape(word.text)}</span>"


def _bbox(box: Box) -> str:
    return f"bbox {box[0]} {box[1]} {box[2]} {box[3]}"


def blocks(reading: Reading) -> str:
    """An array of blocks with the coordinates of their corners, as the service's JSON."""
    found = [
        {"text": piece.text, "coordinates": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]}
        for row in reading.rows()
        for piece in row
        for x1, y1, x2, y2 in [piece.box]
    ]
    return json.dumps(found, ensure_ascii=False)


_A4 = 842.0
_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Unseen /Encoding /Identity-H /DescendantFonts [4 0 R] "
    b"/ToUnicode 6 0 R >>"
)
_FONT_SIGNS = (
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Unseen /FontDescriptor 5 0 R /DW 500 /CIDToGIDMap /Identity "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
)
_FONT_SIZES = (
    b"<< /Type /FontDescriptor /FontName /Unseen /Flags 4 /FontBBox [0 -200 500 800] /ItalicAngle 0 /Ascent 800 "
    b"/Descent -200 /CapHeight 800 /StemV 80 >>"
)
"""A font without pictures of its signs, each half as wide as high; signs have the numbers of Unicode."""

_TO_UNICODE = (
    b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
    b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
    b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    + b"".join(
        b"%d beginbfrange\n" % min(100, 256 - first)
        + b"".join(
            b"<%02X00> <%02XFF> <%02X00>\n" % (high, high, high)
            for high in range(first, min(first + 100, 256))
        )
        + b"endbfrange\n"
        for first in range(0, 256, 100)
    )
    + b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
)


def pdf(reading: Reading) -> bytes:
    """Pages as pictures with the text over them, unseen, where it stands; without a picture the text is all."""
    first = 7
    kids = " ".join(f"{first + 3 * n} 0 R" for n in range(len(reading.pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(reading.pages)} >>".encode(),
        _FONT,
        _FONT_SIGNS,
        _FONT_SIZES,
        _stream(b"", _TO_UNICODE),
    ]
    for n, page in enumerate(reading.pages):
        scale = _A4 / max(page.width, page.height, 1)
        picture = base64.b64decode(page.picture)
        shown = (
            b"q %.2f 0 0 %.2f 0 0 cm /Page Do Q\n" % (page.width * scale, page.height * scale)
            if picture
            else b""
        )
        text = b"".join(_pdf_piece(piece, page, scale) for row in page.rows for piece in row)
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page.width * scale:.2f} {page.height * scale:.2f}] "
            f"/Contents {first + 3 * n + 1} 0 R /Resources << /Font << /F 3 0 R >> "
            f"/XObject << /Page {first + 3 * n + 2} 0 R >> >> >>".encode(),
            _stream(b"", shown + b"BT 3 Tr\n" + text + b"ET"),
            _picture(picture),
        ]
    return pdf_file(objects)


def _pdf_piece(piece: Piece, page: Page, scale: float) -> bytes:
    written = []
    for n, word in enumerate(piece.words):
        left, top, right, bottom = word.box
        size = max((bottom - top) * scale, 1.0)
        text = word.text + (" " if n + 1 < len(piece.words) else "")
        signs = len(word.text.encode("utf-16-be")) // 2
        wide = 100 * (right - left) * scale / (signs * size / 2)
        x, y = left * scale, (page.height - bottom + 0.2 * (bottom - top)) * scale
        written.append(
            b"/F %.2f Tf %.2f Tz 1 0 0 1 %.2f %.2f Tm <%s> Tj\n"
            % (size, max(wide, 1.0), x, y, text.encode("utf-16-be").hex().encode())
        )
    return b"".join(written)


def _picture(jpeg: bytes) -> bytes:
    if not jpeg:
        return b"null"
    width, height = jpeg_size(jpeg)
    about = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 "
    return _stream((about + b"/Filter /DCTDecode ") % (width, height), jpeg)


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height as the frame of a JPEG says them; it is one of our own."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])


def _stream(about: bytes, content: bytes) -> bytes:
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (about, len(content), content)
