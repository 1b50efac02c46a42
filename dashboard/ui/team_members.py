"""The signed-in browsers of the team, and sending one away."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.members import Member
from dashboard.ui import messages, times

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


def show(app: Dashboard) -> None:
    """Draw everybody who is in, the latest seen first."""
    with messages.on_failure():
        for member in app.members.members():
            _row(app, member)


def _row(app: Dashboard, member: Member) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"team_member_{member.sign_in_id}"):
        st.html(_facts(app, member))
        if not member.is_me and st.button(
            "Sign out", icon=":material/logout:", key=f"team_member_out_{member.sign_in_id}"
        ):
            with messages.on_failure():
                app.members.expel(member.sign_in_id)
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
