"""Source images of every kind that people have: shown as they are, made into pictures, or told what to convert."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dashboard.errors import InputRefused, NotFound, NotPermitted
from dashboard.models import Actor, ActorKind, Role
from dashboard.models.dispatches import Pieces
from dashboard.services.results.sources import Sources
from dashboard.services.sending.kept_sources import KeptSources, SourceRoom
from dashboard.store import sources as source_rows
from tests.dropping import made
from tests.services.conftest import Desk
from tests.services.stored import store


@pytest.fixture
def sources(desk: Desk) -> Sources:
    """The images of the team."""
    return Sources(desk.scope())


def picture(kind: str, *modes: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    """A picture with a page for each mode, as its library writes it."""
    file = io.BytesIO()
    first, *others = [Image.new(mode, size, 1) for mode in modes]
    more: dict[str, Any] = {"save_all": True, "append_images": others} if others else {}
    first.save(file, kind, **more, **options)
    return file.getvalue()


def boxed(*brands: bytes) -> bytes:
    """The beginning of a photo of a phone."""
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    return (len(box) + 4).to_bytes(4, "big") + box + bytes(100)


def test_a_pdf_is_drawn_page_by_page(desk: Desk, sources: Sources, tmp_path: Path) -> None:
    """It was sent from here; browsers get a picture of each page. A damaged one says so."""
    kept = KeptSources(desk.scope(), room=SourceRoom())
    shown = {}
    for name, data in (("whole", made.pdf(2)), ("damaged", b"%PDF-1.7 nothing")):
        path = tmp_path / name
        path.write_bytes(data)
        source = kept.keep(name=f"{name}.pdf", data=Pieces.of_file(path), media_type="application/pdf")
        shown[name] = store(desk, name)
        with desk.database.writing() as session:
            source_rows.link(session=session, task_ref=shown[name], source_id=source.id)
    assert sources.pages(shown["whole"]) == 2
    assert sources.page(shown["whole"], 2).data.startswith(b"\x89PNG")
    assert sources.image(shown["whole"]).name == "whole.pdf"
    assert sources.pages(shown["damaged"]) == 1
    with pytest.raises(InputRefused):
        sources.page(shown["damaged"], 1)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(picture("PNG", "RGB"), "image/png", id="PNG"),
        pytest.param(picture("BMP", "RGB"), "image/bmp", id="BMP"),
        pytest.param(picture("BMP", "1"), "image/bmp", id="BMP in black and white"),
        pytest.param(picture("WEBP", "RGB"), "image/webp", id="WebP"),
        pytest.param(picture("WEBP", "RGBA", lossless=True), "image/webp", id="WebP without loss"),
        pytest.param(picture("GIF", "L"), "image/gif", id="GIF"),
    ],
)
def test_what_browsers_show(desk: Desk, sources: Sources, data: bytes, media_type: str) -> None:
    """Is shown as it was added, on its only page."""
    task_ref = store(desk, "a")
    sources.add(task_ref, name="scan", data=data)
    shown = sources.page(task_ref, 1)
    assert (shown.data, shown.media_type, sources.pages(task_ref)) == (data, media_type, 1)
    with pytest.raises(NotFound):
        sources.page(task_ref, 2)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(picture("TIFF", "1", compression="group4"), "image/png", id="fax"),
        pytest.param(picture("TIFF", "L", compression="tiff_lzw"), "image/png", id="shades"),
        pytest.param(picture("TIFF", "P"), "image/png", id="palette"),
        pytest.param(picture("TIFF", "RGBA"), "image/png", id="transparent"),
        pytest.param(picture("TIFF", "RGB", compression="jpeg"), "image/jpeg", id="photo"),
        pytest.param(picture("TIFF", "CMYK"), "image/jpeg", id="print"),
        pytest.param(picture("TIFF", "LAB"), "image/jpeg", id="other colours"),
        pytest.param(picture("TIFF", "I;16"), "image/png", id="sixteen bits"),
        pytest.param(picture("TIFF", "F"), "image/png", id="fractions"),
        pytest.param(picture("TIFF", "1", size=(5_000, 100)), "image/png", id="wide"),
    ],
)
def test_a_tiff_is_made_into_a_picture(desk: Desk, sources: Sources, data: bytes, media_type: str) -> None:
    """Whatever is in it; what was added stays as it is."""
    task_ref = store(desk, "a")
    sources.add(task_ref, name="scan.tif", data=data)
    shown = sources.page(task_ref, 1)
    assert shown.media_type == media_type
    assert max(Image.open(io.BytesIO(shown.data)).size) <= 4_000
    image = sources.image(task_ref)
    assert (image.data, image.media_type, image.name) == (data, "image/tiff", "scan.tif")


def test_pages_of_a_tiff(desk: Desk, sources: Sources) -> None:
    """Each is shown."""
    task_ref = store(desk, "a")
    sources.add(task_ref, name="scan.tif", data=picture("TIFF", "1", "RGB", "L"))
    assert sources.pages(task_ref) == 3
    kinds = [sources.page(task_ref, number).media_type for number in (1, 2, 3)]
    assert kinds == ["image/png", "image/jpeg", "image/png"]
    for number in (0, 4):
        with pytest.raises(NotFound):
            sources.page(task_ref, number)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(boxed(b"heic", b"mif1", b"heic"), "This image is HEIC", id="iPhone"),
        pytest.param(boxed(b"mif1", b"mif1", b"heic"), "This image is HEIC", id="Android"),
        pytest.param(boxed(b"mif1", b"mif1", b"avif"), "This image is AVIF", id="AVIF"),
        pytest.param(boxed(b"mp42", b"isom"), "not an image", id="film"),
        pytest.param(b"BM to be read", "not an image", id="text"),
        pytest.param(b"MM\0*" + bytes(9), "This TIFF cannot be shown here", id="nothing in it"),
        pytest.param(picture("TIFF", "RGB")[:200], "This TIFF cannot be shown here", id="cut"),
        pytest.param(b"II+\0" + bytes(30), "not an image", id="very large TIFF"),
    ],
)
def test_what_is_refused(desk: Desk, sources: Sources, data: bytes, said: str) -> None:
    """With what to do, and nothing is kept."""
    task_ref = store(desk, "a")
    with pytest.raises(InputRefused, match=f"{said}.*JPEG"):
        sources.add(task_ref, name="photo", data=data)
    assert desk.tasks.detail(task_ref).source is None


def test_nothing_is_read_for_viewers(desk: Desk) -> None:
    """They may not add, so no process is started for it."""
    viewer = Actor(kind=ActorKind.PERSON, name="Vic", role=Role.VIEWER)
    sources = Sources(desk.scope(viewer))
    with pytest.raises(NotPermitted):
        sources.add(store(desk, "a"), name="scan.tif", data=b"MM\0*" + bytes(9))
