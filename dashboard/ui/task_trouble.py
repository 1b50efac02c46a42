"""A task in trouble: why, in one place, and the one thing that most likely mends it."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import ParkReason, Role, State
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import endpoint_search, messages, routes
from dashboard.ui.result import runs_view

_OF_TOKENS = frozenset(
    {
        ParkReason.TOKEN_MISSING,
        ParkReason.TOKEN_REJECTED,
        ParkReason.TOKEN_EXPIRED,
        ParkReason.PLAN_REFUSED,
        ParkReason.BUDGET_REACHED,
        ParkReason.KEY_MISSING,
    }
)
"""What is mended on the page of tokens."""

GONE = frozenset({State.FAILED, State.EXPIRED, State.DATA_LOST, State.CANCELLED})
"""What only sending the image again can mend."""


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw causes and the button; nothing where there is no trouble."""
    _causes(detail)
    if app.team.actor.role.covers(Role.EDITOR):
        _mend(app, detail)


def _causes(detail: TaskDetail) -> None:
    task = detail.task
    if detail.absence:
        messages.callout("What our calls tell:", *detail.absence, tone="quiet")
    if detail.parked and detail.parked_detail:
        messages.callout("What happened:", detail.parked_detail)
    if task.notices:
        tone = "warn" if detail.state.has_result else "bad"
        messages.callout("The service says:", *task.notices, tone=tone)
    if task.remarks:
        messages.callout("Worth knowing:", *task.remarks, tone="quiet")


def _mend(app: Dashboard, detail: TaskDetail) -> None:
    if detail.parked in _OF_TOKENS:
        if st.button("Mend the token", type="primary", icon=":material/key:", key="task_trouble_token"):
            st.switch_page(routes.TOKENS, query_params=routes.with_team({}))
    elif detail.parked or detail.state is State.PARTIAL:
        return  # *Check now* stands in the bar
    elif detail.state is State.NOT_FOUND:
        endpoint_search.offer(app, detail, primary=True)
    elif detail.state in GONE:
        _send_again(app, detail)


def _send_again(app: Dashboard, detail: TaskDetail) -> None:
    if detail.source is not None:
        runs_view.offer(app, detail, primary=True)
    elif st.button("Send the image again", type="primary", icon=":material/replay:", key="task_trouble_add"):
        st.switch_page(routes.ADD, query_params=routes.with_team({}))
