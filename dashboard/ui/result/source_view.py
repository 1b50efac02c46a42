"""The image a task was made of: added, shown beside the text, removed."""

import html
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.results.sources import LARGEST, SourceFacts
from dashboard.ui import confirming, messages, routes
from dashboard.ui.components import IMAGE_VIEWER

_TAKEN = ["png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "webp", "heic", "heif", "avif"]
"""The last three so that we can say what to do with them; the uploader would only refuse them."""


Words = Callable[[int], Sequence[Sequence[int | None]]]
"""Words of a text with their places on a page (from 1), as :mod:`dashboard.results.word_places` gives them."""


def show(app: Dashboard, task_ref: int, facts: SourceFacts, *, words: Words = lambda _: ()) -> None:
    """Draw the image with zoom and rotation, one page at a time; ``words`` of the text beside it show their places."""
    if not facts.is_shown:
        messages.callout(
            f"No picture is drawn of {facts.name} here.", "Download it to look at it.", tone="quiet"
        )
        st.link_button("Download it", routes.api_href(f"tasks/{task_ref}/source"), icon=":material/download:")
        return
    pages = addresses(app, task_ref, facts)
    number = min(max(1, int(st.session_state.get("source_view_page", 1))), len(pages))
    of = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
    shown = {"src": pages[number - 1], "alt": f"Source image {facts.name}{of}"}
    IMAGE_VIEWER(
        data={**shown, "words": words(number), "selector": "pre.ocr-text"},
        key="source_view",
    )
    if len(pages) > 1:
        st.pagination(len(pages), key="source_view_page")


def addresses(app: Dashboard, task_ref: int, facts: SourceFacts) -> list[str]:
    """Where the picture of each page is."""
    if not facts.may_have_pages:
        return [routes.api_href(f"tasks/{task_ref}/source")]
    count = _page_count(facts.sha256, partial(app.team.sources.pages, task_ref))
    return [routes.api_href(f"tasks/{task_ref}/source/pages/{number}") for number in range(1, count + 1)]


@st.cache_data(max_entries=256, show_spinner=False)
def _page_count(sha256: str, _count: Callable[[], int]) -> int:  # noqa: ARG001 - the key of the cache
    return _count()


def control(app: Dashboard, task_ref: int, facts: SourceFacts | None) -> None:
    """Draw what an editor can do about the image."""
    if not app.team.actor.role.covers(Role.EDITOR):
        return
    title = "Source image" if facts else "Add the image to compare with"
    with st.popover(title, icon=":material/image:", key="source_control"):
        if facts:
            st.html(f'<span class="ocr-quiet">{html.escape(facts.name)}</span>')
            if st.button("Remove it", icon=":material/delete:", key="source_remove"):
                _remove(app, task_ref, facts)
        else:
            st.caption(
                "It is kept here with the result. It goes to the service only if somebody of the team then presses "
                "“Read it without masks”."
            )
        file = st.file_uploader(
            "PNG, JPEG, GIF, TIFF, BMP or WebP",
            type=_TAKEN,
            key="source_upload",
            max_upload_size=LARGEST // 1_000_000,
        )
        if file is not None and st.button("Keep this image", type="primary", key="source_keep"):
            with messages.on_failure():
                app.team.sources.add(task_ref, name=file.name, data=file.getvalue())
                _let_go(file)
                st.rerun()


@st.dialog("Remove the source image", icon=":material/delete:")
def _remove(app: Dashboard, task_ref: int, facts: SourceFacts) -> None:
    st.write(
        f"Remove “{messages.plain(facts.name)}” from here? The result stays; the image can be added again."
    )
    if confirming.confirmed("Remove it", key="source_view_remove_yes", destroys=True):
        with messages.on_failure():
            app.team.sources.remove(task_ref)
            st.rerun()


def _let_go(file: UploadedFile) -> None:
    """Free what is kept elsewhere now; Streamlit would hold it, and count it, until the page is closed."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
