import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dashboard.dropping import opening_worker
from dashboard.dropping.opening import Piece, Unusable, open_dropped
from dashboard.models import Operation
from tests.dropping import made

Open = Callable[..., list[Piece | Unusable]]
LARGEST = 5_000_000


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Drops a file."""

    def opening(data: bytes, name: str = "scan", largest: int = LARGEST) -> list[Piece | Unusable]:
        path, folder = tmp_path / "original", tmp_path / "made"
        path.write_bytes(data)
        folder.mkdir(mode=0o700)
        return open_dropped(path, name=name, folder=folder, largest=largest)

    return opening


def pieces(found: list[Piece | Unusable]) -> list[Piece]:
    """All of it, which is to be usable."""
    assert not [one for one in found if isinstance(one, Unusable)], found
    return [one for one in found if isinstance(one, Piece)]


def sentence(found: list[Piece | Unusable]) -> str:
    """Why the only one is not."""
    (one,) = found
    assert isinstance(one, Unusable)
    return one.sentence


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF"])
def test_what_the_service_reads_stays_as_it_is(opened: Open, kind: str) -> None:
    """Not a byte is changed; a thumbnail stands beside it."""
    data = made.as_file(kind)
    (piece,) = pieces(opened(data, "scan.x"))
    assert piece.path.read_bytes() == data
    assert (piece.width, piece.height, piece.size, piece.operation) == (400, 120, len(data), None)
    assert piece.thumbnail is not None
    with Image.open(piece.thumbnail) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (320, 96))


@pytest.mark.parametrize(
    ("data", "made_as"),
    [
        (made.as_file("WEBP"), "JPEG"),
        (made.as_file("WEBP", lossless=True), "PNG"),
        (made.as_file("WEBP", made.see_through()), "PNG"),
        (made.as_file("AVIF"), "JPEG"),
        (made.heic(), "JPEG"),
    ],
    ids=["webp", "lossless webp", "webp with alpha", "avif", "heic"],
)
def test_what_it_does_not_read_is_converted(opened: Open, data: bytes, made_as: str) -> None:
    """To what keeps it as it looks."""
    (piece,) = pieces(opened(data, "photo"))
    assert piece.name == "photo"
    with Image.open(piece.path) as image:
        assert (image.format, image.size) == (made_as, (400, 120))
        assert f"image/{made_as.lower()}" == piece.file_type.media_type


def test_a_tiff_with_pages_is_split(opened: Open) -> None:
    """The service reads only the first page of one; ours are exact, and only ours to read."""
    pages = [made.picture("one", mode="1"), made.picture("two", mode="L"), made.picture("three")]
    found = pieces(opened(made.tiff(pages), "fax.tif"))
    assert [one.name for one in found] == ["fax.tif, page 1", "fax.tif, page 2", "fax.tif, page 3"]
    for one, page in zip(found, pages, strict=True):
        assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
        with Image.open(one.path) as image:
            assert image.format == "PNG"
            assert image.convert("RGB").tobytes() == page.convert("RGB").tobytes()


def test_a_pdf(opened: Open) -> None:
    """Goes to its own operation, with as many pages as it has."""
    (piece,) = pieces(opened(made.pdf(3), "letter.pdf"))
    assert (piece.operation, piece.pages) == (Operation.RECOGNIZE_PDF, 3)
    assert piece.thumbnail is not None


@pytest.mark.parametrize(("data", "operation"), [(made.DJVU, Operation.DJVU_TO_PDF), (made.SVG, None)])
def test_what_is_not_drawn_here(opened: Open, data: bytes, operation: Operation | None) -> None:
    """Is sent as it is."""
    (piece,) = pieces(opened(data))
    assert (piece.path.read_bytes(), piece.thumbnail, piece.operation) == (data, None, operation)


def test_an_image_that_was_cut_off(opened: Open) -> None:
    """Is taken, and it is said."""
    data = made.as_file("JPEG", made.picture(size=(900, 900)))
    (piece,) = pieces(opened(data[: len(data) // 2]))
    assert any("end is missing" in note for note in piece.notes)


BAD = [
    (b"", "is empty"),
    (b"\x89PNG\r\n\x1a\n" + bytes(200), "damaged"),
    (b"%PDF-1.7\nnothing", "damaged"),
    (made.PROTECTED_PDF, "protected by a password"),
    (b"PK\x03\x04" + bytes(200), "damaged"),
    (made.zip_of({}), "nothing in this ZIP"),
    (made.zip_of({"folder/": b"", "__MACOSX/x": b"1"}), "nothing in this ZIP"),
    (made.locked(made.zip_of({"a.png": made.as_file("PNG")})), "protected by a password"),
    (made.as_file("PNG", Image.new("1", (20_000, 20_000))), "million pixels"),
    (bytes(LARGEST + 1), "up to 5 MB"),
    (made.zip_of({f"{number}.png": b"x" for number in range(301)}), "more than 300 files"),
]


@pytest.mark.parametrize(("data", "says"), BAD, ids=[says for _, says in BAD])
def test_what_cannot_be_used(opened: Open, data: bytes, says: str) -> None:
    """Is told in one sentence."""
    assert says in sentence(opened(data))


def test_a_zip(opened: Open, tmp_path: Path) -> None:
    """What is in it is looked at like everything else; tricks with names lead nowhere, the rest goes on."""
    archive = made.zip_of(
        {
            "a/scan.png": made.as_file("PNG"),
            "../../outside.png": made.as_file("PNG", made.picture("outside")),
            "/etc/absolute.jpg": made.as_file("JPEG"),
            "fax.tif": made.tiff([made.picture("one"), made.picture("two")]),
            "letter.pdf": made.pdf(),
            "run.png": b"MZ" + bytes(99),
            "inner.zip": made.zip_of({"a.png": made.as_file("PNG")}),
            "broken.png": b"\x89PNG\r\n\x1a\n",
            "__MACOSX/._scan.png": b"junk",
        }
    )
    found = opened(archive, "all.zip")
    assert [one.name for one in found if isinstance(one, Piece)] == [
        "scan.png",
        "outside.png",
        "absolute.jpg",
        "fax.tif, page 1",
        "fax.tif, page 2",
        "letter.pdf",
    ]
    assert {one.name for one in found if isinstance(one, Unusable)} == {"run.png", "inner.zip", "broken.png"}
    assert all((tmp_path / "made") in one.path.parents for one in found if isinstance(one, Piece))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "original"]


def test_a_bomb(opened: Open, tmp_path: Path) -> None:
    """A member that unpacks to more than a file may have is thrown away; its word for its size is not asked."""
    archive = made.zip_of({"bomb.bmp": b"BM" + bytes(3 * LARGEST), "scan.png": made.as_file("PNG")})
    assert len(archive) < LARGEST
    found = opened(archive)
    assert [type(one) for one in found] == [Unusable, Piece]
    assert sum(path.stat().st_size for path in (tmp_path / "made").rglob("*") if path.is_file()) < LARGEST


def test_a_bomb_as_a_whole(opened: Open) -> None:
    """Many members that are small enough each."""
    member = b"BM" + bytes(100_000_000)
    archive = made.zip_of({f"{number}.bmp": member for number in range(11)})
    assert 11 * len(member) > opening_worker.MOST_UNPACKED
    found = opened(archive, largest=200_000_000)
    assert "more than 1 GB" in sentence(found)
