"""The registered tokens, live, and where their secrets are kept."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.ui import live, messages, token_card, viewer


@st.fragment
def show(app: Dashboard) -> None:
    """Draw the list."""
    viewer.leave_if_changed()
    with messages.on_failure():
        views = app.team.credentials.all()
        if not views:
            st.info(
                "No token yet. Trial tasks need none; all others wait until one is registered.",
                icon=":material/key:",
            )
        for view in views:
            others = [other for other in views if other.api_url == view.api_url and other.id != view.id]
            token_card.show(app, view, others, app.clock())
        _keys(app)
    live.tick()


def _keys(app: Dashboard) -> None:
    if app.settings.secret_keys is None:
        st.html(
            '<p class="ocr-quiet">Secrets are encrypted with the key file <code>secret.key</code> in the data folder. '
            "It lies beside the database: whoever copies the folder has both. "
            "<code>OCR_DASHBOARD_SECRET_KEYS</code> keeps them apart.</p>"
        )
