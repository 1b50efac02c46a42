"""Name and retention of the team, its export, another team, and the danger zone."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.ui import conditions_view, confirming, messages, routes


def show(app: Dashboard) -> None:
    """Draw the settings of the team."""
    team = app.team.team_settings.team()
    conditions_view.show_retention(app)
    with st.form("team_settings", enter_to_submit=False):
        name = st.text_input("Name", value=team.name, max_chars=80, key="team_settings_name")
        days = st.number_input(
            "Delete finished tasks after days",
            min_value=1,
            value=team.keep_days,
            placeholder="never",
            key="team_settings_days",
            help="With everything stored for them, counted from when they ended. Open tasks are never deleted.",
        )
        keeps = st.toggle(
            "Keep images with their tasks",
            value=team.keep_sources,
            key="team_settings_sources",
            help="Images that are sent from here stand beside their text, and can be sent again with other settings.",
        )
        source_days = st.number_input(
            "Delete images after days",
            min_value=1,
            value=team.keep_sources_days,
            placeholder="with their tasks",
            key="team_settings_source_days",
            help="Counted from when they were added. Results stay.",
        )
        if st.form_submit_button("Save", type="primary"):
            with messages.on_failure():
                app.team.team_settings.change(name=name, keep_days=days)
                app.team.team_settings.keep_sources(keeps=keeps, days=source_days)
                messages.callout("Saved.", tone="good")
    st.link_button(
        "Export everything (ZIP)",
        routes.api_href("team/export"),
        icon=":material/archive:",
        help="Results, tasks, tokens without their secrets, members and the audit log.",
    )
    if st.button("New team", icon=":material/group_add:", key="team_settings_new"):
        _new_team(app)
    with st.expander("Danger zone", icon=":material/warning:"):
        _danger(app)


@st.dialog("New team", icon=":material/group_add:")
def _new_team(app: Dashboard) -> None:
    st.write("It has tokens, tasks, results, members and keys of its own. You will be its owner.")
    name = st.text_input("Name", max_chars=80, key="team_settings_new_name")
    if confirming.confirmed("Make it", key="team_settings_new_yes"):
        with messages.on_failure():
            routes.switch_to(app.team.team_settings.make_team(name))


def _danger(app: Dashboard) -> None:
    st.write(
        "Deletes the team with every task, result, token, link, key and log line it owns. "
        "This cannot be undone; export everything first."
    )
    typed = st.text_input("Type the name of the team", key="team_settings_delete_name")
    with st.container(key="danger_team_settings"):
        wanted = st.button(
            "Delete this team", icon=":material/delete_forever:", type="primary", key="team_settings_delete"
        )
    if wanted:
        with messages.on_failure():
            app.team.team_settings.delete_team(typed_name=typed)
            st.switch_page(routes.BOARD, query_params={})
