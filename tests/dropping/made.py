"""Files as people drop them, made here."""

import io
import zipfile
from collections.abc import Mapping, Sequence

import pypdfium2
from PIL import Image, ImageDraw
from pillow_heif import from_pillow


def picture(text: str = "hello", *, size: tuple[int, int] = (400, 120), mode: str = "RGB") -> Image.Image:
    """An image with some text on it."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((20, 40), text, fill="black")
    return image.convert(mode)


def see_through() -> Image.Image:
    """An image that is half there."""
    image = picture(mode="RGBA")
    image.putalpha(128)
    return image


def as_file(kind: str, image: Image.Image | None = None, **given: object) -> bytes:
    """An image in one of Pillow's formats."""
    file = io.BytesIO()
    (image or picture()).save(file, kind, **given)
    return file.getvalue()


def tiff(pages: Sequence[Image.Image], **given: object) -> bytes:
    """A TIFF with so many pages."""
    return as_file("TIFF", pages[0], save_all=True, append_images=pages[1:], **given)


def heic() -> bytes:
    """What phones make of a photo."""
    file = io.BytesIO()
    from_pillow(picture()).save(file, format="HEIF")
    return file.getvalue()


def pdf(pages: int = 1) -> bytes:
    """Empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(300, 400)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


PROTECTED_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n"
    b"4 0 obj<</Filter/Standard/V 1/R 2/O<" + b"ab" * 32 + b">/U<" + b"cd" * 32 + b">/P -4>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
    b"/Size 5>>\n%%EOF\n"
)
"""Its user password is none that anybody knows."""

DJVU = b"AT&TFORM\0\0\0\x20DJVUINFO" + bytes(24)
SVG = b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><text>hi</text></svg>'


def zip_of(files: Mapping[str, bytes], *, packed: bool = True) -> bytes:
    """A ZIP of these."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def locked(archive: bytes) -> bytes:
    """The same ZIP, its members said to be protected by a password."""
    changed = bytearray(archive)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(signature)
        while place >= 0:
            changed[place + flags] |= 1
            place = changed.find(signature, place + 1)
    return bytes(changed)
