"""The result of a task: its text, and each of its files as what it is, one at a time in tabs."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Part
from dashboard.results.sniffing import PLAIN
from dashboard.services.task_detail import TaskDetail
from dashboard.ui import messages, part_view, source_view, text_view


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the result; nothing while there is none."""
    if not detail.parts:
        return
    task_ref = detail.task.id or 0
    source = app.desk.sources.facts(task_ref)
    parts = _shown_apart(detail)
    names = [_title(part, detail.parts) for part in parts]
    if detail.text is not None:
        names.insert(0, f"Text · {_words(detail.masks.words)}")
    names = _distinct(names)
    tabs = st.tabs(names, key=f"result_tabs_{task_ref}", on_change="rerun")
    left = list(tabs)
    if detail.text is not None:
        with left.pop(0):
            if tabs[0].open:
                _beside(app, detail, detail.text, has_source=source is not None)
    for tab, part in zip(left, parts, strict=True):
        if tab.open:
            with tab:
                part_view.show(app, detail, part)
    source_view.control(app, task_ref, source)
    _files(app, detail.parts, task_ref)


def _beside(app: Dashboard, detail: TaskDetail, text: str, *, has_source: bool) -> None:
    """The text, with the image it was read from at its side when we hold it."""
    if not has_source:
        text_view.show(app, detail, text)
        return
    facts = app.desk.sources.facts(detail.task.id or 0)
    left, right = st.columns(2)
    with left:
        text_view.show(app, detail, text)
    with right:
        if facts is not None:
            source_view.show(detail.task.id or 0, facts)


def _shown_apart(detail: TaskDetail) -> list[Part]:
    """The parts with a tab of their own: all but a plain text that is the whole text."""
    plain = [part for part in detail.parts if part.media_type == PLAIN.media_type and part.text]
    return [part for part in detail.parts if len(plain) != 1 or part is not plain[0]]


def _title(part: Part, parts: Sequence[Part]) -> str:
    same = [one for one in parts if one.media_type == part.media_type]
    name = part_view.name_of(part)
    if len(same) > 1:
        # Several plain texts are what RecognizeRegions answers with, one for each region.
        what = "Region" if part.media_type == PLAIN.media_type else name
        name = f"{what} {same.index(part) + 1}"
    return f"{name} · {_words(part.words)}" if part.words else name


def _distinct(names: list[str]) -> list[str]:
    """Tabs are told apart by their names."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]


def _words(count: int) -> str:
    return "1 word" if count == 1 else f"{count:,} words"


def _files(app: Dashboard, parts: Sequence[Part], task_ref: int) -> None:
    st.subheader("Files", anchor=False)
    with st.container(horizontal=True):
        for part in parts:
            position = part.position
            st.download_button(
                f"{part.extension.lstrip('.').upper() or 'File'} · {part_view.size_of(part.size)}",
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


def _part_data(app: Dashboard, task_ref: int, position: int) -> bytes:
    app.tasks.note_download(task_ref)
    return app.tasks.part(task_ref, position).data
