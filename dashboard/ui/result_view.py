"""The result of a task: text with masked words marked, the other parts as files."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Part
from dashboard.results.highlighting import highlight
from dashboard.results.masks import find_masks
from dashboard.services.task_detail import TaskDetail
from dashboard.ui import comparison_view, gap_workbench, messages, result_formats
from dashboard.ui.components import COPY_TEXT

SHOWN_CHARACTERS = 200_000
"""Longer texts are shown up to here; copying and downloading give all of it or say so."""


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the result; nothing while there is none."""
    if not detail.parts:
        return
    task_ref = detail.task.id or 0
    if detail.text is not None:
        _text(app, detail, detail.text, task_ref)
    if detail.task.trial and detail.masks.masks:
        comparison_view.show(app, task_ref)
    _files(app, detail.parts, task_ref)


def _text(app: Dashboard, detail: TaskDetail, text: str, task_ref: int) -> None:
    st.subheader("Text", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download .txt",
            data=partial(_text_data, app, task_ref),
            file_name=app.tasks.text(task_ref).name,
            mime="text/plain",
            on_click="ignore",
            icon=":material/download:",
            key="result_view_text",
        )
        result_formats.show(task_ref, trial=detail.task.trial)
        with st.container(width=190):
            COPY_TEXT(data={"selector": "pre.ocr-text", "label": "Copy text"}, key="result_view_copy")
        st.markdown(_statistics(detail))
    shown = text[:SHOWN_CHARACTERS]
    masks = find_masks(text) if detail.task.trial else ()
    gap_workbench.show(text, masks, selector="pre.ocr-text mark.masked")
    masks = tuple(mask for mask in masks if mask.end <= len(shown))
    st.html(
        f'<pre class="ocr-text" dir="auto" tabindex="0" aria-label="Recognised text">{highlight(shown, masks)}</pre>'
    )
    if len(text) > len(shown):
        messages.callout(
            f"Shown are the first {len(shown):,} of {len(text):,} characters. Download the text to read all of it.",
            tone="quiet",
        )


def _statistics(detail: TaskDetail) -> str:
    masks = detail.masks
    words = f"{masks.words:,} word{'s' if masks.words != 1 else ''}"
    if not detail.task.trial:
        return words
    if not masks.masks:
        return f"{words}, none masked"
    return (
        f"{words}, **{masks.masks:,} masked** ({masks.share:.1%}). Evaluation mode hides one word in ten; "
        "sending the same image again hides the same words."
    )


def _files(app: Dashboard, parts: Sequence[Part], task_ref: int) -> None:
    st.subheader("Files", anchor=False)
    with st.container(horizontal=True):
        for part in parts:
            position = part.position
            st.download_button(
                f"{part.extension.lstrip('.').upper() or 'File'} · {_size(part.size)}",
                data=partial(_part_data, app, task_ref, position),
                file_name=app.tasks.part_name(task_ref, position, part.extension),
                mime=part.media_type,
                on_click="ignore",
                icon=":material/attach_file:",
                help=f"Part {position + 1} of {len(parts)}, exactly as the service sent it.",
                key=f"result_view_part_{position}",
            )
    for part in parts:
        if part.remarks:
            messages.callout(f"Part {part.position + 1}:", *part.remarks, tone="quiet")


def _text_data(app: Dashboard, task_ref: int) -> bytes:
    app.tasks.note_download(task_ref)
    return app.tasks.text(task_ref).data


def _part_data(app: Dashboard, task_ref: int, position: int) -> bytes:
    app.tasks.note_download(task_ref)
    return app.tasks.part(task_ref, position).data


def _size(size: int) -> str:
    if size < 1000:  # noqa: PLR2004 - decimal kilobytes, as browsers show
        return f"{size} B"
    return f"{size / 1000:,.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"  # noqa: PLR2004 - the same
