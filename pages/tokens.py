"""Tokens: what opens the service, and how it stands."""

import streamlit as st

from dashboard.ui import live, token_form, token_list, viewer

app = viewer.current()

st.title("Tokens", anchor=False)
st.write("Regular tasks are fetched with a token. Trial tasks need none.")

live.clock(app.clock())
token_form.show(app)
token_list.show(app)
