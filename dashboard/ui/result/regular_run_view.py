"""Offering to have the same image read without evaluation mode, with a token and at a stated cost."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import confirming, messages, routes
from dashboard.ui.token_words import names_of


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the offer for editors: the button when image and token are there, else what is missing."""
    if not app.team.actor.role.covers(Role.EDITOR):
        return
    tokens = [
        view
        for view in app.team.credentials.all()
        if view.api_url == detail.task.api_url and view.health.works
    ]
    if not tokens:
        st.caption("To read the masked words, have the image read with a token. Register one on Tokens.")
        st.page_link(routes.TOKENS, label="Tokens", icon=":material/key:", query_params=routes.with_team({}))
        return
    if detail.source is None:
        st.caption(
            "To read the masked words, add the image beside the text; it can then be sent with a token, unmasked."
        )
        return
    if st.button("Read it without masks", icon=":material/visibility:", width="stretch", key="regular_run"):
        _confirm(app, detail, names_of(tokens))


@st.dialog("Read it without masks", icon=":material/visibility:")
def _confirm(app: Dashboard, detail: TaskDetail, tokens: dict[int, str]) -> None:
    st.write(
        f"The image of {messages.named([detail.task.label or detail.task.task_id])} is sent once with the token, "
        "outside evaluation mode and with the usual settings. That makes a new task: one call to send it and those "
        "to fetch its result, which may be billed."
    )
    token = st.selectbox("Token", list(tokens), format_func=tokens.__getitem__, key="regular_run_token")
    if confirming.confirmed("Send it", key="regular_run_yes"):
        with messages.on_failure(), st.spinner("Sending the image…"):
            new_ref = app.team.regular_run.send(detail.task.id or 0, credential_id=token)
            st.query_params.from_dict(routes.with_team({"id": str(new_ref)}))
            st.rerun()
