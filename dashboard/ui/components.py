"""Our own browser components, registered once per process. Each is a few lines of JavaScript in ``assets``.

Their code comes only from files shipped with the package; data reaches it as JSON and is set as text.
"""

from collections.abc import Mapping
from importlib.resources import files

import streamlit as st

from dashboard.folding import javascript


def _asset(name: str) -> str:
    return (files("dashboard.ui") / "assets" / name).read_text(encoding="utf-8")


TICKER = st.components.v2.component("ocr_dashboard.ticker", js=_asset("ticker.js"))
"""Counts down and up in the page once a second without asking the server."""

REMEMBER = st.components.v2.component("ocr_dashboard.remember", js=_asset("remember.js"))
"""Keeps one choice in a cookie, so that the next session of this browser begins with it."""

ADDRESS = st.components.v2.component("ocr_dashboard.address", js=_asset("address.js"))
"""Changes parameters of the address without an entry in the browser's history."""

KEEPER = st.components.v2.component("ocr_dashboard.keeper", js=_asset("keeper.js"))
"""Keeps what is selected in the browser's tab."""

PLACE = st.components.v2.component("ocr_dashboard.place", js=_asset("place.js"))
"""Leads back to where a page was scrolled to."""

WAY_BACK = st.components.v2.component(
    "ocr_dashboard.way_back",
    html='<a target="_self"></a>',
    css=_asset("way_back.css"),
    js=_asset("way_back.js"),
)
"""A link to the list that a task was opened from, as it was then."""

TASK_TABLE = st.components.v2.component(
    "ocr_dashboard.task_table",
    html='<div class="mount"></div>',
    css=_asset("task_table.css"),
    js=_asset("task_table.js"),
)
"""The board's table; keeps its selection by task while rows come and go."""

LIVE_TYPING = st.components.v2.component("ocr_dashboard.live_typing", js=_asset("live_typing.js"))
"""Has a text box read while somebody types, not only when they leave it."""

PASTE_PREVIEW = st.components.v2.component(
    "ocr_dashboard.paste_preview",
    html='<div class="mount"></div>',
    css=_asset("paste_preview.css"),
    js=_asset("paste_preview.js"),
)
"""What each pasted line becomes; keeps what is corrected in it by task while lines come and go."""

COPY_TEXT = st.components.v2.component(
    "ocr_dashboard.copy_text",
    html='<button type="button"></button>',
    css=_asset("copy_text.css"),
    js=_asset("copy_text.js"),
)
"""A button that copies what an element of the page shows."""

GAP_WALKER = st.components.v2.component(
    "ocr_dashboard.gap_walker",
    html='<div class="walker"></div>',
    css=_asset("gap_walker.css"),
    js=_asset("gap_walker.js"),
)
"""Walks through the masked words of a text by buttons, keys, a strip and a list."""

TEXT_TOOLS = st.components.v2.component(
    "ocr_dashboard.text_tools",
    html='<div class="tools"></div>',
    css=_asset("text_tools.css"),
    js=javascript() + _asset("text_tools.js"),
)
"""Line numbers, wrapping, font and find for the text on the page."""

IMAGE_VIEWER = st.components.v2.component(
    "ocr_dashboard.image_viewer",
    html='<div class="viewer"></div>',
    css=_asset("image_viewer.css"),
    js=_asset("image_viewer.js"),
)
"""A picture of ours with zoom and rotation."""


def reported(key: str, name: str) -> object:
    """What a component of ours says of itself; a browser may send anything, and nothing after Back."""
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None
