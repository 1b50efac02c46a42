"""One task on its page: what it is, how long it lasts, what can be done with it. Live while it is open."""

import html
from datetime import datetime

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.errors import NotFound
from dashboard.services.credentials.service_list import service_name
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import live, messages, routes, task_actions, timeline, times, viewer, way_back
from dashboard.ui.result import result_view, runs_view
from dashboard.ui.wording import STATES, of_task, operation_name


def show(app: Dashboard, reference: str) -> None:
    """Draw the task somebody's address names, or a friendly word when there is none."""
    if way_back.gone(reference):
        messages.callout("The task is deleted.", tone="quiet")
        return
    way_back.show()
    live.clock(app.clock())
    _live(app, reference)


@st.fragment
def _live(app: Dashboard, reference: str) -> None:
    viewer.leave_if_changed()
    with messages.on_failure():
        try:
            detail = app.team.tasks.detail(reference)
        except NotFound as error:
            _lost(str(error))
            return
        address = result_view.in_address(detail)
        address.begin()
        _head(detail, app.clock())
        with st.container():  # a place of its own: what comes and goes moves nothing below it
            _said(detail)
        result_view.show(app, detail)
        runs_view.show(app, detail)
        _facts(detail)
        task_actions.show(app, detail)
        timeline.show(detail, app.clock())
        address.settle()
        if not detail.state.is_open:
            return
        live.updated(app.clock(), app.clock())
    live.tick()


def _lost(sentence: str) -> None:
    messages.callout(sentence, "Look for it on the board, or add its ID again.", tone="quiet")
    st.page_link(routes.BOARD, label="Go to the board", icon=":material/table_rows:")


def _head(detail: TaskDetail, now: datetime) -> None:
    wording = of_task(detail.state, detail.parked)
    st.html(
        f'<div class="ocr-head"><h1>{html.escape(detail.task.label or "Task")}</h1>'
        f'<div><span class="ocr-state" data-tone="{wording.tone}" data-state="{detail.state.value}">'
        f"{wording.icon} {wording.word}</span>{messages.led(_sentence(detail))}</div>{_expected(detail)}"
        f"<div>{_deadline(detail, now)}</div></div>"
    )


def _expected(detail: TaskDetail) -> str:
    return f'<div class="ocr-quiet">{html.escape(detail.expected)}</div>' if detail.expected else ""


def _said(detail: TaskDetail) -> None:
    task = detail.task
    if detail.absence:
        messages.callout("What our calls tell:", *detail.absence, tone="quiet")
    if detail.parked and detail.parked_detail:
        messages.callout("What happened:", detail.parked_detail)
    if task.notices:
        tone = "warn" if detail.state.has_result else "bad"
        messages.callout("The service says:", *task.notices, tone=tone)
    if task.remarks:
        messages.callout("Worth knowing:", *task.remarks, tone="quiet")


def _facts(detail: TaskDetail) -> None:
    task = detail.task
    facts = {
        "Task ID": f'<span class="ocr-id">{html.escape(task.task_id)}</span>',
        "Operation": html.escape(operation_name(task.operation, trial=task.trial)),
        "Service": html.escape(service_name(task.api_url)),
        "Token": html.escape("none needed" if task.trial else detail.credential_label or "none"),
        "Submitted": _moment(task.submitted_at) if task.submitted_at else "unknown",
        "Added": _moment(task.registered_at),
        "Cost": _cost(detail),
    }
    if detail.same_as:
        others = (_link(ref) for ref in detail.same_as)
        facts["Also here as"] = ", ".join(others)
    pairs = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    st.html(f'<dl class="ocr-facts">{pairs}</dl>')


def _link(task_ref: int) -> str:
    """To the same task in another spelling: they were taken for two once, and both have results."""
    href = html.escape(routes.task_href(task_ref), quote=True)
    return f'<a href="{href}" target="_self">the same ID in other letters</a>'


def _sentence(detail: TaskDetail) -> str:
    wording = of_task(detail.state, detail.parked)
    if wording is STATES[detail.state]:
        return wording.sentence
    return f"{wording.sentence} (Last known: {STATES[detail.state].word.lower()}.)"


def _deadline(detail: TaskDetail, now: datetime) -> str:
    task = detail.task
    if not detail.state.is_open:
        when = _moment(task.completed_at) if task.completed_at else "unknown"
        return f"Saved {when}." if detail.state.has_result else f"Ended {when}."
    countdown = times.ticking_left(task.expires_at, now)
    if task.expiry_exact:
        return f"The service deletes the result in {countdown} ({_moment(task.expires_at)})."
    return (
        f"At most {countdown} left. The submission time is unknown, so this counts 24 hours "
        "from when the ID was added here; the service may delete it sooner."
    )


def _cost(detail: TaskDetail) -> str:
    """What the task has cost so far: any authenticated call may be billed (fact sheet 5)."""
    calls = count_of(detail.calls, "call")
    return f"{calls}, not billed in evaluation mode" if detail.task.trial else calls


def _moment(moment: datetime) -> str:
    return html.escape(times.local(moment, st.context.timezone))
