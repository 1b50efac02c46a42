"""From entries as received to decoded parts: bytes, kind, text, remarks."""

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import DecodedPart, RawPart
from dashboard.results.base64_data import decode_base64
from dashboard.results.decoding import decode_parts

SAMPLES = Path(__file__).parent / "samples"


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(data: bytes, announced: str | None = "Text", *, trial: bool = False) -> DecodedPart:
    (part,) = decode_parts([RawPart(announced, _encoded(data))], trial=trial)
    return part


def _archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


SENTENCE = b"All men live enveloped in whale-lines."
LONG = bytes(range(256)) * 2
WORKBOOK = _archive("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("", b"", id="empty"),
        pytest.param(_encoded(SENTENCE), SENTENCE, id="canonical"),
        pytest.param("QQ==", b"A", id="two paddings"),
        pytest.param("QUI=", b"AB", id="one padding"),
        pytest.param("QQ", b"A", id="unpadded"),
        pytest.param("QUI", b"AB", id="unpadded, one missing"),
        pytest.param(_encoded(SENTENCE).rstrip("="), SENTENCE, id="unpadded sentence"),
        pytest.param(_encoded(SENTENCE) + "=", SENTENCE, id="surplus padding"),
        pytest.param(f" {_encoded(SENTENCE)}\r\n", SENTENCE, id="surrounded by white space"),
        pytest.param(base64.encodebytes(LONG).decode(), LONG, id="wrapped at 76"),
        pytest.param(base64.encodebytes(LONG).decode().replace("\n", "\r\n"), LONG, id="wrapped, CR LF"),
        pytest.param(base64.urlsafe_b64encode(LONG).decode(), LONG, id="URL-safe"),
        pytest.param(base64.urlsafe_b64encode(LONG).decode().rstrip("="), LONG, id="URL-safe, unpadded"),
        pytest.param("SGVs bG8g dGhl\ncmU=", b"Hello there", id="oddly broken, but readable"),
        pytest.param(_encoded(_encoded(SENTENCE).encode()), _encoded(SENTENCE).encode(), id="never twice"),
        pytest.param("Hello, world!", None, id="prose"),
        pytest.param("Hello world", None, id="prose of Base64 letters"),
        pytest.param("Total\nDate\nSum", None, id="lines of words"),
        pytest.param("well-known", None, id="hyphenated word"),
        pytest.param("0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01", None, id="identifier"),
        pytest.param("QUJD*", None, id="foreign character"),
        pytest.param("QQ==QQ==", None, id="padding in the middle"),
        pytest.param("A", None, id="one letter"),
        pytest.param("=", None, id="nothing but padding"),
        pytest.param("日本語テキスト", None, id="beyond ASCII"),
        pytest.param("\ud800\udc00\ud800", None, id="lone surrogates"),
        pytest.param("data:text/plain;base64,QUJD", None, id="data URI"),
    ],
)
def test_base64_is_read_tolerantly(value: str, expected: bytes | None) -> None:
    """What is Base64 is decoded once; what is not is told apart."""
    assert decode_base64(value) == expected


@given(st.binary(max_size=300), st.sampled_from([None, 64, 76]))
def test_all_base64_comes_back(data: bytes, width: int | None) -> None:
    """Canonical Base64, in one line or wrapped as mail and PEM do, gives the bytes back."""
    value = _encoded(data)
    lines = [value[start : start + width] for start in range(0, len(value), width)] if width else [value]
    assert decode_base64("\n".join(lines)) == data


@pytest.mark.parametrize(
    ("data", "announced", "media_type", "extension"),
    [
        pytest.param(SENTENCE, "Text", "text/plain", ".txt", id="text"),
        pytest.param(SENTENCE, " TEXT ", "text/plain", ".txt", id="text in capitals"),
        pytest.param(SENTENCE, None, "text/plain", ".txt", id="null type"),
        pytest.param(SENTENCE, "Whatever", "text/plain", ".txt", id="unknown type"),
        pytest.param(b"%PDF-1.7\n\xff", "Pdf", "application/pdf", ".pdf", id="PDF"),
        pytest.param(b"%PDF-1.7\n\xff", "Text", "application/pdf", ".pdf", id="PDF called text"),
        pytest.param(b"\r\njunk%PDF-1.7", "Pdf", "application/pdf", ".pdf", id="PDF after stray bytes"),
        pytest.param(b"see %PDF-1.7", "Text", "text/plain", ".txt", id="text about PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0", "ImagePNG", "image/png", ".png", id="PNG"),
        pytest.param(b"\xff\xd8\xff\xe0", "ImagePNG", "image/jpeg", ".jpg", id="JPEG called PNG"),
        pytest.param(b"GIF89a\1\0", None, "image/gif", ".gif", id="GIF"),
        pytest.param(b"II*\0\x08", None, "image/tiff", ".tif", id="TIFF"),
        pytest.param(b"RIFF\4\0\0\0WAVEfmt ", "WavFile", "audio/wav", ".wav", id="WAV"),
        pytest.param(b"RIFF and RAFF", "Text", "text/plain", ".txt", id="text that begins with RIFF"),
        pytest.param(b"\x1f\x8b\x08\0", None, "application/gzip", ".gz", id="gzip"),
        pytest.param(
            WORKBOOK,
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ".xlsx",
            id="workbook",
        ),
        pytest.param(_archive("a.txt"), "Excel", "application/zip", ".zip", id="archive called workbook"),
        pytest.param(_archive(), None, "application/zip", ".zip", id="empty archive"),
        pytest.param(b"PK is a brand", "Text", "text/plain", ".txt", id="text that begins with PK"),
        pytest.param(b"0,1\na,b\n", "Csv", "text/csv", ".csv", id="CSV"),
        pytest.param(b"0,1\r\na,b\r\n", None, "text/plain", ".txt", id="CSV without type"),
        pytest.param(b"[[1,2,3,4]]", "Other", "application/json", ".json", id="detected regions"),
        pytest.param(b'{"a":1}', "JSON", "application/json", ".json", id="JSON object"),
        pytest.param(b'{"a":', "Json", "application/json", ".json", id="broken JSON, announced"),
        pytest.param(b'{"vat":-1}', "Text", "application/json", ".json", id="invoice called text"),
        pytest.param(b"{'font': 'Arial'}", "Text", "text/plain", ".txt", id="font: not quite JSON"),
        pytest.param(b"[1]", "Text", "text/plain", ".txt", id="text that happens to be JSON"),
        pytest.param(b"{}", "Text", "text/plain", ".txt", id="braces"),
        pytest.param(b"[" * 200_000 + b"]", None, "text/plain", ".txt", id="nested too deeply"),
        pytest.param(b"<!DOCTYPE html><html>", "Hocr", "text/html", ".html", id="hOCR"),
        pytest.param(
            b"<?xml version='1.0'?>\n<!-- x --><html><div class='ocr_page'>",
            "Text",
            "text/html",
            ".html",
            id="hOCR called text",
        ),
        pytest.param(b"<html><body>source</body>", "Text", "text/plain", ".txt", id="picture of HTML source"),
        pytest.param(b"<html><body>x</body>", None, "text/html", ".html", id="HTML without type"),
        pytest.param(b"<svg xmlns='x'></svg>", "Other", "image/svg+xml", ".svg", id="SVG"),
        pytest.param(b"<!--" * 1000, "Other", "text/plain", ".txt", id="comments without end"),
        pytest.param(b"\0\1\2\3\xff\xfe", None, "application/octet-stream", ".bin", id="unknown bytes"),
        pytest.param(b"\0\1\2\3\xff\xfe", "Pdf", "application/octet-stream", ".bin", id="not a PDF at all"),
        pytest.param(b"quota reached", "Pdf", "text/plain", ".txt", id="text called PDF"),
    ],
)
def test_kinds_are_detected(data: bytes, announced: str | None, media_type: str, extension: str) -> None:
    """Bytes come first, then the look of the text, then the service's word for it."""
    part = _decoded(data, announced)

    assert (part.media_type, part.extension) == (media_type, extension)
    assert part.data == data
    assert part.type == announced
    assert part.sha256 == hashlib.sha256(data).hexdigest()
    assert (part.text is None) == (extension not in {".txt", ".csv", ".json", ".html", ".svg"})


@pytest.mark.parametrize(
    ("data", "text", "encoding", "remark"),
    [
        pytest.param(b"caf\xc3\xa9", "café", "utf-8", None, id="UTF-8"),
        pytest.param(b"\xef\xbb\xbfcaf\xc3\xa9", "café", "utf-8-sig", None, id="UTF-8 with mark"),
        pytest.param(b"\xef\xbb\xbfa\xff", "a\ufffd", "utf-8-sig", "not UTF-8, replaced", id="mark, broken"),
        pytest.param("añb".encode("utf-16"), "añb", "utf-16", None, id="UTF-16 with mark"),
        pytest.param(b"\xfe\xff\0a\0b", "ab", "utf-16", None, id="UTF-16 BE with mark"),
        pytest.param(b"\xff\xfea\0b", "a\ufffd", "utf-16", "not UTF-16, replaced", id="UTF-16, cut off"),
        pytest.param("ab".encode("utf-32"), "ab", "utf-32", None, id="UTF-32 with mark"),
        pytest.param(
            "Total: 5 €".encode("utf-16-le"), "Total: 5 €", "utf-16-le", "UTF-16-LE", id="UTF-16 LE"
        ),
        pytest.param(
            "Total: 5 €".encode("utf-16-be"), "Total: 5 €", "utf-16-be", "UTF-16-BE", id="UTF-16 BE"
        ),
        pytest.param(b"caf\xe9 \x80 5", "café € 5", "cp1252", "Windows-1252", id="Windows-1252"),
        pytest.param(
            "日本語".encode()[:-1], "日本\ufffd", "utf-8", "not UTF-8, replaced", id="UTF-8, cut off"
        ),
        pytest.param(b"\x81\x8d\xff", "\ufffd\ufffd\ufffd", "utf-8", "replaced", id="no encoding at all"),
        pytest.param(b"a\r\nb\rc\n", "a\r\nb\rc\n", "utf-8", None, id="line ends stay"),
        pytest.param(b"one\0two three", "one\ufffdtwo three", "utf-8", "unprintable", id="NUL"),
        pytest.param(b"\x1b[31mred", "\x1b[31mred", "utf-8", None, id="escape sequences stay"),
        pytest.param(b"", "", "utf-8", None, id="empty"),
    ],
)
def test_text_is_read(data: bytes, text: str, encoding: str, remark: str | None) -> None:
    """Text is read in the right encoding, as it came, and anything guessed or replaced is remarked."""
    part = _decoded(data)

    assert (part.text, part.encoding) == (text, encoding)
    assert part.data == data
    if remark is None:
        assert part.remarks == ()
    else:
        assert remark in " ".join(part.remarks)


@pytest.mark.parametrize(
    ("raw", "data", "text", "remarks"),
    [
        pytest.param(RawPart("Text", ""), b"", "", (), id="empty string is empty text"),
        pytest.param(RawPart("Text", None), b"", "", ("no data",), id="null data"),
        pytest.param(RawPart("Pdf", None), b"", "", ("no data",), id="null PDF"),
        pytest.param(
            RawPart("Text", "Hällo, world"),
            "Hällo, world".encode(),
            "Hällo, world",
            ("not Base64",),
            id="raw",
        ),
        pytest.param(
            RawPart("Text", "a!\ud800"),
            b"a!\xed\xa0\x80",
            "a!\ufffd",
            ("not Base64", "unprintable characters replaced"),
            id="lone surrogate",
        ),
        pytest.param(
            RawPart("Pdf", "see below!"),
            b"see below!",
            "see below!",
            ("not Base64", "announced as 'Pdf', but looks like text/plain"),
            id="raw text called PDF",
        ),
    ],
)
def test_nothing_is_dropped(raw: RawPart, data: bytes, text: str, remarks: tuple[str, ...]) -> None:
    """Missing and unreadable data gives a part as well, with a remark."""
    (part,) = decode_parts([raw], trial=False)

    assert (part.data, part.text, part.remarks) == (data, text, remarks)


NULL = RawPart(None, None)


@pytest.mark.parametrize(
    ("entries", "nulls_before"),
    [
        pytest.param([NULL], [], id="nothing else"),
        pytest.param([NULL, NULL], [], id="only empty ones"),
        pytest.param([NULL, RawPart("Text", "QQ==")], [1], id="before"),
        pytest.param([RawPart("Text", "QQ=="), NULL], [0], id="behind"),
        pytest.param(
            [RawPart("Text", "QQ=="), NULL, NULL, RawPart(None, "Qg=="), RawPart("Text", "Qw==")],
            [0, 2, 0],
            id="between",
        ),
        pytest.param(
            [NULL, RawPart("Text", None), NULL, RawPart(None, "")], [1, 1], id="beside missing data"
        ),
        pytest.param([NULL, RawPart(None, "[]", others=2)], [1], id="before many others"),
    ],
)
def test_null_entries_are_no_parts(entries: list[RawPart], nulls_before: list[int]) -> None:
    """With neither type nor data there is nothing to show; the others know their place."""
    assert [part.nulls_before for part in decode_parts(entries, trial=False)] == nulls_before


@pytest.mark.parametrize(
    ("data", "announced", "expected"),
    [
        pytest.param(b"%PDF-1.7", "Pdf", False, id="as announced"),
        pytest.param(b'{"vat":-1}', "Text", False, id="invoices are always called text"),
        pytest.param(b"%PDF-1.7", None, False, id="nothing announced"),
        pytest.param(b"%PDF-1.7", "Brand new", False, id="unknown word"),
        pytest.param(b"%PDF-1.7", "Text", True, id="PDF called text"),
        pytest.param(_archive("a"), "Excel", True, id="archive called workbook"),
        pytest.param(b"\0\1\2", "ImagePNG", True, id="noise called PNG"),
    ],
)
def test_a_wrong_type_is_remarked(data: bytes, announced: str | None, *, expected: bool) -> None:
    """A part that is not what it was announced as says so."""
    assert any("announced as" in remark for remark in _decoded(data, announced).remarks) is expected


def test_words_and_masks_are_counted_in_trial_text() -> None:
    """The real trial result: 123 words, 12 masked; for a regular task the same text has none."""
    data = (SAMPLES / "latin.trial.txt").read_bytes()

    trial, regular = _decoded(data, trial=True), _decoded(data)

    assert (trial.words, trial.masked_words) == (123, 12)
    assert (regular.words, regular.masked_words) == (123, 0)


def test_markup_is_not_counted() -> None:
    """Words are counted in plain text only."""
    assert _decoded(b"<html><div class='ocr_page'>to *** it", "Hocr", trial=True).words == 0


def test_order_and_number_of_parts_stay() -> None:
    """Each entry with anything in it gives exactly one part, in the order received, text and PDF either way round."""
    raw = [RawPart("Pdf", _encoded(b"%PDF-1")), RawPart("Text", None), RawPart("Text", _encoded(b"x"))]

    parts = decode_parts(raw, trial=False)

    assert [part.extension for part in parts] == [".pdf", ".txt", ".txt"]


def test_a_hostile_type_is_storable() -> None:
    """NUL and lone surrogates in the type would make the database refuse the whole result."""
    (part,) = decode_parts([RawPart("Te\0xt\ud800", _encoded(b"%PDF-1"))], trial=False)

    assert part.type == "Te\ufffdxt\ufffd"


HOSTILE = st.text() | st.binary().map(_encoded) | st.none()
HOSTILE_TYPES = (
    st.none() | st.text(max_size=20) | st.sampled_from(["Text", "Pdf", "Csv", "JSON", "Hocr", "Excel"])
)


@given(raw=st.lists(st.builds(RawPart, HOSTILE_TYPES, HOSTILE), max_size=4), trial=st.booleans())
def test_any_entries_give_storable_parts(raw: list[RawPart], *, trial: bool) -> None:
    """Every entry with anything in it gives a part whose texts can be stored and whose bytes are all there."""
    parts = decode_parts(raw, trial=trial)

    entries = [entry for entry in raw if entry != NULL]
    assert len(parts) == len(entries)
    for entry, part in zip(entries, parts, strict=True):
        stored = json.dumps([part.type, part.text, part.remarks], ensure_ascii=False)
        assert stored.encode()
        assert "\0" not in (part.text or "") + (part.type or "")
        assert entry.data is None or part.data or not entry.data.strip()
        assert 0 <= part.masked_words <= part.words
