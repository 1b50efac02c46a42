"""Registering a token: a write-only field, so what is pasted is never shown again."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.intake import service_name
from dashboard.ui import messages

_FIELD = "token_form_token"
_LABEL = "token_form_label"
_DONE = "token_form_done"


def show(app: Dashboard) -> None:
    """Draw the form; a refused token stays in its field, an accepted one is gone from it."""
    done = st.session_state.pop(_DONE, "")
    if done:
        st.session_state[_FIELD] = st.session_state[_LABEL] = ""
    with st.form("token_form", border=True, enter_to_submit=False):
        st.markdown("**Register an access token**")
        urls = app.api_urls
        left, right, *last = st.columns([2, 4, 2] if len(urls) > 1 else [2, 4])
        label = left.text_input("Label", max_chars=200, key=_LABEL, placeholder="Accounting")
        token = right.text_input(
            "Access token",
            type="password",
            key=_FIELD,
            autocomplete="off",
            help="What POST /connect/token answers as access_token. It ends after about an hour; "
            "paste a new one into the same entry then. Stored encrypted, never shown again.",
        )
        api_url = urls[0]
        if last:
            api_url = last[0].selectbox("Service", urls, format_func=service_name, key="token_form_service")
        sent = st.form_submit_button("Register token", type="primary")
    if done:
        messages.callout(done, tone="good")
    if sent:
        with messages.on_failure():
            view, new = app.credentials.add(label=label, access_token=token, api_url=api_url)
            word = "Registered" if new else "This token is registered already, as"
            st.session_state[_DONE] = f"{word} “{view.label}”."
            st.rerun()
