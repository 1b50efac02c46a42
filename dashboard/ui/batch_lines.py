"""The batches that are under way, each as one line on the board."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.sending.batch_views import BatchView
from dashboard.ui import batch_view, routes

_LOOKED_AT = 5
_SHOWN = 3


def going(app: Dashboard) -> list[BatchView]:
    """The newest batches that are not done, or that wait for somebody's decision."""
    return [one for one in app.team.batches.newest(_LOOKED_AT) if one.progress.open or one.progress.perhaps]


def show(going: Sequence[BatchView]) -> None:
    """Draw a line for each of the newest of them."""
    if going:
        st.html("".join(map(_line, going[:_SHOWN])))


def _line(view: BatchView) -> str:
    href = html.escape(routes.batch_href(view.id), quote=True)
    name = f'<a href="{href}" target="_self">{html.escape(view.name)}</a>'
    return f'<div class="ocr-line">{name}{batch_view.meter(view)}</div>'
