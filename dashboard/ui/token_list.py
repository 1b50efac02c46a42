"""The registered tokens: how each stands, who depends on it, and what can be done."""

import html
from datetime import datetime

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.credential_views import CredentialView, Health
from dashboard.services.intake import service_name
from dashboard.ui import live, messages, routes, times

_TONES = {
    Health.WORKING: ("good", "✓ Working"),
    Health.READY: ("busy", "○ Not used yet"),
    Health.EXPIRED: ("bad", "⌛ Expired"),
    Health.REJECTED: ("bad", "✕ Rejected"),
    Health.RATE_LIMITED: ("warn", "⏸ Rate limited"),
}


@st.fragment
def show(app: Dashboard) -> None:
    """Draw the list, live."""
    with messages.on_failure():
        views = app.credentials.all()
        if not views:
            st.info(
                "No token yet. Trial tasks need none; all others wait until one is registered.",
                icon=":material/key:",
            )
        for view in views:
            _card(app, view, app.clock())
    live.tick()


def _card(app: Dashboard, view: CredentialView, now: datetime) -> None:
    tone, word = _TONES[view.health]
    with st.container(border=True, key=f"token_{view.id}"):
        st.html(
            f'<p><b>{html.escape(view.label)}</b> <span class="ocr-id">…{html.escape(view.hint)}</span> '
            f'<span class="ocr-state" data-tone="{tone}">{word}</span></p><p class="ocr-quiet">{_facts(view, now)}</p>'
        )
        if view.detail:
            messages.callout(view.detail)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                routes.BOARD,
                label=f"{view.tasks:,} task{'s' if view.tasks != 1 else ''}, {view.open_tasks:,} open",
                icon=":material/table_rows:",
                query_params={"token": str(view.id)},
                width="content",
            )
            if st.button("Paste a new token", icon=":material/key:", key=f"token_replace_{view.id}"):
                _replace(app, view)
            if st.button("Remove", icon=":material/delete:", key=f"token_remove_{view.id}"):
                _remove(app, view)


def _facts(view: CredentialView, now: datetime) -> str:
    zone = st.context.timezone
    facts = [html.escape(service_name(view.api_url)), f"added {times.local(view.created_at, zone)}"]
    if view.expires_at is None:
        facts.append("does not say when it ends")
    elif view.expires_at > now:
        facts.append(f"ends in {times.ticking_left(view.expires_at, now)}")
    else:
        facts.append(f"ended {times.ticking_ago(view.expires_at, now)}")
    if view.last_success_at:
        facts.append(f"last worked {times.ticking_ago(view.last_success_at, now)}")
    return " · ".join(facts)


@st.dialog("Paste a new token", icon=":material/key:")
def _replace(app: Dashboard, view: CredentialView) -> None:
    st.write("Its tasks continue at once with the new one; the old one is forgotten.")
    token = st.text_input("Access token", type="password", autocomplete="off", key="token_list_token")
    if st.button("Save", type="primary", key="token_list_replace_yes"):
        with messages.on_failure():
            app.credentials.replace(view.id, access_token=token)
            st.rerun()


@st.dialog("Remove token", icon=":material/delete:")
def _remove(app: Dashboard, view: CredentialView) -> None:
    st.write("Forget this token? Tasks and stored results stay.")
    if view.open_tasks:
        messages.callout(
            f"{view.open_tasks:,} open tasks use it. They wait until another token is registered."
        )
    if st.button("Remove it", type="primary", key="token_list_remove_yes"):
        with messages.on_failure():
            app.credentials.remove(view.id)
            st.rerun()
