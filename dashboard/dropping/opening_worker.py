"""Opens what somebody dropped; run in a process of its own, because a hostile file may crash or fill whatever reads it.

Standard input: one JSON object, ``way``, ``file`` and ``folder``, where what is made of it is put. Standard output:
one JSON object, ``pages`` (or ``members`` of a ZIP), or ``refused`` with a word for the reason.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

MOST_BYTES = 1_200_000_000
"""Of address space; a page of A4 in colours at 900 dots per inch takes half of it."""

MOST_SECONDS = 120
MOST_PIXELS = 100_000_000
MOST_PAGES = 300
MOST_MEMBERS = 300
MOST_UNPACKED = 1_000_000_000
"""Bytes of everything in a ZIP."""

_THUMBNAIL = 320
_PIECE = 1 << 20
_ENCRYPTED = 0x1
"""Flag of a member that is protected by a password."""

_PASSWORD = 4
"""What pdfium says of a document that needs one."""

_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "AVIF", "HEIF")
_PHOTOS = frozenset({"RGB", "L", "CMYK", "YCbCr"})


class _Refused(Exception):
    """Something that is told to whoever dropped the file, by a word."""


def main() -> None:
    """Do what is asked."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # started by path
    from dashboard import full_disk
    from dashboard.results.worker_limits import limit

    os.umask(0o077)
    limit(most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    asked = json.loads(sys.stdin.buffer.read())
    path, folder = Path(asked["file"]), Path(asked["folder"])
    ways = {"as is": _look, "convert": _convert, "pages": _split, "pdf": _pdf}
    try:
        if asked["way"] == "unpack":
            answer = _unpack(path, folder, asked["largest"])
        else:
            answer = {"pages": ways[asked["way"]](path, folder)}
    except _Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "pixels"}
    except OSError as error:
        answer = {"refused": "disk" if full_disk.is_full(error) else "damaged"}
    except Exception:  # noqa: BLE001 - whatever a library stumbles over, it is this file's fault
        answer = {"refused": "damaged"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


def _opened(path: Path) -> Any:  # noqa: ANN401 - Pillow comes after the limits
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # asked here, before anything is unpacked
    try:
        image = Image.open(path, formats=_known())
    except UnidentifiedImageError:
        raise _Refused("damaged") from None
    _refuse_large(image)
    return image


def _known() -> tuple[str, ...]:
    """Formats that are opened; HEIC where somebody has installed what reads it."""
    from PIL import AvifImagePlugin, Image, TiffImagePlugin, WebPImagePlugin

    Image.preinit()  # the others; all that Pillow knows would take longer than most images
    del AvifImagePlugin, TiffImagePlugin, WebPImagePlugin
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return _FORMATS[:-1]
    register_heif_opener(thumbnails=False)
    return _FORMATS


def _refuse_large(image: Any) -> None:  # noqa: ANN401 - the same
    if image.width * image.height > MOST_PIXELS:
        raise _Refused("pixels")


def _loaded(path: Path) -> tuple[Any, bool]:
    """The image, and whether its end is missing."""
    from PIL import ImageFile

    image = _opened(path)
    try:
        image.load()
        return image, False
    except OSError:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        image = _opened(path)
        image.load()
        return image, True


def _look(path: Path, folder: Path) -> list[dict[str, Any]]:
    image, is_cut = _loaded(path)
    return [_page(image, folder, 1, file="", is_cut=is_cut)]


def _convert(path: Path, folder: Path) -> list[dict[str, Any]]:
    from PIL import ImageOps

    with path.open("rb") as file:
        head = file.read(32)
    if head[4:8] == b"ftyp" and "HEIF" not in _known() and b"avi" not in head[8:]:
        raise _Refused("heic")
    image, is_cut = _loaded(path)
    image = ImageOps.exif_transpose(image)
    is_photo = b"VP8L" not in head
    return [_page(image, folder, 1, file=_saved(image, folder, 1, is_photo=is_photo), is_cut=is_cut)]


def _split(path: Path, folder: Path) -> list[dict[str, Any]]:
    image = _opened(path)
    with path.open("rb") as file:
        is_big = file.read(4) in (b"II+\0", b"MM\0+")
    count = getattr(image, "n_frames", 1)
    if count > MOST_PAGES:
        raise _Refused("pages")
    if count == 1 and not is_big:
        return _look(path, folder)
    pages = []
    for number in range(1, count + 1):
        image.seek(number - 1)
        _refuse_large(image)
        is_photo = image.info.get("compression") == "jpeg"
        pages.append(_page(image, folder, number, file=_saved(image, folder, number, is_photo=is_photo)))
    return pages


def _saved(image: Any, folder: Path, number: int, *, is_photo: bool) -> str:  # noqa: ANN401 - the same
    """The image in a format that the service reads: as JPEG what is a photo, as PNG what must stay exact."""
    if is_photo and image.mode in _PHOTOS:
        name = f"page-{number}.jpg"
        shown = image if image.mode in ("RGB", "L") else image.convert("RGB")
        shown.save(folder / name, "JPEG", quality=95, subsampling=0)
        return name
    name = f"page-{number}.png"
    exact = image if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") else image.convert("RGB")
    exact.save(folder / name, "PNG")
    return name


def _page(image: Any, folder: Path, number: int, *, file: str, is_cut: bool = False) -> dict[str, Any]:  # noqa: ANN401 - the same
    from PIL import Image, ImageOps

    size = image.size
    small = ImageOps.exif_transpose(image)
    if small.mode.startswith("I") or small.mode == "F":
        small = small.convert("F").point(lambda value: value / 256).convert("L")
    small = small.convert("RGBA" if "A" in small.getbands() or "transparency" in small.info else "RGB")
    small.thumbnail((_THUMBNAIL, _THUMBNAIL))
    if small.mode == "RGBA":
        ground = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(ground, small).convert("RGB")
    thumbnail = f"thumbnail-{number}.jpg"
    small.save(folder / thumbnail, "JPEG", quality=80)
    return {
        "file": file,
        "thumbnail": thumbnail,
        "width": size[0],
        "height": size[1],
        "pages": 1,
        "is_cut": is_cut,
    }


def _pdf(path: Path, folder: Path) -> list[dict[str, Any]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        word = "password" if getattr(error, "err_code", None) == _PASSWORD else "damaged"
        raise _Refused(word) from None
    count = len(document)
    if not count:
        raise _Refused("no pages")
    width, height = document[0].get_size()
    scale = _THUMBNAIL / max(width, height, 1.0)
    picture = document[0].render(scale=scale, may_draw_forms=False).to_pil()
    return [{**_page(picture, folder, 1, file=""), "width": 0, "height": 0, "pages": count}]


def _unpack(path: Path, folder: Path, largest: int) -> dict[str, Any]:
    import zipfile

    from dashboard.dropping.names import is_junk

    members: list[dict[str, Any]] = []
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError):
        raise _Refused("damaged") from None
    with archive:
        wanted = [one for one in archive.infolist() if not one.is_dir() and not is_junk(one.filename)]
        if not wanted:
            raise _Refused("empty zip")
        if len(wanted) > MOST_MEMBERS:
            raise _Refused("members")
        if all(one.flag_bits & _ENCRYPTED for one in wanted):
            raise _Refused("zip password")
        left = MOST_UNPACKED
        for number, one in enumerate(wanted, 1):
            refused, size = _member(archive, one, folder / f"member-{number}", min(largest, left))
            left -= size
            members.append({"name": one.filename, "file": f"member-{number}", "refused": refused})
            if left <= 0:
                raise _Refused("bomb")
    return {"members": members}


def _member(archive: Any, one: Any, path: Path, most: int) -> tuple[str, int]:  # noqa: ANN401 - zipfile, see above
    """Why one member cannot be had (empty: it is there), and how many bytes it took."""
    import zipfile
    import zlib

    from dashboard import private_files

    if one.flag_bits & _ENCRYPTED:
        return "zip password", 0
    size = 0
    try:
        with archive.open(one) as packed, private_files.replacing(path, lasting=False) as file:
            while size <= most and (piece := packed.read(_PIECE)):
                size += len(piece)
                file.write(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return "damaged", size
    if size > most:
        path.unlink()
        return "too large", size
    return "", size


if __name__ == "__main__":
    main()
