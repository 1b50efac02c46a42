"""Pages of a PDF as pictures, drawn by a process of its own."""

from pathlib import Path

import pytest

from dashboard.results import pdf_pages, pdf_worker
from dashboard.results.pdf_pages import WIDTH, draw_page
from dashboard.results.sheets import Unreadable
from dashboard.results.workers import Workers
from dashboard.sandbox.documents import pdf

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
SCRIPTED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\);"
    b"this.submitForm\\('http://127.0.0.1:9/'\\);)>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test knows what failed in another one."""
    monkeypatch.setattr(pdf_pages, "WORKERS", Workers())


def test_pages() -> None:
    """Each is a PNG of the usual width."""
    data = pdf("\n".join(f"line {number}" for number in range(200)))
    first = draw_page(data, 0)
    assert first.pages > 1
    last = draw_page(data, first.pages - 1)
    for page in (first, last):
        assert page.png.startswith(PNG_HEAD)
        assert abs(int.from_bytes(page.png[16:20], "big") - WIDTH) <= 2
    assert first.png != last.png


def test_scripts_do_not_run() -> None:
    """A page with an action that opens by itself is only a picture."""
    assert draw_page(SCRIPTED, 0).png.startswith(PNG_HEAD)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        pytest.param(b"%PDF-1.7", 0, id="nothing in it"),
        pytest.param(b"no PDF", 0, id="no PDF"),
        pytest.param(SCRIPTED, 7, id="no such page"),
        pytest.param(SCRIPTED.replace(b"[0 0 200 100]", b"[0 0 1e30 1e-30]"), 5, id="absurd size"),
    ],
)
def test_what_cannot_be_drawn(data: bytes, number: int) -> None:
    """Says so in a sentence."""
    with pytest.raises(Unreadable, match="Download it"):
        draw_page(data, number)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not even tried."""
    monkeypatch.setattr(pdf_pages, "LARGEST", 10)
    with pytest.raises(Unreadable, match="larger than"):
        draw_page(SCRIPTED, 0)


def test_a_drawing_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Is given up; the process ends."""
    endless = tmp_path / "endless.py"
    endless.write_text("while True: pass")
    monkeypatch.setattr(pdf_worker, "__file__", str(endless))
    monkeypatch.setattr(pdf_pages, "_SECONDS", 0.5)
    with pytest.raises(Unreadable, match="too long"):
        draw_page(SCRIPTED, 0)
