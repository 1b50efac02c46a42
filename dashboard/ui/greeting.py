"""What an empty dashboard says: the ways to begin that the visitor's role allows."""

from collections.abc import Callable

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.ui import add_tabs, messages, routes

_NUMBERS = {2: "Two", 3: "Three"}


def show(app: Dashboard) -> None:
    """Greet, and offer the ways to begin."""
    may = app.team.actor.role.covers
    ways: list[Callable[[], None]] = [_drop, _add] if may(Role.EDITOR) else []
    if may(Role.OWNER):
        ways.append(lambda: _sandbox(app))
    if not ways:
        st.header("Nothing here yet.", anchor=False)
        st.write("Editors and owners of the team add tasks; you will see them here.")
        return
    st.header(f"Nothing here yet. {_NUMBERS[len(ways)]} ways to begin:", anchor=False)
    for column, way in zip(st.columns(len(ways)), ways, strict=True):
        with column, st.container(border=True, height="stretch"):
            way()


def _drop() -> None:
    st.markdown("**I have an image**")
    st.write(
        "Drop it, and its text stands beside it some seconds later. In evaluation mode the service reads it without an "
        "account; one word in ten is masked."
    )
    st.page_link(routes.ADD, label="Drop an image", icon=":material/add_photo_alternate:")


def _add() -> None:
    st.markdown("**I have task IDs**")
    st.write("Paste them. Every result is fetched and kept before the service deletes it after 24 hours.")
    st.page_link(
        routes.ADD,
        label="Add task IDs",
        icon=":material/add:",
        query_params={add_tabs.TAB: add_tabs.IDS_WORD},
    )


def _sandbox(app: Dashboard) -> None:
    st.markdown("**I just want to look around**")
    st.write("A stand-in of the service on this machine with sample results. No token, no internet, no cost.")
    if st.button("Start the sandbox", icon=":material/science:", type="primary", key="greeting_sandbox"):
        with messages.on_failure(), st.spinner("Starting the sandbox…"):
            team = app.team
            app.sandbox.seed(intake=team.intake, credentials=team.credentials, sources=team.kept_sources)
            st.rerun()
