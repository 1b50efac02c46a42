"""Add: send images to be read, register task IDs that were submitted elsewhere, or point scripts at us."""

import streamlit as st

from dashboard.models import Role
from dashboard.ui import add_tabs, drop_in_form, paste_form, submit_form, viewer

st.title("Add", anchor=False)

app = viewer.current()
if viewer.may(app, Role.EDITOR):
    images, ids, scripts = add_tabs.show()
    with images:
        submit_form.show(app)
    with ids:
        st.write(
            "Paste the IDs that the service answered with. Each result is fetched and kept before it is deleted there."
        )
        paste_form.prepare()
        paste_form.show(app)
    with scripts:
        drop_in_form.show(app)
