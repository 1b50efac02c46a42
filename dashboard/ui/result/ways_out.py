"""Ways to take a result away: copied, and downloaded in every format and every file there is of it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Part
from dashboard.services.results.export_formats import ONE_MENU
from dashboard.services.results.result_reading import part_name
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import routes
from dashboard.ui.components import COPY_TEXT
from dashboard.ui.result import correction_view, part_view


def show(app: Dashboard, detail: TaskDetail, files: Sequence[Part]) -> None:
    """Draw them, of a task with a result, for the version of the text that is looked at.

    Args:
        app: the dashboard as seen by somebody.
        detail: of the task.
        files: the parts that are offered now.
    """
    corrected = correction_view.chosen(detail) is correction_view.Shown.CORRECTED
    if detail.text is not None:
        with st.container(width="content"):
            COPY_TEXT(data={"selector": "pre.ocr-text", "label": "Copy text"}, key="result_view_copy")
    with st.popover("Download", icon=":material/download:", width="content", key="result_download"):
        if detail.text is not None:
            _texts(app, detail, corrected=corrected)
        _files(app, detail, files)


def _texts(app: Dashboard, detail: TaskDetail, *, corrected: bool) -> None:
    task_ref = detail.task.id or 0
    st.download_button(
        "Text (.txt)",
        data=lambda: app.team.result_export.one(task_ref, corrected=corrected).data,
        file_name=(detail.corrected() if corrected else detail).file_name(".txt"),
        mime="text/plain",
        on_click="ignore",
        type="primary",
        width="stretch",
        key="result_view_text",
    )
    version = {"corrected": "true"} if corrected else {}
    for choice in ONE_MENU:
        if detail.task.trial or not choice.only_trial:
            href = routes.api_href(f"tasks/{task_ref}/export", **choice.query, **version)
            st.link_button(choice.label, href, help=choice.explained, width="stretch")


def _files(app: Dashboard, detail: TaskDetail, files: Sequence[Part]) -> None:
    entries = max(detail.part_count, detail.shown[-1].position + 1)  # empty ones among them are no parts
    st.caption("Files, exactly as the service sent them")
    for part in files:
        st.download_button(
            f"{part_view.file_name_of(part)} · {part_view.size_of(part.size)}",
            data=partial(_data, app, part),
            file_name=part_name(detail.task, part),
            mime=part.media_type,
            on_click="ignore",
            icon=":material/attach_file:",
            help=f"Part {part.position + 1:,} of {entries:,}, exactly as the service sent it.",
            width="stretch",
            key=f"result_view_part_{part.position}",
        )


def _data(app: Dashboard, part: Part) -> bytes:
    return app.team.result_export.part(part.task_ref, part.position).data
