"""The image a task was made of: added, shown beside the text, removed."""

import html

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.sources import LARGEST, SourceFacts
from dashboard.ui import messages, routes
from dashboard.ui.components import IMAGE_VIEWER


def show(task_ref: int, facts: SourceFacts) -> None:
    """Draw the image with zoom and rotation."""
    IMAGE_VIEWER(
        data={"src": routes.api_href(f"tasks/{task_ref}/source"), "alt": f"Source image {facts.name}"},
        key="source_view",
    )


def control(app: Dashboard, task_ref: int, facts: SourceFacts | None) -> None:
    """Draw what an editor can do about the image."""
    if not app.actor.role.covers(Role.EDITOR):
        return
    title = "Source image" if facts else "Add the image to compare with"
    with st.popover(title, icon=":material/image:", key="source_control"):
        if facts:
            st.html(f'<span class="ocr-quiet">{html.escape(facts.name)}</span>')
            if st.button("Remove it", icon=":material/delete:", key="source_remove"):
                with messages.on_failure():
                    app.desk.sources.remove(task_ref)
                    st.rerun()
        else:
            st.caption("It is kept here with the result, and sent nowhere.")
        file = st.file_uploader(
            "PNG, JPEG or GIF",
            type=["png", "jpg", "jpeg", "gif"],
            key="source_upload",
            max_upload_size=LARGEST // 1_000_000,
        )
        if file is not None and st.button("Keep this image", type="primary", key="source_keep"):
            with messages.on_failure():
                app.desk.sources.add(task_ref, name=file.name, data=file.getvalue())
                _let_go(file)
                st.rerun()


def _let_go(file: UploadedFile) -> None:
    """Free what is kept elsewhere now; Streamlit would hold it, and count it, until the page is closed."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
