"""The two ways in: images, and the IDs of tasks that were sent from elsewhere."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.ui import paste_form

IMAGES, IDS = "Images", "Task IDs"

TAB = "tab"
"""Query parameter that names the open one."""

IDS_WORD = "ids"

_FIRST = "add_tabs_first"
"""The one that is open at first; told once a visit, because it must not change while somebody looks at the other."""


def show() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw them; both are on the page, so that nothing typed in one goes with a look at the other."""
    if paste_form.is_new_visit():
        is_asked_for = st.query_params.get(TAB) == IDS_WORD or "trial" in st.query_params
        was_typing = bool(st.session_state.get(paste_form.TEXT_KEY))
        st.session_state[_FIRST] = IDS if is_asked_for or was_typing else IMAGES
    images, ids = st.tabs([IMAGES, IDS], default=st.session_state[_FIRST])
    return images, ids
