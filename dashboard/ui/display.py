"""How somebody wants times shown: in their own zone or in UTC, and in their browser's language."""

import html
from datetime import datetime

import streamlit as st

from dashboard.ui import times
from dashboard.ui.components import DISPLAY

_COOKIE = "ocr_dashboard_zone"
_UTC = "utc"


def zone() -> str | None:
    """The zone that times are shown in: UTC where this browser chose that, else its own."""
    return "UTC" if st.context.cookies.get(_COOKIE) == _UTC else st.context.timezone


def moment(when: datetime) -> str:
    """HTML of a time, aware: the browser writes it in its own language, and without it stands as it is stored."""
    said = html.escape(times.local(when, zone()))
    return f'<time data-moment="{when.timestamp():.3f}" datetime="{when.isoformat()}">{said}</time>'


def menu() -> None:
    """Draw the choice of times and theme, in the corner of every page."""
    with st.container(key="frame_display"):
        DISPLAY(data={}, key="display")
