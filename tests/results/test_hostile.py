"""What hostile texts and files may cost: judged, counted and read within limits that have names."""

import base64
import contextlib
import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence

import openpyxl
import pytest
from PIL import Image

from dashboard.models import RawPart
from dashboard.models.limits import MOST_ASTERISKS, MOST_JUDGED, NOT_JUDGED, TOO_MANY_ASTERISKS
from dashboard.results.base64_data import decode_base64
from dashboard.results.decoding import decode_parts
from dashboard.results.exports import ResultFacts, TextStyle, as_markdown, as_text
from dashboard.results.files import combined_text
from dashboard.results.masks import find_asterisks, find_masks, flip, too_many_asterisks
from dashboard.results.offline_index import SHOWN_CHARACTERS, entry
from dashboard.results.pictures import MOST_FRAMES, pages_of, too_large
from dashboard.results.sheets import Unreadable, read_table
from dashboard.results.sniffing import CSV, WORKBOOK
from dashboard.results.table_cells import MOST_CHARACTERS
from dashboard.results.word_counts import count_words


def peak_of(work: Callable[[], object]) -> int:
    """Bytes of Python objects at the worst moment."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def part_of(text: str, count: int = 1) -> list[RawPart]:
    """Entries with this text."""
    return [RawPart("Text", base64.b64encode(text.encode()).decode())] * count


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("*\n" * 2_400_000, id="lines of one"),
        pytest.param("* " * 2_400_000, id="words of one"),
        pytest.param("a* " * (MOST_ASTERISKS + 1), id="one more than the most"),
        pytest.param("*a" * (MOST_ASTERISKS + 1), id="all in one word"),
        pytest.param("x" * MOST_JUDGED + " *", id="too long"),
    ],
)
def test_too_many_asterisks_are_not_judged(text: str) -> None:
    """None counts as masked, everything else is as ever, and the part says so."""
    assert too_many_asterisks(text)
    assert find_masks(text) == ()
    assert find_asterisks(text) == ()
    (part,) = decode_parts(part_of(text), trial=True)
    assert part.text == text
    assert (part.masked_words, part.words) == (0, len(text.split()))
    assert TOO_MANY_ASTERISKS in part.remarks
    with pytest.raises(ValueError, match="too many"):
        flip(text, frozenset(), 0)
    assert "too many asterisks to judge" in NOT_JUDGED


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("to *** it by " * MOST_ASTERISKS, id="as many as are judged"),
        pytest.param("word " * 900_000 + "***", id="one long line"),
        pytest.param("\n" * 4_000_000 + "to *** it", id="many lines"),
    ],
)
def test_up_to_the_limit_everything_is_judged(text: str) -> None:
    """With memory for the asterisks, not for the words around them."""
    assert not too_many_asterisks(text)
    found: list[Sequence[object]] = []
    assert peak_of(lambda: found.append(find_masks(text + " "))) < 3 * len(text) + 60_000_000
    assert found[0]


def test_a_regular_text_is_no_matter_of_asterisks() -> None:
    """However many there are."""
    (part,) = decode_parts(part_of("* " * 200_000), trial=False)
    assert (part.remarks, part.words, part.masked_words) == ((), 200_000, 0)


def test_the_limit_is_one_for_the_whole_answer() -> None:
    """Ten parts are not judged ten times as long as one."""
    text = "to *** it by " * (MOST_ASTERISKS // 4)
    parts = decode_parts(part_of(text, 8), trial=True)
    judged = [part for part in parts if TOO_MANY_ASTERISKS not in part.remarks]
    assert 4 <= len(judged) <= 5
    assert {part.masked_words for part in judged} == {MOST_ASTERISKS // 4}
    assert all(part.text == text for part in parts)


def test_words_are_counted_without_taking_them_apart() -> None:
    """Twenty million words would be gigabytes; and pieces make no difference."""
    text = "a " * 5_000_000
    assert peak_of(lambda: count_words(text)) < 10_000_000
    assert count_words(text) == 5_000_000
    rng = random.Random(7)  # noqa: S311 - no cryptography
    for _ in range(200):
        text = "".join(rng.choice(["a", "é", " ", "\u2028", "word ", "x" * 100]) for _ in range(9_000))
        assert count_words(text) == len(text.split())
        assert count_words(text, 5, 700) == len(text[5:700].split())


@pytest.mark.parametrize("text", ["ab " * 2_000_000, "x\n" * 3_000_000, "\u00e9 " * 1_000_000])
def test_text_that_is_no_base64_is_not_taken_apart_either(text: str) -> None:
    """Millions of short words in the alphabet of Base64."""
    assert peak_of(lambda: decode_base64(text)) < 6 * len(text)
    assert decode_base64(text) is None


def test_white_space_of_any_kind_may_wrap_base64() -> None:
    """As before: no-break spaces and indentation included."""
    data = bytes(range(256)) * 2
    encoded = base64.b64encode(data).decode()
    lines = [encoded[start : start + 76] for start in range(0, len(encoded), 76)]
    for between in ("\r\n", "\u00a0", "\n        ", "\u2028\u3000"):
        assert decode_base64(between.join(lines)) == data
    assert decode_base64("é" + encoded) is None


def test_a_beginning_is_enough_where_it_is() -> None:
    """Whole parts or pieces, never more than was asked for by much."""
    parts = [("text/plain", "a" * 10), ("text/plain", "b" * 10), ("text/plain", "c" * 10)]
    assert combined_text(parts, most=15) == "a" * 10 + "\n\n" + "b" * 3
    assert combined_text(parts, most=1_000) == combined_text(parts)


def test_exports_take_no_line_apart() -> None:
    """Windows line ends and Markdown of a text of hundreds of thousands of lines."""
    text = "*\n" * 200_000
    assert peak_of(lambda: as_text(text, (), TextStyle(crlf=True))) < 8 * len(text)
    about = ResultFacts(title="t", facts={})
    assert peak_of(lambda: as_markdown(text, (), about)) < 12 * len(text) + 20_000_000
    assert as_text("a\r\nb\rc\n", (), TextStyle(crlf=True)) == b"a\r\nb\r\nc\r\n"


def test_the_offline_page_holds_beginnings() -> None:
    """A page of hundreds of megabytes opens nowhere."""
    made = entry("t", [], "<" * (SHOWN_CHARACTERS + 1), ())
    assert made.count(b"&lt;") == SHOWN_CHARACTERS
    assert b"This is the beginning" in made
    assert b"beginning" not in entry("t", [], "<" * SHOWN_CHARACTERS, ())


def test_one_long_text_in_every_cell_is_cut() -> None:
    """A small workbook was gigabytes of table."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(500):
        sheet.append(["x" * 1_000] * 50)
    file = io.BytesIO()
    book.save(file)
    for data, kind in ((file.getvalue(), WORKBOOK), (b",".join([b"x" * 1_000] * 50) + b"\n", CSV)):
        sheets = read_table(data * (1 if kind is WORKBOOK else 500), kind.media_type)
        assert sum(len(cell) for one in sheets for row in one.rows for cell in row) <= MOST_CHARACTERS
        assert sheets[0].cut


def test_a_workbook_of_strings_costs_us_nothing() -> None:
    """It unpacks to just less than the limit, and would fill the memory of whoever reads it."""
    book = openpyxl.Workbook()
    book.active["A1"] = "text"  # type: ignore[index]  # a new workbook has a sheet
    plain = io.BytesIO()
    book.save(plain)
    file = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            filled = b"<sst>" + b"<si><t/></si>" * 3_600_000 + b"</sst>"
            new.writestr(name, filled if name == "xl/sharedStrings.xml" else old.read(name))

    def read() -> None:
        with contextlib.suppress(Unreadable):
            read_table(file.getvalue(), WORKBOOK.media_type)

    assert peak_of(read) < 60_000_000


def picture(kind: str, size: tuple[int, int], frames: int = 1) -> bytes:
    """A picture as its library writes it."""
    file = io.BytesIO()
    first, *others = (Image.new("L", size, number % 256) for number in range(frames))
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(file, kind, **more)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_pictures_of_usual_size_are_taken(kind: str) -> None:
    """And what is none is left to whoever looks at it."""
    assert too_large(picture(kind, (2_500, 3_500))) == ""
    for length in (3, 12, 20, 40):
        assert too_large(picture(kind, (2_500, 3_500))[:length]) == ""


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_pictures_that_unpack_to_gigapixels_are_told(kind: str) -> None:
    """By their headers, so that nothing is unpacked for it."""
    data = bytearray(picture(kind, (300, 200)))
    if kind == "PNG":
        data[16:24] = (60_000).to_bytes(4, "big") * 2
    elif kind == "GIF":
        data[6:10] = (60_000).to_bytes(2, "little") * 2
    elif kind == "BMP":
        data[18:26] = (60_000).to_bytes(4, "little") + (-60_000).to_bytes(4, "little", signed=True)
    elif kind == "WEBP":
        data[26:30] = (16_000).to_bytes(2, "little") * 2
    elif kind == "TIFF":
        for tag in (256, 257):
            place = data.index(tag.to_bytes(2, "little") + b"\4\0\1\0\0\0") + 8
            data[place : place + 4] = (60_000).to_bytes(4, "little")
    else:
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = (60_000).to_bytes(2, "big") * 2
    assert "million pixels" in too_large(bytes(data))


def test_frames_are_counted() -> None:
    """A small file may be an hour of moving picture."""
    assert too_large(picture("GIF", (9, 9), MOST_FRAMES)) == ""
    assert "frames" in too_large(picture("GIF", (9, 9), MOST_FRAMES + 1))
    assert too_large(picture("WEBP", (9, 9), 20)) == ""
    frame = b"ANMF" + (1).to_bytes(4, "little") + b"x\0"
    assert "frames" in too_large(b"RIFF\0\0\0\0WEBP" + frame * (MOST_FRAMES + 1))


def test_pages_are_counted() -> None:
    """Those of a TIFF, also where its directories lead in a circle, out of the file, or claim too much."""
    assert pages_of(picture("TIFF", (9, 9), 7)) == 7
    assert pages_of(picture("PNG", (9, 9))) == 1
    assert "pages" in too_large(picture("TIFF", (9, 9), MOST_FRAMES + 1))
    circle = b"II*\0\x08\0\0\0\1\0" + b"\0\1\3\0\1\0\0\0\1\0\0\0" + b"\x08\0\0\0"
    assert pages_of(circle) == 1
    assert pages_of(b"II*\0\x08\0\0\0\xff\xff" + bytes(40)) == 1
    assert pages_of(b"MM\0*\xff\xff\xff\xff") == 1
    assert too_large(b"II*\0\x08\0\0\0\xff\xff" + bytes(40)) == ""
