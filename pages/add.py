"""Add: register task IDs that were submitted elsewhere."""

import streamlit as st

from dashboard.models import Role
from dashboard.ui import paste_form, viewer

st.title("Add tasks", anchor=False)
st.write(
    "Paste the IDs that the service answered with. Each result is fetched and kept before it is deleted there."
)

app = viewer.current()
if viewer.may(app, Role.EDITOR):
    paste_form.prepare()
    paste_form.show(app)
