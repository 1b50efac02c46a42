"""The dialog that asks which endpoint took a task: what would be asked, what it costs, and what came of it."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.services.tasks.endpoint_search import SearchPlan
from dashboard.services.tasks.likely_endpoints import Place
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import confirming, messages
from dashboard.ui.wording import OPERATIONS

_KEY = "endpoint_search"


def may_be_elsewhere(detail: TaskDetail) -> bool:
    """Whether the service has never confirmed that it knows this ID under this operation."""
    return detail.task.seen_at is None


def offer(app: Dashboard, detail: TaskDetail, *, primary: bool = False) -> None:
    """Draw the button for an ID that nobody has confirmed; nothing for others."""
    if may_be_elsewhere(detail) and st.button(
        "Which endpoint took it?",
        type="primary" if primary else "secondary",
        icon=":material/travel_explore:",
        key="task_actions_search",
        width="content" if primary else "stretch",
    ):
        show(app, detail.task.id or 0, detail.task.label or detail.task.task_id)


@st.dialog("Which endpoint took it?", icon=":material/travel_explore:")
def show(app: Dashboard, task_ref: int, name: str) -> None:
    """Ask, and search.

    Args:
        app: the dashboard.
        task_ref: our ID of the task.
        name: what it is called.
    """
    st.write(
        f"{messages.named([name])} is not known to the endpoint that was asked so far. Others can be asked."
    )
    with messages.on_failure():
        plan = app.team.endpoint_search.plan(task_ref)
        if not plan.places:
            messages.callout("There is nothing to ask: no token of this service works now.", tone="quiet")
            return
        _say(plan)
        if not confirming.confirmed("Search", key=f"{_KEY}_yes"):
            return
        with st.spinner("Asking the service…"):
            outcome = app.team.endpoint_search.run(plan)
        if outcome.found is not None:
            st.rerun()
        messages.callout(outcome.sentence, f"{count_of(outcome.calls, 'call')} with the token.", tone="quiet")


def _say(plan: SearchPlan) -> None:
    free = [place for place in plan.places if place.is_free]
    paid = [place for place in plan.places if not place.is_free]
    if plan.token is None:
        st.write(
            f"Without a token, at no cost: {_names(free)}. No token of this service works now: nothing else is asked."
        )
        return
    if not paid:
        st.write(f"At no cost: {_names(free)}.")
    else:
        used = f"{plan.token.meter.month:,}"
        if plan.token.monthly_budget:
            used = f"{plan.token.meter.month:,} of {plan.token.monthly_budget:,}"
        st.write(
            f"First whether the service knows the ID at all: 1 call with “{messages.plain(plan.token.label)}”. "
            + (f"Then, at no cost: {_names(free)}. " if free else "")
            + f"If it knows the ID, one after the other until one has it: {_names(paid)}."
        )
        st.write(
            f"**At most {count_of(plan.most_calls, 'call')}**, the fetching of the result included, which may be "
            f"billed; 1 if the service does not know the ID. Calls so far this month: {used}."
        )


def _names(places: list[Place]) -> str:
    return ", ".join(
        f"{OPERATIONS[place.operation]}{' (evaluation mode)' if place.trial else ''}" for place in places
    )
