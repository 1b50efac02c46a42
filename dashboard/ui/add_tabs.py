"""The two ways in: images, and the IDs of tasks that were sent from elsewhere."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

IMAGES, IDS = "Images", "Task IDs"

TAB = "tab"
"""Query parameter that names the open one."""

IDS_WORD = "ids"


def show() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw them; both are on the page, so that nothing typed in one goes with a look at the other."""
    wants_ids = st.query_params.get(TAB) == IDS_WORD or "trial" in st.query_params
    images, ids = st.tabs([IMAGES, IDS], default=IDS if wants_ids else IMAGES)
    return images, ids
