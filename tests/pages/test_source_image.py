"""An image is added to a task: Streamlit does not go on holding what is kept elsewhere."""

import base64

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from tests.pages.conftest import ENTRY, Finish

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
    assert dashboard.desk.sources.facts(task_ref) is not None
