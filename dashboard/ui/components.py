"""Our own browser components, registered once per process. Each is a few lines of JavaScript in ``assets``.

Their code comes only from files shipped with the package; data reaches it as JSON and is set as text.
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import streamlit as st

from dashboard.folding import javascript


def _asset(name: str) -> str:
    """The text of a file, without what is for its readers only: each session is sent it anew."""
    lines = (files("dashboard.ui") / "assets" / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("// "))


_ELEMENTS, _TIMES = _asset("elements.js"), _asset("times.js")


def _component(name: str, shared: str = "", *, html: str | None = None) -> Callable[..., object]:
    """Of the files of this name; what shows something of its own has a style as well."""
    css = None if html is None else _asset(f"{name}.css")
    mount = st.components.v2.component(
        f"ocr_dashboard.{name}", html=html, css=css, js=shared + _asset(f"{name}.js")
    )

    def draw(*, data: Mapping[str, object], **given: Any) -> object:  # noqa: ANN401 - Streamlit's own
        # In a list: Streamlit looks for tables in anything else, with pandas, which takes 60 MB.
        return mount(data=[data], **given)

    return draw


TICKER = _component("ticker", _ELEMENTS + _TIMES)
"""Counts down and up in the page once a second without asking the server."""

REMEMBER = _component("remember")
"""Keeps one choice in a cookie, so that the next session of this browser begins with it."""

ADDRESS = _component("address")
"""Changes parameters of the address without an entry in the browser's history."""

KEEPER = _component("keeper")
"""Keeps what is selected in the browser's tab."""

PLACE = _component("place")
"""Leads back to where a page was scrolled to."""

DISPLAY = _component("display", _ELEMENTS, html="<details></details>")
"""A small menu: times here or in UTC, light or dark."""

ANNOUNCE = _component("announce", _ELEMENTS)
"""Tells those who hear their screen that what an open page shows has changed."""

KEYS = _component("keys", _ELEMENTS)
"""Keys for those who work without a mouse, on every page."""

FOCUS = _component("focus")
"""Moves the focus to where the work goes on."""

PALETTE = _component("palette", _ELEMENTS)
"""Finds a task, a page or an action by a few letters, on every page."""

WAY_BACK = _component("way_back", html='<a target="_self"></a>')
"""A link to the list that a task was opened from, as it was then."""

NEIGHBOURS = _component(
    "neighbours", _ELEMENTS, html='<nav class="neighbours" hidden aria-label="In the list"></nav>'
)
"""Links to the tasks before and after one in the list it was opened from, and which of how many it is."""

TASK_TABLE = _component("task_table", _ELEMENTS + _TIMES, html='<div class="mount"></div>')
"""The board's table; keeps its selection by task while rows come and go."""

LIVE_TYPING = _component("live_typing")
"""Has a text box read while somebody types, not only when they leave it."""

PASTE_PREVIEW = _component("paste_preview", _ELEMENTS, html='<div class="mount"></div>')
"""What each pasted line becomes; keeps what is corrected in it by task while lines come and go."""

DROP_ZONE = _component("drop_zone", _ELEMENTS, html='<div class="mount"></div>')
"""Takes files that are dropped, pasted or chosen, and sends them; goes on while pages change."""

COPY_TEXT = _component("copy_text", html='<button type="button"></button>')
"""A button that copies what an element of the page shows."""

GAP_WALKER = _component("gap_walker", _ELEMENTS, html='<div class="walker"></div>')
"""Walks through the masked words of a text by buttons, keys, a strip and a list."""

TEXT_TOOLS = _component("text_tools", javascript() + _ELEMENTS, html='<div class="tools"></div>')
"""Line numbers, wrapping, font and find for the text on the page."""

DIVIDER = _component(
    "divider",
    html='<div role="separator" aria-orientation="vertical" aria-label="Share of the text" tabindex="0" '
    'aria-valuemin="25" aria-valuemax="75"></div>',
)
"""A line between a text and its picture that can be moved."""

DRAWER = _component("drawer", html='<button type="button"></button>')
"""A button that shows what stands at the side where there is no room for it; on wide screens there is none."""

IMAGE_VIEWER = _component("image_viewer", _ELEMENTS, html='<div class="viewer"></div>')
"""A picture of ours with zoom and rotation."""


def reported(key: str, name: str) -> object:
    """What a component of ours says of itself; a browser may send anything, and nothing after Back."""
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None
