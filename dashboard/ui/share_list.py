"""The share links of the team: what they show, how often they were looked at, and ending them."""

import html
from datetime import datetime

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Role
from dashboard.services.results.sharing import ShareView
from dashboard.ui import confirming, display, messages, times

_MOST = 100


def show(app: Dashboard) -> None:
    """Draw them for editors and owners; nothing while there are none."""
    if not app.team.actor.role.covers(Role.EDITOR):
        return
    shares = app.team.sharing.all()
    if not shares:
        return
    working = sum(share.works for share in shares)
    with st.expander(f"Share links ({working} working)", icon=":material/link:", key="share_list"):
        for share in shares[:_MOST]:
            row(app, share, app.clock())
        if len(shares) > _MOST:
            st.caption(f"Shown are the latest {_MOST}.")


def row(app: Dashboard, share: ShareView, now: datetime) -> None:
    """Draw one link with the button that ends it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"share_{share.id}"):
        st.html(f'<span class="ocr-quiet">{_facts(share, now)}</span>')
        if share.works and st.button("Revoke", icon=":material/link_off:", key=f"share_revoke_{share.id}"):
            _revoke(app, share)


@st.dialog("Revoke a share link", icon=":material/link_off:")
def _revoke(app: Dashboard, share: ShareView) -> None:
    st.write(
        f"Revoke “{messages.plain(share.label)}” (…{messages.plain(share.hint)})? Whoever has the link can no longer "
        f"read its {count_of(share.tasks, 'result')}. It does not work again; the results stay here."
    )
    if confirming.confirmed("Revoke it", key="share_list_revoke_yes", destroys=True):
        with messages.on_failure():
            app.team.sharing.revoke(share.id)
            st.rerun()


def _facts(share: ShareView, now: datetime) -> str:
    facts = [
        f"<b>{html.escape(share.label)}</b> …{html.escape(share.hint)}",
        count_of(share.tasks, "result"),
        f"made {display.moment(share.created_at)} by {html.escape(share.created_by)}",
        _seen(share),
        times.ending(share.expires_at, now, revoked=share.revoked),
    ]
    return " · ".join(facts)


def _seen(share: ShareView) -> str:
    if not share.views or share.last_viewed_at is None:
        return "not looked at yet"
    often = "once" if share.views == 1 else f"{share.views:,} times"
    return f"looked at {often}, last {display.moment(share.last_viewed_at)}"
