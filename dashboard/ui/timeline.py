"""The timeline of attempts: every call made for a task, with what it answered."""

import base64
import html
from datetime import datetime

import streamlit as st

from dashboard.models import Attempt
from dashboard.services.tasks.task_bundle import picture
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import display, routes, times
from dashboard.zones import zone_of

_SHOWN = 50


def show(detail: TaskDetail, now: datetime) -> None:
    """Draw the calls as a picture and as a table, the latest first."""
    attempts = list(reversed(detail.attempts))
    if not attempts:
        return
    with st.expander("Every call", icon=":material/history:", key="timeline"):
        # As an image: SVG in the page itself is taken out by Streamlit.
        drawn = base64.b64encode(_picture(detail, attempts[::-1], now).encode()).decode()
        st.html(
            f'<div class="ocr-flight"><img src="data:image/svg+xml;base64,{drawn}" alt="Calls in time"></div>'
        )
        st.link_button(
            "Support bundle",
            routes.api_href(f"tasks/{detail.task.id}/support.zip"),
            icon=":material/folder_zip:",
            help="This history as a ZIP for the vendor's forum, without texts, labels and secrets.",
        )
        rows = "".join(map(_row, attempts[:_SHOWN]))
        st.html(
            '<table class="ocr-timeline"><caption hidden>Calls, newest first</caption><thead><tr>'
            "<th scope=col>When</th><th scope=col>Call</th><th scope=col>Result</th><th scope=col>HTTP</th>"
            "<th scope=col>Service said</th>"
            f"<th scope=col>Took</th><th scope=col>Detail</th></tr></thead><tbody>{rows}</tbody></table>"
        )
        if len(attempts) > _SHOWN:
            st.caption(f"Shown are the latest {_SHOWN}.")


def _picture(detail: TaskDetail, attempts: list[Attempt], now: datetime) -> str:
    return picture(detail.task, attempts, now=now, zone=zone_of(display.zone()))


def _row(attempt: Attempt) -> str:
    said = " / ".join(word for word in (attempt.task_status, attempt.response_status_code) if word)
    cells = (
        times.local(attempt.started_at, display.zone()),
        attempt.kind,
        attempt.result.replace("_", " "),
        str(attempt.http_status or "–"),  # noqa: RUF001 - a dash for nothing
        said or "–",  # noqa: RUF001 - the same
        f"{attempt.duration_ms:,} ms",
        attempt.detail,
    )
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
