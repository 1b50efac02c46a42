"""Task IDs from a file: choosing it, what its columns mean, and the rows that come back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import PurePath

import streamlit as st

from dashboard.counts import count_of
from dashboard.results.row_files import ENDINGS, MOST_BYTES
from dashboard.results.sheets import Unreadable
from dashboard.services.tasks.id_columns import Meaning
from dashboard.services.tasks.id_files import IdFile, ReadFile, lines_of, open_file, rest_file, template
from dashboard.services.tasks.intake import Preview
from dashboard.services.tasks.pasted_tasks import Line
from dashboard.ui import messages
from dashboard.ui.options import told_apart
from dashboard.ui.paste_rows import Row

_VERSION = "id_file_version"
_OPENED = "id_file_opened"
_LEFT = "id_file_left"
_SAID = 3
_NAMES = {
    Meaning.TASK_ID: "Task ID",
    Meaning.LABEL: "Label",
    Meaning.OPERATION: "Operation",
    Meaning.TRIAL: "Evaluation mode",
    Meaning.SUBMITTED: "Submitted",
}


@dataclass(frozen=True, slots=True)
class _Left:
    """Rows that were not registered, as a file."""

    name: str
    count: int
    content: bytes


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """The file on the page, with its columns as chosen."""

    file: IdFile
    read: ReadFile


def choose(zone: tzinfo) -> ChosenFile | None:
    """Draw where a file is chosen and what its columns mean; None while there is none that can be read."""
    version = st.session_state.setdefault(_VERSION, 0)
    with st.expander("Or from a file: CSV, TSV, XLSX, JSON, JSON Lines, text", icon=":material/upload_file:"):
        given = st.file_uploader(
            "A file of task IDs",
            type=list(ENDINGS),
            key=f"id_file_{version}",
            max_upload_size=MOST_BYTES // 1_000_000,
            help="A column of task IDs is enough; label, operation, evaluation mode and submission time are "
            "read from others where there are such.",
        )
        st.download_button(
            "Template",
            template(),
            "task-ids.csv",
            "text/csv",
            key="id_file_template",
            icon=":material/download:",
            on_click="ignore",
        )
    if given is None:
        return None
    st.session_state.pop(_LEFT, None)
    opened = _opened(given.file_id, given.name, given.getvalue())
    if isinstance(opened, str):
        messages.callout(f"{given.name} was not read.", opened)
        return None
    read = lines_of(opened, _places(opened, given.file_id), zone)
    _say_times(read)
    return ChosenFile(opened, read)


def offer_rest(chosen: ChosenFile, preview: Preview) -> None:
    """Offer the rows that were not understood, before anything is registered."""
    left = _left(chosen.file, preview.malformed, {})
    if left is not None:
        _offer(left)


def offer_left() -> None:
    """Offer the rows that the last registration left over."""
    left: _Left | None = st.session_state.get(_LEFT)
    if left is not None:
        _offer(left)


def done(chosen: ChosenFile, preview: Preview, kept: Iterable[Row], refused: Mapping[str, str]) -> None:
    """Let the file go; what was not registered of it is kept for :func:`offer_left`."""
    rows = [row.line for row in kept]
    st.session_state[_LEFT] = _left(chosen.file, [*preview.malformed, *rows], refused)
    st.session_state[_VERSION] += 1
    st.session_state.pop(_OPENED, None)


def _opened(file_id: str, name: str, data: bytes) -> IdFile | str:
    """The file, opened once and not with every change of the page; or why it cannot be."""
    known: tuple[str, IdFile | str] | None = st.session_state.get(_OPENED)
    if known is None or known[0] != file_id:
        try:
            known = (file_id, open_file(name, data))
        except Unreadable as error:
            known = (file_id, str(error))
        st.session_state[_OPENED] = known
    return known[1]


def _places(file: IdFile, file_id: str) -> dict[Meaning, int]:
    """Which column holds what: as guessed, until somebody says otherwise."""
    if file.content.text is not None:
        return {}
    none: dict[int | None, str] = {None: "not there"}
    columns = told_apart(none | {number: name[:60] for number, name in enumerate(file.head)})
    places: dict[Meaning, int] = {}
    with st.container(key="id_file_columns"):
        for meaning, place in zip(Meaning, st.columns(len(Meaning)), strict=True):
            guessed = file.columns.places.get(meaning)
            chosen = place.selectbox(
                f"{_NAMES[meaning]} from",
                list(columns),
                index=0 if guessed is None else guessed + 1,
                format_func=columns.__getitem__,
                key=f"id_file_{meaning.value}_{file_id}",
            )
            if chosen is not None:
                places[meaning] = chosen
    if Meaning.TASK_ID not in places:
        messages.callout("No column looks like task IDs.", "Choose the one that holds them.")
    return places


def _say_times(read: ReadFile) -> None:
    if not read.without_time:
        return
    count = len(read.without_time)
    said = "; ".join(f"row {number:,}: {reason}" for number, reason in read.without_time[:_SAID])
    more = f"; and {count - _SAID:,} more" if count > _SAID else ""
    messages.callout(
        f"{count_of(count, 'submission time')} could not be used ({said}{more}).",
        "These tasks are registered without one: their countdown shows the latest possible moment.",
        tone="quiet",
    )


def _left(file: IdFile, lines: Iterable[Line], refused: Mapping[str, str]) -> _Left | None:
    reasons = {line.number: refused.get(line.task_id) or line.reason or "left out by you" for line in lines}
    if not reasons:
        return None
    name = f"{PurePath(file.name).stem[:100]}-not-registered.csv"
    return _Left(name, len(reasons), rest_file(file, reasons))


def _offer(left: _Left) -> None:
    st.download_button(
        f"Download the {count_of(left.count, 'row')} left over, with the reasons",
        left.content,
        left.name,
        "text/csv",
        key="id_file_left_over",
        icon=":material/download:",
        on_click="ignore",
    )
