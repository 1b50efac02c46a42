"""One task on its page: what it is, how long it lasts, what can be done with it. Live while it is open."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.errors import NotFound
from dashboard.results.amounts import amount_of
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import (
    display,
    live,
    messages,
    open_view,
    page_title,
    routes,
    side_panel,
    task_actions,
    task_trouble,
    viewer,
    way_back,
)
from dashboard.ui.result import result_view, runs_view
from dashboard.ui.task_title import title_of
from dashboard.ui.wording import STATES, of_task


def show(app: Dashboard, reference: str) -> None:
    """Draw the task somebody's address names, or a friendly word when there is none."""
    if way_back.gone(reference):
        messages.callout("The task is deleted.", tone="quiet")
        return
    live.clock(app.clock())
    _live(app, reference)


@st.fragment
def _live(app: Dashboard, reference: str) -> None:
    viewer.leave_if_changed()
    with st.container(gap="xsmall", key="reader"), messages.on_failure():
        try:
            detail = app.team.tasks.detail(reference)
        except NotFound as error:
            _lost(str(error))
            return
        address = result_view.in_address(detail)
        address.begin()
        _bar(app, detail)
        _head(detail)
        with st.container():  # a place of its own: what comes and goes moves nothing below it
            task_trouble.show(app, detail)
        with st.container(horizontal=True, gap="medium", key="reader_frame"):
            with st.container(gap="small", key="reader_main"):
                open_view.show(detail, app.clock())
                result_view.show(app, detail)
                runs_view.show(app, detail)
            with st.container(key="reader_side"):
                side_panel.show(app, detail)
        address.settle()
        if not detail.state.is_open:
            return
        live.updated(app.clock(), app.clock())
    live.tick()


def _lost(sentence: str) -> None:
    way_back.show()
    messages.callout(sentence, "Look for it on the board, or add its ID again.", tone="quiet")
    st.page_link(routes.BOARD, label="Go to the board", icon=":material/table_rows:")


def _bar(app: Dashboard, detail: TaskDetail) -> None:
    """What it is, the ways to others, and everything that can be done with it, in one line."""
    task, wording = detail.task, of_task(detail.state, detail.parked)
    title = title_of(task.label, detail.text, task.operation, added=task.registered_at, zone=display.zone())
    page_title.say(f"{wording.icon} {title}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="reader_bar"):
        with st.container(width="content"):
            way_back.show()
        with st.container(width="content"):
            way_back.neighbours(task.id or 0)
        side_panel.drawer()
        shown = html.escape(title)
        st.html(f'<h1 class="ocr-title" dir="auto" title="{html.escape(title, quote=True)}">{shown}</h1>')
        result_view.ways_away(app, detail)
        task_actions.show(app, detail)


def _head(detail: TaskDetail) -> None:
    wording = of_task(detail.state, detail.parked)
    said = [_sentence(detail), _ended(detail), _words(detail)]
    st.html(
        f'<div class="ocr-head"><span class="ocr-state" data-tone="{wording.tone}" '
        f'data-state="{detail.state.value}">{wording.icon} {wording.word}</span>'
        f"{' '.join(f'<span>{one}</span>' for one in said if one)}</div>"
    )


def _words(detail: TaskDetail) -> str:
    """How long the text is, and how much of it evaluation mode hides."""
    masks = detail.report
    if not masks.words:
        return ""
    words = amount_of(detail.text or "", masks.words)
    if not detail.task.trial or not detail.judged:
        return f"{words}."
    return (
        f"{words}, <b>{masks.masks:,} masked</b> ({masks.share:.1%})."
        if masks.masks
        else f"{words}, none masked."
    )


def _sentence(detail: TaskDetail) -> str:
    wording = of_task(detail.state, detail.parked)
    if wording is STATES[detail.state]:
        return html.escape(wording.sentence)
    return html.escape(f"{wording.sentence} (Last known: {STATES[detail.state].word.lower()}.)")


def _ended(detail: TaskDetail) -> str:
    if detail.state.is_open:
        return ""  # the countdown stands below
    when = display.moment(detail.task.completed_at) if detail.task.completed_at else "unknown"
    return f"Saved {when}." if detail.state.has_result else f"Ended {when}."
