"""Opens what a stranger sent, as pictures of pages. Runs in the reader's own process only."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps, ImageSequence

MOST_PIXELS = 60_000_000
"""Of one page: a sheet of A4 scanned with 800 dots an inch. It takes 180 MB while it is read."""

MOST_PAGES = 10
_LONGEST_SIDE = 4_000
"""Larger pictures are made smaller before they are read; the reader itself looks at half of that."""

_DOTS_AN_INCH = 200


class Unreadable(Exception):
    """The file cannot be read; the message is a sentence for people."""


def pages_of(path: Path) -> Iterator[Image.Image]:
    """The pages of a file, upright as its camera says, in RGB; of long documents the first ones.

    Raises:
        Unreadable: when it is damaged, locked or too large.
    """
    with path.open("rb") as file:
        is_pdf = file.read(5) == b"%PDF-"
    yield from (_pdf_pages(path) if is_pdf else _frames(path))


def count_of_pages(path: Path) -> int:
    """How many there are, whether they are read or not; 1 for what has no pages. Raises Unreadable as above."""
    with path.open("rb") as file:
        is_pdf = file.read(5) == b"%PDF-"
    if not is_pdf:
        with _opening(), Image.open(path) as picture:
            return int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1
    document = _open_pdf(path)
    try:
        return len(document)
    finally:
        document.close()


def _frames(path: Path) -> Iterator[Image.Image]:
    with _opening(), Image.open(path) as picture:
        most = MOST_PAGES if picture.format == "TIFF" else 1  # of what moves, the first picture
        for number, frame in enumerate(ImageSequence.Iterator(picture)):
            if number == most:
                return
            if frame.width * frame.height > MOST_PIXELS:
                raise Unreadable(_too_large(frame.width, frame.height))
            frame.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # JPEG only: decoded smaller
            yield _on_white(ImageOps.exif_transpose(frame))


@contextmanager
def _opening() -> Iterator[None]:
    """Whatever Pillow stumbles over, in words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own warning of bombs begins above our limit
            yield
    except Image.DecompressionBombError as error:
        raise Unreadable("The image is too large to be read here. Send a smaller one.") from error
    except MemoryError:
        raise
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        IndexError,
        KeyError,
        OverflowError,
    ) as error:
        raise Unreadable(
            "The image could not be read: it is damaged, or of a kind this reader does not know."
        ) from error


def _too_large(width: float, height: float) -> str:
    return (
        f"The image has {width:,.0f} x {height:,.0f} pixels; the reader on this machine takes at most "
        f"{MOST_PIXELS // 1_000_000} million. Send a smaller one."
    )


def _on_white(picture: Image.Image) -> Image.Image:
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 and 32 bits: what is darkest becomes black
        return ImageOps.autocontrast(_eight_bits(picture)).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    numbers = picture.convert("F")
    low, high = numbers.getextrema()
    scale = 255 / (high - low) if isinstance(high, float) and isinstance(low, float) and high > low else 1.0
    return numbers.point(
        lambda value: value * scale - (low if isinstance(low, float) else 0) * scale
    ).convert("L")


def _open_pdf(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise Unreadable(
            "The PDF is protected by a password. Save it without one and send that."
            if locked
            else "The PDF could not be read: it is damaged."
        ) from error


def _pdf_pages(path: Path) -> Iterator[Image.Image]:
    document = _open_pdf(path)
    try:
        for number in range(min(len(document), MOST_PAGES)):
            page = document[number]
            width, height = page.get_size()
            scale = min(_DOTS_AN_INCH / 72, _LONGEST_SIDE / max(width, height, 1))
            yield page.render(scale=scale).to_pil().convert("RGB")
            page.close()
    except pypdfium2.PdfiumError as error:
        raise Unreadable("The PDF could not be read: a page of it is damaged.") from error
    finally:
        document.close()
