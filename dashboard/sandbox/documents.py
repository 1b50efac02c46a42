"""Small but genuine files made from text: PDF, hOCR, XLSX, PNG, WAV. The same text gives the same bytes."""

import array
import hashlib
import html
import io
import math
import struct
import wave
import zipfile
import zlib
from collections.abc import Sequence

from dashboard.sandbox.samples import Box, Sample

_LINES_A_PAGE = 48
_SOUND_RATE = 22_050  # PCM mono 22 050 Hz 24-bit, as in the service's sample (fact sheet 3.3)


def pdf(text: str) -> bytes:
    """A PDF of A4 pages with the text in Helvetica; what Windows-1252 lacks becomes a question mark."""
    lines = text.split("\n")
    pages = [lines[n : n + _LINES_A_PAGE] for n in range(0, len(lines), _LINES_A_PAGE)]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, page in enumerate(pages):
        shown = b"".join(b"(" + _pdf_string(line) + b") Tj T*\n" for line in page)
        content = b"BT /F1 11 Tf 15 TL 50 780 Td\n" + shown + b"ET"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    return pdf_file(objects)


def pdf_file(objects: Sequence[bytes]) -> bytes:
    """Numbered objects as a PDF; the first one is its catalogue."""
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return bytes(
        file
        + b"xref\n0 %d\n0000000000 65535 f \n" % count
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(file))
    )


def _pdf_string(line: str) -> bytes:
    raw = line.encode("cp1252", "replace")
    return raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def hocr(text: str, sample: Sample | None = None) -> str:
    """The text as an hOCR page with one ``ocr_line`` per line and one ``ocrx_word`` per word.

    Of a sample, words stand where they are on its picture; of anything else, at places made up.
    """
    places = iter(sample.places if sample and len(sample.places) == len(text.split()) else ())
    size = f" title='bbox 0 0 {sample.size[0]} {sample.size[1]}'" if sample and sample.places else ""
    lines = []
    for n, line in enumerate(text.split("\n")):
        top, left, words, boxes = 100 + 40 * n, 100, [], []
        for word in line.split():
            right = left + 14 * len(word)
            place = next(places, None)
            boxes.append(place.box if place else (left, top, right, top + 30))
            sure = f"; x_wconf {place.sure}" if place else ""
            words.append(
                f"<span class='ocrx_word' title='{_bbox(boxes[-1:])}{sure}'>{html.escape(word)}</span>"
            )
            left = right + 14
        around = _bbox(boxes or [(left, top, left, top + 30)])
        lines.append(f"<span class='ocr_line' title='{around}'>{' '.join(words)}</span><br/>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>hOCR</title>'
        "<meta name='ocr-system' content='OCR Dashboard sandbox'/>"
        "<meta name='ocr-capabilities' content='ocr_page ocr_line ocrx_word'/></head><body>"
        f"<div class='ocr_page' id='page_1'{size}>\n" + "\n".join(lines) + "\n</div></body></html>\n"
    )


def _bbox(boxes: Sequence[Box]) -> str:
    """The rectangle around all of these, as hOCR writes it."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return f"bbox {min(lefts)} {min(tops)} {max(rights)} {max(bottoms)}"


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WORKBOOK_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_OFFICE}/spreadsheetml/2006/main" '
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships">'
        '<sheets><sheet name="Table 1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>"
    ),
}


def xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook with one sheet that holds these rows as text cells."""
    cells = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{html.escape(cell)}</t></is></c>' for cell in row)
        + "</row>"
        for row in rows
    )
    sheet = f'<worksheet xmlns="{_OFFICE}/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_WORKBOOK_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            # ZipInfo's fixed date of 1980 keeps the bytes the same every time.
            archive.writestr(zipfile.ZipInfo(name), _XML + content)
    return file.getvalue()


def png(seed: str) -> bytes:
    """A grey picture of 64 x 64 pixels whose pattern follows from the seed."""
    shades = hashlib.sha512(seed.encode()).digest()
    rows = b"".join(
        b"\0" + b"".join(bytes([shades[8 * (y // 8) + x]]) * 8 for x in range(8)) for y in range(64)
    )

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def wav(text: str) -> bytes:
    """A soft tone, a twentieth of a second for each word and at most one second."""
    frames = _SOUND_RATE * min(len(text.split()), 20) // 20
    tone = array.array(
        "i", (int(2**28 * math.sin(n * 2 * math.pi * 440 / _SOUND_RATE)) for n in range(frames))
    )
    if struct.pack("=i", 1) != struct.pack("<i", 1):
        tone.byteswap()
    raw = tone.tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(3)
        sound.setframerate(_SOUND_RATE)
        # The three upper bytes of each little-endian 32-bit sample are the 24-bit sample.
        sound.writeframes(b"".join(raw[4 * n + 1 : 4 * n + 4] for n in range(frames)))
    return file.getvalue()
