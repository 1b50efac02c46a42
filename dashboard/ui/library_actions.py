"""What can be done with what the library found: take it away, share it, tag it, put it away."""

from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Role
from dashboard.services.library.library_address import write
from dashboard.services.results.export_formats import BUNDLE_MENU
from dashboard.ui import confirming, library_filter, messages, routes, share_form
from dashboard.ui.selection import Selection, said


def show(app: Dashboard, selection: Selection, elsewhere: int) -> None:
    """Draw the bar; without a selection it is about everything that was found.

    Args:
        app: in the name of whoever looks.
        selection: what it is about.
        elsewhere: how many of them are not on this page.
    """
    selected = selection.ids
    with st.container(horizontal=True, vertical_alignment="center", key="library_actions"):
        st.markdown(said(len(selected), elsewhere) if selected else "**Everything found**")
        with st.popover("Download", icon=":material/download:"):
            _downloads(selected)
        if selected:
            st.button(
                "Unselect", icon=":material/deselect:", key="library_unselect", on_click=selection.clear
            )
        if not selected or not app.team.actor.role.covers(Role.EDITOR):
            return
        if st.button("Share", icon=":material/link:", key="library_do_share"):
            share_form.show(app, list(selected))
        if st.button("Tags", icon=":material/sell:", key="library_do_tag"):
            _tag(app, selection)
        shows_archived = st.session_state.get("library_archived") == "only"
        if st.button(
            "Take back" if shows_archived else "Archive",
            icon=":material/unarchive:" if shows_archived else ":material/archive:",
            key="library_do_archive",
            help="Off the board and out of this list; it can still be found with the filter.",
        ):
            with messages.on_failure():
                count = app.team.library.put_away(selected, archived=not shows_archived)
                st.toast(
                    f"{count:,} {'taken back' if shows_archived else 'archived'}.", icon=":material/done:"
                )
                selection.clear()
                st.rerun()


def _downloads(selected: Sequence[int]) -> None:
    which = (
        {"ids": ",".join(map(str, selected))} if selected else {"library": write(library_filter.params_now())}
    )
    for choice in BUNDLE_MENU:
        href = routes.api_href("export", **choice.query, **which)
        st.link_button(choice.label, href, help=choice.explained, width="stretch")


@st.dialog("Tags", icon=":material/sell:")
def _tag(app: Dashboard, selection: Selection) -> None:
    st.write(f"Tags of {count_of(len(selection.ids), 'result')}.")
    known = [name for name, _ in app.team.library.tags()]
    add = st.multiselect(
        "Put on", known, accept_new_options=True, placeholder="Choose or type", key="library_tag_add"
    )
    remove = st.multiselect("Take off", known, placeholder="Choose", key="library_tag_remove")
    if confirming.confirmed("Save", key="library_tag_yes"):
        with messages.on_failure():
            app.team.library.tag(selection.ids, add=add, remove=remove)
            selection.clear()
            st.rerun()
