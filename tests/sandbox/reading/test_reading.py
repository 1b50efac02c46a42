"""What the real reader makes of real pictures, in its own process."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from dashboard.sandbox.reading.process import NotRead, ReaderProcess
from dashboard.sandbox.samples import invoice

Change = Callable[[Image.Image], Image.Image]


@pytest.mark.parametrize(
    ("name", "change", "most"),
    [
        pytest.param("page.png", lambda it: it, 0.02, id="as it is"),
        pytest.param(
            "page.jpg", lambda it: it.resize((it.width // 2, it.height // 2)), 0.02, id="half size, JPEG"
        ),
        pytest.param("page.png", lambda it: it.transpose(Image.Transpose.ROTATE_90), 0.05, id="turned left"),
        pytest.param(
            "page.png", lambda it: it.transpose(Image.Transpose.ROTATE_270), 0.05, id="turned right"
        ),
        pytest.param("page.png", lambda it: it.transpose(Image.Transpose.ROTATE_180), 0.05, id="upside down"),
        pytest.param(
            "page.png",
            lambda it: it.rotate(6, Image.Resampling.BICUBIC, expand=True, fillcolor="white"),
            0.05,
            id="slanted",
        ),
        pytest.param("page.pdf", lambda it: it, 0.05, id="page of a PDF"),
    ],
)
def test_the_sample_is_read_however_it_comes(
    name: str,
    change: Change,
    most: float,
    reader: ReaderProcess,
    page: Image.Image,
    word_errors: Callable[[str], float],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another file than the one that comes with its true text, so nothing but reading helps."""
    path = tmp_path / name
    change(page).save(path)  # JPEG with the usual 75 percent

    reading = reader.read(path)

    rate = word_errors(reading.text)
    with capsys.disabled():
        print(f"\nword error rate of {name}: {rate:.1%}")  # noqa: T201 - the figure is the point
    assert rate <= most
    assert all(0 < word.confidence <= 1 for row in reading.rows() for piece in row for word in piece.words)
    first = reading.pages[0]
    assert all(
        piece.box[2] <= first.width and piece.box[3] <= first.height for row in first.rows for piece in row
    )


def test_an_invoice_is_read_row_by_row(reader: ReaderProcess, tmp_path: Path) -> None:
    """Cells of one row stand in one line, also where there are no rules."""
    path = tmp_path / "invoice.jpg"
    path.write_bytes(invoice().image)
    text = reader.read(path).text
    assert "Unit Quantity Unit Type Price Amount" in text
    assert "500 EACH 29.50 14750.00" in text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Příliš žluťoučký kůň úpěl ďábelské ódy.", id="Czech"),
        pytest.param("Muzicologă în bej vând whisky și tequila", id="Romanian"),
        pytest.param("Zażółć gęślą jaźń", id="Polish"),
    ],
)
def test_marks_above_letters_turn_no_page(text: str, reader: ReaderProcess, tmp_path: Path) -> None:
    """The model takes a single line with many of them for one that stands on its head; reading tells."""
    try:
        font = ImageFont.truetype("DejaVuSans.ttf", 34)
    except OSError:
        pytest.skip("there is no font with these letters")
    path = tmp_path / "line.png"
    picture = Image.new("RGB", (1500, 140), "white")
    ImageDraw.Draw(picture).text((30, 40), text, font=font, fill="black")
    picture.save(path)
    assert difflib.SequenceMatcher(None, text, reader.read(path).text).ratio() > 0.9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged", id="damaged picture"),
        pytest.param(b"%PDF-1.7\nnothing more", "damaged", id="damaged PDF"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(
    content: bytes, said: str, reader: ReaderProcess, tmp_path: Path
) -> None:
    """The process is still there for the next one."""
    path = tmp_path / "page"
    path.write_bytes(content)
    with pytest.raises(NotRead, match=said):
        reader.read(path)
    assert reader.is_running


def test_a_bomb_fails_alone(reader: ReaderProcess, page: Image.Image, tmp_path: Path) -> None:
    """A picture of 400 million pixels in a small file is not unpacked; the next picture is read."""
    bomb, good = tmp_path / "bomb.png", tmp_path / "good.png"
    Image.new("1", (20_000, 20_000)).save(bomb)
    page.crop((0, 0, page.width, page.height // 4)).save(good)
    with pytest.raises(NotRead, match="too large to be read here"):
        reader.read(bomb)
    assert reader.read(good).text.startswith("Lorem ipsum")


def test_an_empty_page_is_empty(reader: ReaderProcess, tmp_path: Path) -> None:
    """No text is an answer, no failure."""
    path = tmp_path / "white.png"
    Image.new("RGB", (600, 800), "white").save(path)
    assert reader.read(path).text == ""


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_is_taken(
    mode: str, reader: ReaderProcess, page: Image.Image, tmp_path: Path
) -> None:
    """Scanners write all of these; a few lines are enough to tell."""
    page = page.crop((0, 0, page.width, page.height // 4))
    path = tmp_path / ("page.tif" if mode in {"CMYK", "I;16"} else "page.png")
    if mode == "I;16":
        page.convert("L").convert("I").point(lambda value: value * 256).convert("I;16").save(path)
    else:
        page.convert(mode).save(path)
    assert "Lorem ipsum dolor" in reader.read(path).text


def test_pages_of_a_tiff_are_read_up_to_ten(reader: ReaderProcess, tmp_path: Path) -> None:
    """More than that is said."""
    path = tmp_path / "pages.tif"
    pages = [Image.new("L", (60, 60), "white") for _ in range(12)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    reading = reader.read(path)
    assert len(reading.pages) == 10
    assert reading.notices == ("The reader on this machine read the first 10 of 12 pages.",)
