"""The signed-in browsers of the team, what each may do, and sending one away."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.team.member_view import Member
from dashboard.ui import confirming, messages, times

# The first mark that is found counts: most browsers claim to be others as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)

_MAY = {
    Role.VIEWER: "Sees, searches and downloads.",
    Role.EDITOR: "Also registers tasks, asks again, cancels, deletes and shares.",
    Role.OWNER: "Also looks after tokens, members, keys and settings.",
}

_MAY_WORDS = list(_MAY.values())
_NAMES = {role: role.value.capitalize() for role in _MAY}


def show(app: Dashboard) -> None:
    """Draw everybody who is in, the latest seen first."""
    with messages.on_failure():
        for member in app.team.members.members():
            _row(app, member)


def _row(app: Dashboard, member: Member) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"team_member_{member.sign_in_id}"):
        st.html(_facts(app, member))
        if st.button("Role", icon=":material/badge:", key=f"team_member_role_{member.sign_in_id}"):
            _change_role(app, member)
        if not member.is_me and st.button(
            "Sign out", icon=":material/logout:", key=f"team_member_out_{member.sign_in_id}"
        ):
            _sign_out(app, member)


@st.dialog("Change a role", icon=":material/badge:")
def _change_role(app: Dashboard, member: Member) -> None:
    st.write(f"What may “{messages.plain(member.called)}” do here?")
    roles = list(_MAY)
    chosen = st.radio(
        "Role",
        roles,
        index=roles.index(member.role),
        format_func=_NAMES.__getitem__,
        captions=_MAY_WORDS,
        key=f"team_members_role_{member.sign_in_id}",
    )
    if member.by_account:
        st.caption("They came by a rule of single sign-on, which decides again at their next sign-in.")
    else:
        st.caption("A team URL for a larger role, while it works, gives that role to whoever opens it.")
    if confirming.confirmed("Change it", key="team_members_role_yes"):
        with messages.on_failure():
            app.team.members.set_role(member.sign_in_id, chosen)
            st.rerun()


@st.dialog("Sign somebody out", icon=":material/logout:")
def _sign_out(app: Dashboard, member: Member) -> None:
    back = (
        "Single sign-on lets them in again at their next sign-in."
        if member.by_account
        else "To come back they need a team URL."
    )
    st.write(
        f"Sign “{messages.plain(member.called)}” out of this team, in "
        f"{messages.plain(browser_name(member.browser))}? {back}"
    )
    if confirming.confirmed("Sign out", key="team_members_out_yes", destroys=True):
        with messages.on_failure():
            app.team.members.expel(member.sign_in_id)
            st.rerun()


def _facts(app: Dashboard, member: Member) -> str:
    me = " (you)" if member.is_me else ""
    facts = [
        f"<b>{html.escape(member.called)}</b>{me}",
        html.escape(member.role.value),
        f"by “{html.escape(member.link)}”" if member.link else "",
        "by single sign-on" if member.by_account else "",
        f"seen {times.ticking_ago(member.last_seen_at, app.clock())}",
        f'<span title="{html.escape(member.browser)}">{browser_name(member.browser)}</span>',
    ]
    return " · ".join(fact for fact in facts if fact)


def browser_name(agent: str) -> str:
    """What a browser is called, for people to recognise their own; our own words, never the agent's."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "another browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser
