"""Board: every task of the team, newest first."""

import streamlit as st

from dashboard.ui import board_live, live, viewer

app = viewer.current()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Board", anchor=False)
    live.interval_control()

live.clock(app.clock())
board_live.show(app)
