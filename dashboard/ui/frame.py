"""Around every page: what is on all of them, and one calm sentence for any trouble."""

from importlib.resources import files

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import bootstrap
from dashboard.ui import address, display, messages, page_title, routes
from dashboard.ui.components import ANNOUNCE, KEYS, PALETTE, PLACE

_LISTS = {"": "board", "library": "library"}
"""Pages that tasks are opened from, and that people come back to."""


def menu() -> list[StreamlitPage]:
    """The pages there are: one for the team as well, when people sign in."""
    with_team = bootstrap.current().settings.access == "team"
    if with_team:
        routes.remember_named_team()
    return routes.pages(with_team=with_team)


def show(page: StreamlitPage) -> None:
    """Run a page inside the frame."""
    st.logo(str(files("dashboard.ui") / "assets" / "icon.svg"), size="large")
    page_title.say(page.title)
    address.enter(page.url_path)
    with st.container(key="unseen_place"):
        PLACE(data={"list": _LISTS.get(page.url_path)}, key="place")
        KEYS(data={}, key="keys")
        ANNOUNCE(data={}, key="announce")
        PALETTE(data=routes.for_palette(), key="palette")
    display.menu()
    with messages.on_failure():
        if bootstrap.current().sandbox.wanted:
            with st.container(key="frame_sandbox"):
                st.caption(
                    ":material/science: Sandbox mode: results come from a stand-in of the service on this machine."
                )
        page.run()
