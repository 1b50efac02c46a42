"""A task that is open: how far it is, and how long its result can still be fetched."""

import html
from datetime import datetime

import streamlit as st

from dashboard.counts import count_of
from dashboard.models.retention import RETENTION
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import display, times


def show(detail: TaskDetail, now: datetime) -> None:
    """Draw a large countdown and the steps; nothing of a task that has ended."""
    if not detail.state.is_open:
        return
    task = detail.task
    left = (task.expires_at - now).total_seconds()
    share = max(0.0, min(1.0, left / RETENTION.total_seconds()))
    expected = f'<p class="ocr-expected">{html.escape(detail.expected)}</p>' if detail.expected else ""
    said = "left" if task.expiry_exact else "left at most"
    st.html(
        '<div class="ocr-open">'
        f'<div class="ocr-ring" data-urgency="{times.urgency(left)}" style="--share: {share:.4f}">'
        f"<div><b>{times.ticking_left(task.expires_at, now)}</b><span>{said}</span></div></div>"
        f'<ol class="ocr-steps">{"".join(_steps(detail))}</ol>{expected}'
        f'<p class="ocr-expected ocr-quiet">{_until(detail)}</p></div>'
    )


def _until(detail: TaskDetail) -> str:
    if detail.task.expiry_exact:
        return f"The service deletes the result {display.moment(detail.task.expires_at)}."
    return (
        "The submission time is unknown, so this counts 24 hours from when the ID was added here; the service may "
        "delete the result sooner."
    )


def _steps(detail: TaskDetail) -> list[str]:
    task = detail.task
    sent = display.moment(task.submitted_at) if task.submitted_at else "nobody knows when"
    asked = f"asked about {count_of(detail.calls, 'time')}" if detail.calls else "not asked about yet"
    if detail.parked:
        asked += ", on hold"
    steps = (
        ("done", "Sent", sent),
        ("now", "Reading", asked),
        ("later", "Kept here", "as soon as it is ready"),
    )
    return [
        f'<li data-step="{step}"{" aria-current=step" if step == "now" else ""}><b>{name}</b> <span>{said}</span></li>'
        for step, name, said in steps
    ]
