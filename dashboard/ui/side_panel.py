"""What is known of a task beside its text: facts, files, history and cost, corrections, links."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Attempt
from dashboard.services.credentials.service_list import service_name
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import display, routes, task_actions, timeline, times
from dashboard.ui.components import COPY_TEXT, DRAWER
from dashboard.ui.result import correction_view, part_view, source_view
from dashboard.ui.wording import operation_name

_DOTS = 30
_FILES = 20


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw it, for the column at the side of a task's page."""
    with st.container(gap="small", key="side_panel"):
        _facts(detail)
        _files(detail)
        if detail.parts:
            source_view.control(app, detail.task.id or 0, detail.source)
        _history(detail)
        timeline.show(detail, app.clock())
        correction_view.history(app, detail)
        task_actions.links(app, detail)


def drawer() -> None:
    """Draw the button that shows it on narrow screens, where it lies over the text."""
    with st.container(width="content", key="reader_drawer"):
        DRAWER(data={"selector": ".st-key-reader_side", "label": "Details"}, key="drawer")


def _facts(detail: TaskDetail) -> None:
    task = detail.task
    facts = {
        "Task ID": f'<span class="ocr-id">{html.escape(task.task_id)}</span>',
        "Operation": html.escape(operation_name(task.operation, trial=task.trial)),
        "Service": html.escape(service_name(task.api_url)),
        "Token": html.escape("none needed" if task.trial else detail.credential_label or "none"),
        "Submitted": display.moment(task.submitted_at) if task.submitted_at else "unknown",
        "Added": display.moment(task.registered_at),
    }
    if detail.same_as:
        facts["Also here as"] = ", ".join(map(_link, detail.same_as))
    pairs = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    st.html(f'<dl class="ocr-facts">{pairs}</dl>')
    with st.container(width="content"):
        COPY_TEXT(data={"selector": ".ocr-id", "label": "Copy ID"}, key="side_panel_copy")


def _link(task_ref: int) -> str:
    """To the same task in another spelling: they were taken for two once, and both have results."""
    href = html.escape(routes.task_href(task_ref), quote=True)
    return f'<a href="{href}" target="_self">the same ID in other letters</a>'


def _files(detail: TaskDetail) -> None:
    if not detail.parts:
        return
    entries = "".join(
        f'<li><a href="{html.escape(part_view.href_of(part), quote=True)}" download>'
        f"{html.escape(part_view.file_name_of(part))}</a> {part_view.size_of(part.size)}</li>"
        for part in detail.shown[:_FILES]
    )
    more = detail.part_count - min(len(detail.shown), _FILES)
    rest = f"<li>{more:,} more, in the menu <i>Download</i></li>" if more > 0 else ""
    st.html(f'<h2 class="ocr-aside">Files</h2><ul class="ocr-files">{entries}{rest}</ul>')


def _history(detail: TaskDetail) -> None:
    calls = count_of(detail.calls, "call")
    cost = f"{calls}, not billed in evaluation mode" if detail.task.trial else calls
    st.html(f'<h2 class="ocr-aside">History</h2>{_dots(detail.attempts)}<p class="ocr-quiet">{cost}</p>')


def _dots(attempts: Sequence[Attempt]) -> str:
    """Each call as a dot with its time, the latest at the end."""
    if not attempts:
        return '<p class="ocr-quiet">Not asked about yet.</p>'
    some = attempts[-_DOTS:]
    dots = "".join(
        f'<li data-tone="{"good" if attempt.http_status and attempt.http_status < 400 else "bad"}" '  # noqa: PLR2004 - HTTP
        f'title="{html.escape(_said(attempt), quote=True)}"></li>'
        for attempt in some
    )
    first, last = display.moment(some[0].started_at), display.moment(some[-1].started_at)
    when = first if len(some) == 1 else f"{first} … {last}"
    return f'<ol class="ocr-dots" aria-label="Calls in time">{dots}</ol><p class="ocr-quiet">{when}</p>'


def _said(attempt: Attempt) -> str:
    when = times.local(attempt.started_at, display.zone())
    return f"{when} · {attempt.kind} · {attempt.result.replace('_', ' ')}"
