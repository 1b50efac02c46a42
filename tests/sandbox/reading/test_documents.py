"""What was read as hOCR and PDF."""

import base64
import io
import xml.etree.ElementTree as ET

import pypdfium2
import pytest
from PIL import Image

from dashboard.sandbox.reading.documents import blocks, hocr, pdf
from dashboard.sandbox.reading.pages import Page, Piece, Reading, Word


def picture(width: int, height: int) -> str:
    """A grey page as JPEG in Base64."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#888888").save(file, "JPEG")
    return base64.b64encode(file.getvalue()).decode()


def reading(*texts: str, kept: bool = True) -> Reading:
    """A page for each text, its words at 100, 50 and on."""
    pages = []
    for text in texts:
        words = tuple(
            Word(word, (100 + 150 * n, 50, 240 + 150 * n, 80), 0.987) for n, word in enumerate(text.split())
        )
        pages.append(Page(1000, 600, ((Piece(words),),) if words else (), picture(400, 300) if kept else ""))
    return Reading(pages=tuple(pages))


@pytest.mark.parametrize("kept", [True, False])
def test_a_pdf_has_the_page_and_its_text_where_it_stands(*, kept: bool) -> None:
    """Every letter there is, and nothing to be seen of it."""
    document = pypdfium2.PdfDocument(pdf(reading("Größe <b> (x) 漢字 Łódź", "second page", kept=kept)))
    assert len(document) == 2
    page = document[0]
    text = page.get_textpage()
    assert text.get_text_bounded().split() == ["Größe", "<b>", "(x)", "漢字", "Łódź"]
    scale = page.get_width() / 1000
    left, bottom, _, top = text.get_charbox(0, loose=True)
    assert left == pytest.approx(100 * scale, abs=2)
    assert (600 - 80) * scale - 8 < bottom < top < (600 - 50) * scale + 8
    darkest, lightest = page.render(scale=0.5).to_pil().convert("L").getextrema()
    assert float(lightest) - float(darkest) < 10
    assert (darkest < 200) is kept


def test_an_empty_page_is_a_page() -> None:
    """Without text."""
    assert len(pypdfium2.PdfDocument(pdf(reading("")))) == 1


def test_hocr_has_places_and_confidence() -> None:
    """As programs look for them; what stands on the page is escaped."""
    page = ET.fromstring(hocr(reading("a <b>", "c")))  # noqa: S314 - our own
    places = {it.get("class"): it.get("title") for it in page.iter() if it.get("class")}
    assert places["ocrx_word"] == "bbox 100 50 240 80; x_wconf 99"
    assert places["ocr_page"] == "bbox 0 0 1000 600; ppageno 1"
    words = [it.text for it in page.iter() if it.get("class") == "ocrx_word"]
    assert words == ["a", "<b>", "c"]


def test_blocks_have_corners() -> None:
    """Four for each piece."""
    assert blocks(reading("a b")) == (
        '[{"text": "a b", "coordinates": [[100, 50], [390, 50], [390, 80], [100, 80]]}]'
    )
