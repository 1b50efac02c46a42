"""Library: every stored result, found by its words."""

import streamlit as st

from dashboard.ui import library_actions, library_filter, library_list, live, share_list, viewer

app = viewer.current()

st.title("Library", anchor=False)
live.clock(app.clock())
request = library_filter.show(app)
selected = library_list.show(app, request)
library_actions.show(app, selected)
share_list.show(app)
