"""An image is added to a task: Streamlit does not go on holding what is kept elsewhere."""

import base64
import io

import pytest
from PIL import Image
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from tests.pages.conftest import ENTRY, Finish
from tests.pages.test_many_parts import html_of

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "0500017a5eab3f0000000049454e44ae426082"
)


def test_what_is_kept_is_let_go(
    dashboard: Dashboard, finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a few images, one after the other, would be too many for their page."""
    task_ref = finish(RawPart("TXT", base64.b64encode(b"text").decode()))
    let_go: list[str] = []
    remove = MemoryUploadedFileManager.remove_file

    def removing(self: MemoryUploadedFileManager, session_id: str, file_id: str) -> None:
        let_go.append(self.get_files(session_id, [file_id])[0].name)
        remove(self, session_id, file_id)

    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", removing)
    page = AppTest.from_file(str(ENTRY), default_timeout=60)
    page.query_params["id"] = str(task_ref)
    page.switch_page(str(ENTRY.parents[1] / "pages" / "task.py")).run()
    page.file_uploader(key="source_upload").set_value(("scan.png", PIXEL, "image/png")).run()
    assert not let_go
    page.button(key="source_keep").click().run()
    assert not page.exception
    assert let_go == ["scan.png"]
    assert dashboard.team.tasks.detail(task_ref).source is not None


def encoded(kind: str, text: str) -> RawPart:
    """A part as the service sends it."""
    return RawPart(kind, base64.b64encode(text.encode()).decode())


def tiff(pages: int) -> bytes:
    """A scan of so many pages."""
    file = io.BytesIO()
    first, *others = [Image.new("1", (40, 30)) for _ in range(pages)]
    first.save(file, "TIFF", save_all=True, append_images=others)
    return file.getvalue()


def opened(task_ref: int, page_number: int | None = None, **state: int) -> AppTest:
    """The task's page, at a page of what it shows in pages."""
    page = AppTest.from_file(str(ENTRY), default_timeout=60)
    page.query_params["id"] = str(task_ref)
    if page_number is not None:
        page.query_params["page"] = str(page_number)
    for name, value in state.items():
        page.session_state[name] = value
    page.switch_page(str(ENTRY.parents[1] / "pages" / "task.py")).run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("pages", "chosen", "shown"),
    [(1, 1, "source/pages/1"), (3, 1, "source/pages/1"), (3, 3, "source/pages/3"), (3, 9, "source/pages/3")],
)
def test_pages_of_a_scan(dashboard: Dashboard, finish: Finish, pages: int, chosen: int, shown: str) -> None:
    """One at a time, with a way to the others where there are some."""
    task_ref = finish(encoded("Text", "to be read"))
    dashboard.team.sources.add(task_ref, name="scan.tif", data=tiff(pages))
    page = opened(task_ref, source_view_page=chosen)
    drawn = [str(element.proto) for element in page.get("bidi_component")]
    assert any(shown in one for one in drawn)
    assert len(page.get("pagination")) == (pages > 1)


@pytest.mark.parametrize(
    ("pages", "second"),
    [(2, "source/pages/2"), (1, ""), (3, "")],
)
def test_pages_under_the_words(dashboard: Dashboard, finish: Finish, pages: int, second: str) -> None:
    """Where there are as many of both, each belongs to its own; otherwise the first does, and no other."""
    word = "<span class='ocrx_word' title='bbox 1 1 9 9'>a</span>"
    task_ref = finish(encoded("Hocr", f"<html><div class='ocr_page' title='bbox 0 0 20 10'>{word}</div>" * 2))
    dashboard.team.sources.add(task_ref, name="scan.tif", data=tiff(pages))
    first = html_of(opened(task_ref))
    assert "source/pages/1" in first
    then = html_of(opened(task_ref, 2))
    assert ('class="ocr-page" data-over' in then, second in then) == (bool(second), True)
