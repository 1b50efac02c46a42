"""Who I am here: name, role, other teams, sign-out."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.team.access import SIGN_OUT_PATH
from dashboard.ui import messages, routes, viewer


def show(app: Dashboard) -> None:
    """Draw the line about the visitor, and the way to their other teams."""
    visitor = viewer.signed_in()
    if visitor is None:
        return
    mine = next((place for place in visitor.places if place.team_id == app.team.team_id), None)
    if mine is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f"<p>You are <b>{html.escape(app.team.actor.name)}</b>, {html.escape(mine.role.value)} "
            f"of <b>{html.escape(mine.team)}</b>.</p>",
            width="content",
        )
        # A plain form: signing out must take the cookie away, which only an answer to the browser can do.
        st.html(
            f'<form method="post" action=".{SIGN_OUT_PATH}"><button class="ocr-button">Sign out</button></form>',
            width="content",
        )
    if not app.team.actor.role.covers(Role.OWNER) and (owners := app.team.members.owners()):
        one = len(owners) == 1
        named = html.escape(", ".join(owners))
        st.html(
            f'<p class="ocr-quiet">{"Owner" if one else "Owners"} of the team: <b>{named}</b>. They can give you '
            "another role.</p>"
        )
    for place in visitor.places:
        if place.team_id != app.team.team_id:
            st.page_link(
                routes.BOARD,
                label=f"Go to {messages.plain(place.team)}",
                icon=":material/group:",
                query_params={routes.TEAM: place.slug},
            )
