"""Library: every stored result, found by its words."""

import streamlit as st

from dashboard.ui import library_actions, library_filter, library_list, live, share_list, viewer
from dashboard.ui.selection import Selection

app = viewer.current()

st.title("Library", anchor=False)
live.clock(app.clock())
address = library_filter.in_address()
address.begin()
request = library_filter.show(app)
bar = st.container()
selection = Selection("library")
elsewhere = library_list.show(app, request, selection)
selection.keep()
with bar:
    library_actions.show(app, selection, elsewhere)
address.settle()
share_list.show(app)
