"""What an empty dashboard says: the three ways to begin."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.ui import messages, routes


def show(app: Dashboard) -> None:
    """Greet, and offer the three ways to begin."""
    st.subheader("Nothing here yet. Three ways to begin:", anchor=False)
    known, trial, sandbox = st.columns(3)
    with known, st.container(border=True, height="stretch"):
        st.markdown("**I have task IDs**")
        st.write("Paste them. Every result is fetched and kept before the service deletes it after 24 hours.")
        st.page_link(routes.ADD, label="Add task IDs", icon=":material/add:")
    with trial, st.container(border=True, height="stretch"):
        st.markdown("**I want to try evaluation mode**")
        st.write(
            "Images sent to the service's trial address need no token; one word in ten comes back masked."
        )
        st.page_link(
            routes.ADD,
            label="Add trial task IDs",
            icon=":material/experiment:",
            query_params={"trial": "true"},
        )
    with sandbox, st.container(border=True, height="stretch"):
        st.markdown("**I just want to look around**")
        st.write(
            "A stand-in of the service on this machine with sample results. No token, no internet, no cost."
        )
        if st.button("Start the sandbox", icon=":material/science:", type="primary", key="greeting_sandbox"):
            with messages.on_failure(), st.spinner("Starting the sandbox…"):
                app.sandbox.seed(intake=app.intake, credentials=app.credentials)
                st.rerun()
