"""Registering a token: a write-only field, so what is pasted is never shown again."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.intake import service_name
from dashboard.ui import messages


def show(app: Dashboard) -> None:
    """Draw the form; a refused token stays in its field."""
    with st.form("token_form", border=True, enter_to_submit=False):
        st.markdown("**Register an access token**")
        left, right, last = st.columns([2, 4, 2])
        label = left.text_input("Label", max_chars=200, key="token_form_label", placeholder="Accounting")
        token = right.text_input(
            "Access token",
            type="password",
            key="token_form_token",
            autocomplete="off",
            help="What POST /connect/token answers as access_token. It ends after about an hour; "
            "paste a new one into the same entry then. Stored encrypted, never shown again.",
        )
        urls = app.api_urls
        api_url = urls[0]
        if len(urls) > 1:
            api_url = last.selectbox("Service", urls, format_func=service_name, key="token_form_service")
        sent = st.form_submit_button("Register token", type="primary")
    if sent:
        with messages.on_failure():
            view, new = app.credentials.add(label=label, access_token=token, api_url=api_url)
            word = "Registered" if new else "This token is registered already, as"
            messages.callout(f"{word} “{view.label}”.", tone="good" if new else "quiet")
