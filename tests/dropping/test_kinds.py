import pytest

from dashboard.dropping.kinds import DJVU, HEAVY, Way, kind_of, refuse_large, said_of_size
from dashboard.dropping.names import is_junk, page_name, shown_name
from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.results.sniffing import BMP, GIF, JPEG, PDF, PNG, SVG, TIFF, WEBP, ZIP, FileType
from tests.dropping import made

TAKEN: list[tuple[bytes, FileType, Way, Operation | None]] = [
    (made.as_file("PNG"), PNG, Way.AS_IS, None),
    (made.as_file("JPEG"), JPEG, Way.AS_IS, None),
    (made.as_file("BMP"), BMP, Way.AS_IS, None),
    (made.as_file("GIF"), GIF, Way.AS_IS, None),
    (made.as_file("WEBP"), WEBP, Way.CONVERT, None),
    (made.as_file("TIFF"), TIFF, Way.PAGES, None),
    (b"II+\0\x08\0\0\0" + bytes(40), TIFF, Way.PAGES, None),
    (made.SVG, SVG, Way.UNSEEN, None),
    (made.pdf(), PDF, Way.PDF, Operation.RECOGNIZE_PDF),
    (b"scanned by someone\r\n%PDF-1.7\n", PDF, Way.PDF, Operation.RECOGNIZE_PDF),
    (made.DJVU, DJVU, Way.UNSEEN, Operation.DJVU_TO_PDF),
    (made.zip_of({"a.png": b"x"}), ZIP, Way.UNPACK, None),
]
REFUSED = [
    (b"", "scan.png", "is empty"),
    (b"MZ\x90\0" + bytes(60), "scan.png", "a program"),
    (b"\x7fELF" + bytes(60), "scan.jpg", "a program"),
    (b"#!/bin/sh\nrm -rf\n", "scan.pdf", "a program"),
    (made.zip_of({"[Content_Types].xml": b"", "word/document.xml": b""}), "letter.docx", "Save it as PDF"),
    (made.zip_of({"mimetype": b"application/vnd.oasis"}, packed=False), "letter.odt", "Save it as PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "letter.doc", "Save it as PDF"),
    (b"\x1f\x8b\x08" + bytes(60), "scan.svgz", "Unpack it"),
    (b"Rar!\x1a\x07" + bytes(60), "scans.rar", "Unpack it"),
    (b"8BPS" + bytes(60), "scan.psd", "Save it as PNG"),
    (b"\0\0\0\x0cjP  " + bytes(60), "scan.jp2", "JPEG 2000"),
    (b"just a text", "ids.txt", "pasted under"),
    (b"just a text", "scan.png", "not what its name says"),
    (b"<html><body>Not found", "scan.jpg", "not what its name says"),
    ("Grüße, 漢字".encode() * 400, "ids.txt", "pasted under"),
    (bytes(range(256)), "what.bin", "no image or document"),
]


@pytest.mark.parametrize(("head", "file_type", "way", "operation"), TAKEN)
@pytest.mark.parametrize("name", ["scan.png", "scan.exe", "", "x" * 999])
def test_what_is_taken(
    head: bytes, file_type: FileType, way: Way, operation: Operation | None, name: str
) -> None:
    """By what it is, whatever it is called."""
    kind = kind_of(head[:4096], name)
    assert (kind.file_type, kind.way, kind.operation) == (file_type, way, operation)


@pytest.mark.parametrize(("head", "name", "says"), REFUSED)
def test_what_is_refused(head: bytes, name: str, says: str) -> None:
    """With a sentence that says what it is and what to do, and does not repeat the name."""
    with pytest.raises(InputRefused, match=says) as refusal:
        kind_of(head[:4096], name)
    assert name not in str(refusal.value)


def test_sizes() -> None:
    """Too large is refused, heavy is said."""
    refuse_large(10_000_000, 10_000_000)
    with pytest.raises(InputRefused, match="up to 10 MB are taken"):
        refuse_large(10_000_001, 10_000_000)
    assert said_of_size(HEAVY) == ""
    assert "may refuse" in said_of_size(HEAVY + 1)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("scan.png", "scan.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\scan.png", "scan.png"),
        ("/", "image"),
        ("a\0b\n c", "ab c"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 999, "x" * 200),
        ("", "image"),
    ],
)
def test_names(given: str, shown: str) -> None:
    """Without folders, unseen characters and lines; never empty."""
    assert shown_name(given) == shown


def test_names_of_pages_stay_in_order() -> None:
    """Also where somebody sorts them."""
    assert page_name("scan.tif", 2, 12) == "scan.tif, page 02"
    assert page_name("scan.tif", 1, 1) == "scan.tif"


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("scan.png", False),
        ("folder/scan.png", False),
        ("folder/", True),
        ("__MACOSX/._scan.png", True),
        ("a\\Thumbs.db", True),
        (".DS_Store", True),
        ("", True),
    ],
)
def test_junk(name: str, *, junk: bool) -> None:
    """What systems put into archives."""
    assert is_junk(name) is junk
