"""The result of a task: its text, and each of its files as what it is, one at a time in tabs."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Part
from dashboard.results.sniffing import PLAIN
from dashboard.services.sources import SourceFacts
from dashboard.services.task_detail import TaskDetail
from dashboard.ui import messages, part_view, source_view, text_view


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the result; nothing while there is none."""
    if not detail.parts:
        return
    task_ref = detail.task.id or 0
    source = app.desk.sources.facts(task_ref)
    shown = _tabs(detail)
    tabs = st.tabs(list(shown), key=f"result_tabs_{task_ref}", on_change="rerun")
    for tab, part in zip(tabs, shown.values(), strict=True):
        if tab.open:
            with tab:
                _draw(app, detail, part, source)
    source_view.control(app, task_ref, source)
    _files(app, detail.parts, task_ref)


def _draw(app: Dashboard, detail: TaskDetail, part: Part | None, source: SourceFacts | None) -> None:
    """One part, or the whole text with the image it was read from at its side when we hold it."""
    if part is not None:
        part_view.show(app, detail, part)
    elif source is None:
        text_view.show(app, detail, detail.text or "")
    else:
        left, right = st.columns(2)
        with left:
            text_view.show(app, detail, detail.text or "")
        with right:
            source_view.show(detail.task.id or 0, source)


def _tabs(detail: TaskDetail) -> dict[str, Part | None]:
    """What is shown under which name; None stands for the whole text.

    Plain text comes first. A table or fields come before their source, which few people want to read. A plain
    text that is the whole text has no other tab of its own.
    """
    plain = [part for part in detail.parts if part.media_type == PLAIN.media_type and part.text]
    apart = [part for part in detail.parts if len(plain) != 1 or part is not plain[0]]
    named: list[tuple[str, Part | None]] = [(_title(part, detail.parts), part) for part in apart]
    if detail.text is not None and plain:
        named.insert(0, (f"Text · {_words(detail.masks.words)}", None))
    elif detail.text is not None:
        named.append(("As text", None))
    names = [name for name, _ in named]
    return {
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})": part
        for place, (name, part) in enumerate(named)
    }


def _title(part: Part, parts: Sequence[Part]) -> str:
    same = [one for one in parts if one.media_type == part.media_type]
    name = part_view.name_of(part)
    if len(same) > 1:
        # Several plain texts are what RecognizeRegions answers with, one for each region.
        what = "Region" if part.media_type == PLAIN.media_type else name
        name = f"{what} {same.index(part) + 1}"
    return f"{name} · {_words(part.words)}" if part.words else name


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
