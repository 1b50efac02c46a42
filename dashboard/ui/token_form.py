"""Registering a token: a refused one stays in its fields, an accepted one is gone from them."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.credentials.credential_views import CredentialView
from dashboard.services.credentials.service_list import service_name
from dashboard.ui import messages, token_fields
from dashboard.ui.options import told_apart

_KEY = "token_form"
_LABEL = "token_form_label"
_DONE = "token_form_done"


def show(app: Dashboard) -> None:
    """Draw the form, and what came of the one before."""
    if not app.team.actor.role.covers(Role.OWNER):
        st.caption("Owners of the team register tokens and look after them.")
        return
    done: list[str] = st.session_state.pop(_DONE, [])
    if done:
        token_fields.clear(_KEY)
        st.session_state[_LABEL] = ""
    with st.container(border=True, key="token_form_box"):
        st.markdown("**Register a token**")
        kind = token_fields.choose(f"{_KEY}_kind")
        with st.form(_KEY, border=False, enter_to_submit=False):
            urls = app.api_urls
            left, *last = st.columns([3, 2]) if len(urls) > 1 else st.columns(1)
            label = left.text_input("Label", max_chars=200, key=_LABEL, placeholder="Accounting")
            api_url = urls[0]
            if last:
                services = told_apart({url: service_name(url) for url in urls})
                api_url = last[0].selectbox(
                    "Service", urls, format_func=services.__getitem__, key="token_form_service"
                )
            pasted = token_fields.fields(kind, _KEY)
            sent = st.form_submit_button("Register token", type="primary")
    if done:
        messages.callout(*done[1:], tone=done[0])
    if sent:
        with messages.on_failure():
            view, new = app.team.credentials.add(label=label, **pasted, api_url=api_url)
            st.session_state[_DONE] = _outcome(app, view, new=new)
            st.rerun()


def _outcome(app: Dashboard, view: CredentialView, *, new: bool) -> list[str]:
    """A tone and sentences; a client ID and secret are tried at once, because that costs nothing.

    A refused one is said first: below “Registered” it would be overlooked.
    """
    word = "Registered" if new else "This token is registered already, as"
    said = f"{word} “{view.label}”."
    if not view.mints:
        return ["good", said]
    works, sentence = token_fields.try_login(app, view.id)
    if works:
        return ["good", said, sentence]
    kept = f"It is kept as “{view.label}”. Paste the right secret into it below, or test it again later."
    return ["bad", f"The login does not work: {sentence}", kept]
