"""The form that sends images and documents: drop, look, choose, send."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.ui import drop_zone, messages, submit_settings
from dashboard.ui.submit_plan import plan_of


def show(app: Dashboard) -> None:
    """Draw it."""
    submit_settings.begin(None)
    waiting = drop_zone.show(app, {})
    operation, trial = submit_settings.first()
    submit_settings.second(operation)
    with st.expander("More settings"):
        submit_settings.more(operation)
    try:
        chosen = submit_settings.chosen(operation, trial=trial)
    except InputRefused as refusal:
        messages.callout(str(refusal))
        return
    plan = plan_of(waiting.files, operation=chosen.operation, trial=chosen.trial)
    st.button(
        f"Send {count_of(len(plan.sent), 'file')}" if plan.sent else "Send", type="primary", key="submit_send"
    )
