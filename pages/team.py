"""Team: who belongs to it, how they get in, and who did what."""

import streamlit as st

from dashboard.models import Role
from dashboard.ui import (
    live,
    team_address,
    team_audit,
    team_keys,
    team_links,
    team_me,
    team_members,
    team_settings_form,
    viewer,
)

app = viewer.current()

st.title("Team", anchor=False)
live.clock(app.clock())
team_me.show(app)
if app.team.actor.role is Role.OWNER:
    address = team_address.in_address()
    address.begin()
    members, links, keys, audit, settings = st.tabs(
        ["Members", "Team URLs", "API keys", "Audit log", "Settings"],
        key=team_address.TABS_KEY,
        on_change="rerun",
    )
    with members:
        team_members.show(app)
    with links:
        team_links.show(app)
    with keys:
        team_keys.show(app)
    with audit:
        team_audit.show(app)
    with settings:
        team_settings_form.show(app)
    address.settle()
