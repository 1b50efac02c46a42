"""Corrected texts: choosing what to look at, editing, what was changed, and who did it when."""

import html
from enum import StrEnum

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Role
from dashboard.results.edits import Change, diff
from dashboard.results.highlighting import escaped
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import address, display, messages

LONGEST_EDITED = 200_000
"""Characters of a text that is edited in the browser; longer ones are corrected elsewhere and kept there."""

VERSION_KEY = "correction_version"
_EDITING = "correction_editing"
_TEXT = "correction_text"
_MARKS = {Change.ADDED: "ins", Change.REMOVED: "del"}


class Shown(StrEnum):
    """What of a text is looked at."""

    CORRECTED = "Corrected"
    ORIGINAL = "As recognised"
    CHANGES = "Changes"


def choose(detail: TaskDetail) -> Shown:
    """Let people choose the version; without a correction there is only the service's own."""
    correction = detail.correction
    if correction is None:
        return Shown.ORIGINAL
    chosen = st.segmented_control("Version", list(Shown), key=VERSION_KEY, required=True)
    by, when = html.escape(correction.author), display.moment(correction.created_at)
    st.html(f'<p class="ocr-quiet">Corrected by {by}, {when}.</p>')
    return Shown(chosen or Shown.CORRECTED)


def chosen(detail: TaskDetail) -> Shown:
    """The version that is looked at, wherever on the page somebody asks."""
    if detail.correction is None:
        return Shown.ORIGINAL
    return Shown(st.session_state.get(VERSION_KEY) or Shown.CORRECTED)


def changes(detail: TaskDetail) -> None:
    """Draw what the correction has changed, removed and added text marked by colour and by line."""
    changes_between(detail.text or "", detail.corrected().text or "")


def changes_between(original: str, edited: str) -> None:
    """Draw what one text has that another has not, marked in the same way."""
    if len(original) + len(edited) > 2 * LONGEST_EDITED:
        messages.callout("These texts are too long to be compared here.", "Download both.", tone="quiet")
        return
    pieces = _compared(original, edited)
    st.html(f'<pre class="ocr-text ocr-changes" dir="auto" tabindex="0">{pieces}</pre>')


def edit(app: Dashboard, detail: TaskDetail, shown: str) -> None:
    """Draw the button, then the editor; what was typed stays until it is saved or given up."""
    task_ref = detail.task.id or 0
    if st.session_state.get(_EDITING, (0, None))[0] != task_ref:
        if len(shown) <= LONGEST_EDITED and st.button(
            "Correct this text", icon=":material/edit_note:", key="correction_begin"
        ):
            based_on = detail.correction.id if detail.correction else None
            st.session_state[_EDITING] = (task_ref, based_on)
            st.session_state[_TEXT] = shown
            st.rerun()
        return
    typed = st.text_area(
        "Corrected text", key=_TEXT, height=420, help="The text as recognised stays beside it, untouched."
    )
    with st.container(horizontal=True):
        if st.button("Save correction", type="primary", key="correction_save"):
            with messages.on_failure():
                based_on = st.session_state[_EDITING][1]
                app.team.corrections.correct(task_ref, typed, based_on=based_on)
                st.session_state.pop(_EDITING, None)
                address.unchoose(VERSION_KEY)
                st.toast("Saved beside the text as recognised.", icon=":material/done:")
                st.rerun()
        if st.button("Discard", key="correction_give_up"):
            st.session_state.pop(_EDITING, None)
            st.rerun()


def history(app: Dashboard, detail: TaskDetail) -> None:
    """Draw every step, newest first; nothing while there was none."""
    versions = detail.versions
    if not versions:
        return
    with st.expander(
        f"Corrections ({len(versions)})", icon=":material/history_edu:", key="correction_history"
    ):
        rows = "".join(
            f"<li>{display.moment(version.created_at)} · "
            f"{html.escape(version.author)} · "
            + (
                count_of(len(version.text), "character")
                if version.text is not None
                else "went back to the text as recognised"
            )
            + "</li>"
            for version in versions
        )
        st.html(f'<ol class="ocr-quiet">{rows}</ol>')
        may_change = app.team.actor.role.covers(Role.EDITOR)
        if (
            may_change
            and versions[0].text is not None
            and st.button("Go back to the text as recognised", icon=":material/undo:", key="correction_back")
        ):
            with messages.on_failure():
                app.team.corrections.go_back(detail.task.id or 0)
                address.unchoose(VERSION_KEY)
                st.rerun()


@st.cache_data(max_entries=8, show_spinner="Comparing…")
def _compared(original: str, edited: str) -> str:
    pieces = []
    for segment in diff(original, edited):
        mark = _MARKS.get(segment.change)
        text = escaped(segment.text)
        pieces.append(f"<{mark}>{text}</{mark}>" if mark else text)
    return "".join(pieces)
