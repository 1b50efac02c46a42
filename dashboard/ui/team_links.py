"""Links to join the team by: made, shown once, listed, revoked."""

import html
from datetime import datetime

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import JoinLink, Role
from dashboard.services.team.access import JOIN_PATH
from dashboard.ui import confirming, display, messages, public_address, times

_MADE = "team_links_made"


def show(app: Dashboard) -> None:
    """Draw the form, the link that was made just now, and all links."""
    st.header("Team URLs", anchor=False)
    st.write("Whoever opens such a link joins the team. Send it only to people who may.")
    with st.form("team_link_form", enter_to_submit=False):
        role, life, uses, label = st.columns([2, 2, 2, 3])
        chosen = role.selectbox(
            "Role", list(Role), format_func=lambda one: one.value.capitalize(), key="team_link_role"
        )
        lasts = life.selectbox("Works for", list(times.LIVES), index=1, key="team_link_life")
        most = uses.number_input(
            "For how many people", min_value=1, max_value=10_000, value=None, placeholder="any number"
        )
        called = label.text_input("Label", max_chars=100, placeholder="Accounting", key="team_link_label")
        if st.form_submit_button("Make a link", type="primary"):
            with messages.on_failure():
                st.session_state[_MADE] = app.team.members.make_link(
                    role=chosen or Role.VIEWER, label=called, expires_in=times.LIVES[lasts], uses=most
                )
    if secret := st.session_state.get(_MADE):
        messages.callout("The link is shown only now. Copy it.", tone="good")
        address = f"{public_address.base()}{JOIN_PATH}/{secret}"
        st.code(address, language=None, wrap_lines=True)
        public_address.warn(address)
    with messages.on_failure():
        for link in app.team.members.links():
            _row(app, link, app.clock())


def _row(app: Dashboard, link: JoinLink, now: datetime) -> None:
    ended = link.revoked_at is not None or (link.expires_at is not None and link.expires_at <= now)
    with st.container(horizontal=True, vertical_alignment="center", key=f"team_link_{link.id}"):
        st.html(f'<span class="ocr-quiet">{_facts(link, now)}</span>')
        if not ended and st.button("Revoke", icon=":material/link_off:", key=f"team_link_revoke_{link.id}"):
            _revoke(app, link)


@st.dialog("Revoke a team URL", icon=":material/link_off:")
def _revoke(app: Dashboard, link: JoinLink) -> None:
    inside = sum(member.link_id == link.id for member in app.team.members.members())
    st.write(
        f"Revoke “{messages.plain(link.label)}” (…{messages.plain(link.hint)})? Nobody can join by it any more, and "
        f"whoever came by it is signed out: {count_of(inside, 'member')} now."
    )
    if confirming.confirmed("Revoke it", key="team_links_revoke_yes", destroys=True):
        with messages.on_failure():
            app.team.members.revoke_link(link.id or 0)
            st.session_state.pop(_MADE, None)
            st.rerun()


def _facts(link: JoinLink, now: datetime) -> str:
    facts = [
        f"<b>{html.escape(link.label)}</b> …{html.escape(link.hint)}",
        f"as {html.escape(link.role)}",
        f"made {display.moment(link.created_at)} by {html.escape(link.created_by)}",
        came(link),
        times.ending(link.expires_at, now, revoked=link.revoked_at is not None),
    ]
    return " · ".join(filter(None, facts))


def came(link: JoinLink) -> str:
    """How many have joined by a link; of how many, where it has a limit."""
    if link.uses_left is not None:
        return f"{link.uses:,} of {link.uses + link.uses_left:,} came"
    return f"{link.uses:,} came" if link.uses else "nobody came yet"
