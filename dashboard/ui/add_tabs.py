"""The ways in: images, the IDs of tasks that were sent from elsewhere, and scripts that send through us."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.ui import paste_form

IMAGES, IDS, SCRIPTS = "Images", "Task IDs", "From your scripts"

TAB = "tab"
"""Query parameter that names the open one."""

IDS_WORD, SCRIPTS_WORD = "ids", "scripts"
_NAMED = {IDS_WORD: IDS, SCRIPTS_WORD: SCRIPTS}

_FIRST = "add_tabs_first"
"""The one that is open at first; told once a visit, because it must not change while somebody looks at another."""


def show() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Draw them; all are on the page, so that nothing typed in one goes with a look at another."""
    if paste_form.is_new_visit():
        is_typing = "trial" in st.query_params or bool(st.session_state.get(paste_form.TEXT_KEY))
        named = _NAMED.get(st.query_params.get(TAB, ""))
        st.session_state[_FIRST] = named or (IDS if is_typing else IMAGES)
    images, ids, scripts = st.tabs([IMAGES, IDS, SCRIPTS], default=st.session_state[_FIRST])
    return images, ids, scripts
