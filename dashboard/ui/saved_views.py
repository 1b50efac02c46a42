"""Views that a team keeps of a page: what it is narrowed to and its order, under a name."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Role, SavedView
from dashboard.services.library.saved_views import Place
from dashboard.ui import confirming, messages


def show(
    app: Dashboard,
    place: Place,
    views: Sequence[SavedView],
    query: str,
    *,
    open_with: Callable[[Mapping[str, str]], None],
) -> None:
    """Draw the saved views of a page, and a form to save what it shows now.

    Args:
        app: in the name of whoever looks.
        place: the page.
        views: those there are.
        query: what it shows now, as in its address.
        open_with: shows what the parameters of an address say.
    """
    may_change = app.team.actor.role.covers(Role.EDITOR)
    if not views:
        st.caption("A saved view keeps a search with its filters under a name, for the whole team.")
    for view in views:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                messages.plain(view.name),
                key=f"{place}_view_{view.id}",
                type="tertiary",
                help=f"Saved by {messages.plain(view.created_by)}",
                on_click=lambda view=view: open_with(dict(parse_qsl(view.query))),
            )
            if may_change and st.button(
                "Remove", icon=":material/close:", key=f"{place}_view_remove_{view.id}", type="tertiary"
            ):
                _remove(app, view)
    if not may_change:
        return
    with st.form(f"{place}_view_form", clear_on_submit=True, border=False):
        name = st.text_input("Save this view as", max_chars=100, key=f"{place}_view_name")
        if st.form_submit_button("Save view"):
            with messages.on_failure():
                app.team.saved_views.save(place, name, query)
                st.rerun()


@st.dialog("Remove a saved view", icon=":material/close:")
def _remove(app: Dashboard, view: SavedView) -> None:
    st.write(f"Remove “{messages.plain(view.name)}” for the whole team? The tasks stay.")
    if confirming.confirmed("Remove it", key="saved_view_remove_yes", destroys=True):
        with messages.on_failure():
            app.team.saved_views.remove(view.id or 0)
            st.rerun()
