"""The files inside the answers are genuine."""

import io
import re
import struct
import wave
import zipfile
import zlib
from xml.etree import ElementTree as ET

import pytest

from dashboard.results.hocr import read_hocr
from dashboard.sandbox import documents
from dashboard.sandbox.samples import Sample, invoice, latin

HOSTILE = "a (b) \\ c\n<script> & 'x' \"y\"\nsecond line é €"


def test_the_pdf_is_well_formed_and_holds_the_text() -> None:
    """Every entry of the cross-reference table points at its object, and each line is shown once."""
    file = documents.pdf(HOSTILE)
    start = int(file.rsplit(b"startxref\n", 1)[1].split()[0])
    assert file[start:].startswith(b"xref")
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n", file)]
    assert [file[at:].split(b" ", 1)[0] for at in offsets] == [b"%d" % n for n in range(1, len(offsets) + 1)]
    assert rb"(a \(b\) \\ c) Tj" in file
    assert "second line é €".encode("cp1252") in file
    length, content = re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", file, re.DOTALL)[0]
    assert int(length) == len(content)


def test_a_long_text_takes_several_pdf_pages() -> None:
    """No line falls off the paper."""
    file = documents.pdf("\n".join(f"line {n}" for n in range(120)))
    assert b"/Count 3" in file
    assert file.count(b"/Type /Page ") == 3
    assert file.count(b" Tj") == 120


def test_the_hocr_is_xml_with_every_word() -> None:
    """It parses, and its words are the text's words."""
    page = ET.fromstring(documents.hocr(HOSTILE))  # noqa: S314 - our own output
    words = [span.text for span in page.iter() if span.get("class") == "ocrx_word"]
    assert words == HOSTILE.split()
    assert all(
        re.fullmatch(r"bbox( \d+){4}", span.get("title", ""))
        for span in page.iter()
        if span.get("class") == "ocr_line"
    )


def test_the_workbook_opens_and_holds_the_rows() -> None:
    """It is a ZIP of well-formed XML whose sheet has one cell per value."""
    rows = [["Item", "Qty"], ["<b>&", "3"]]
    with zipfile.ZipFile(io.BytesIO(documents.xlsx(rows))) as book:
        assert book.testzip() is None
        trees = {name: ET.fromstring(book.read(name)) for name in book.namelist()}  # noqa: S314 - our own output
    assert {"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"} <= set(trees)
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    sheet = trees["xl/worksheets/sheet1.xml"]
    assert [[t.text for t in row.iter(f"{space}t")] for row in sheet.iter(f"{space}row")] == rows


def test_the_picture_is_a_valid_png() -> None:
    """Its checksums are right and its pixels unpack to 64 rows."""
    file, at, chunks = documents.png("seed"), 8, {}
    while at < len(file):
        length, name = struct.unpack(">I4s", file[at : at + 8])
        data = file[at + 8 : at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length : at + 12 + length])[0] == zlib.crc32(name + data)
        chunks[name] = data
        at += 12 + length
    assert len(zlib.decompress(chunks[b"IDAT"])) == 64 * 65
    assert documents.png("seed") != documents.png("other")


def test_the_sound_is_a_24_bit_wave_of_at_most_a_second() -> None:
    """The format is the one of the service's sample."""
    with wave.open(io.BytesIO(documents.wav("word " * 50))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 3, 22_050)
        assert sound.getnframes() == 22_050
        assert any(sound.readframes(100))


def test_the_same_text_gives_the_same_bytes() -> None:
    """Answers are the same at every call and after every restart."""
    for make in (documents.pdf, documents.hocr, documents.wav, documents.png):
        assert make("again") == make("again")
    assert documents.xlsx([["a"]]) == documents.xlsx([["a"]])


@pytest.mark.parametrize("sample", [latin(), invoice()], ids=lambda sample: sample.name)
def test_words_of_a_sample_stand_where_they_are(sample: Sample) -> None:
    """Each on its picture, masked or not; a text of another length has places that are made up."""
    masked = " ".join("*" * len(word) for word in sample.text.split())
    for text in (sample.text, masked):
        (page,) = read_hocr(documents.hocr(text, sample)).pages
        assert (page.width, page.height) == sample.size
        assert [word.text for word in page.words] == text.split()
        assert all(0 <= word.left < word.right <= page.width for word in page.words)
        assert all(0 <= word.top < word.bottom <= page.height for word in page.words)
        assert all(word.confidence is not None for word in page.words)
    assert documents.hocr("a b", sample).count("x_wconf") == 0
