"""What Streamlit runs: page config, navigation. Nothing else."""

from pathlib import Path

import streamlit as st

from dashboard.ui import frame, page_title

# Before the navigation: icons named by Material name would otherwise fetch a favicon from another host.
st.set_page_config(
    page_title=page_title.PROGRAM,
    page_icon=Path(__file__).parent / "ui" / "assets" / "icon.svg",
    layout="wide",
)
page = st.navigation(frame.menu(), position="top")
frame.show(page)
