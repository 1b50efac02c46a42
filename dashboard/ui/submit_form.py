"""The form that sends images and documents: drop, look, choose, send."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.dropping.staging import Waiting
from dashboard.errors import InputRefused
from dashboard.models.default_token import taken_by_default
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.sending.submitting import keep_dropped
from dashboard.ui import (
    confirming,
    drop_zone,
    messages,
    paste_token,
    routes,
    submit_presets,
    submit_settings,
)
from dashboard.ui.submit_plan import Plan, cost_said, plan_of

_LISTED = 5
_NAME = "submit_name"
_AGREED = "submit_agreed"
"""A mark that somebody has agreed to go over the budget with the next click."""


def show(app: Dashboard) -> None:
    """Draw it."""
    submit_settings.begin(app)
    waiting = app.team.dropped.all()
    drop_zone.show(app, waiting, _known(app, waiting))
    submit_presets.choose(app)
    operation, trial = submit_settings.first()
    credential_id = _token(app, trial=trial)
    submit_settings.second(operation)
    with st.expander("More settings"):
        submit_settings.more(operation)
        more = st.container()
    try:
        settings = submit_settings.chosen(operation, trial=trial, credential_id=credential_id)
    except InputRefused as refusal:
        messages.callout(str(refusal))
        return
    with more:
        submit_presets.keep(app, settings)
    _finish(app, waiting, settings)


def _known(app: Dashboard, waiting: Waiting) -> dict[str, tuple[str, str]]:
    """Of files that are here already: what is said about it, and where their result is."""
    found = app.team.kept_sources.known([one.sha256 for one in waiting.files])
    return {
        digest: ("Sent before: look at its result", routes.task_href(one.task_ref))
        for digest, one in found.items()
        if one.task_ref is not None
    }


def _token(app: Dashboard, *, trial: bool) -> int | None:
    """Ask which token is taken; None for the default one, and in evaluation mode."""
    if trial:
        return None
    key = submit_settings.TOKEN_KEY
    tokens = app.team.credentials.all()
    chosen = paste_token.choose(tokens, key=key)
    paste_token.say_health(app, tokens, chosen, trial=False, key=key)
    return chosen


def _finish(app: Dashboard, waiting: Waiting, settings: SubmissionSettings) -> None:
    """Say what would happen, and do it."""
    plan = plan_of(waiting.files, operation=settings.operation, trial=settings.trial)
    if plan.left:
        said = [f"{one.name}: {reason}" for one, reason in plan.left[:_LISTED]]
        more = len(plan.left) - _LISTED
        messages.callout("Not sent with these settings:", *said, f"… and {more:,} more" if more > 0 else "")
    is_over = _say_cost(app, plan, settings)
    name = ""
    if len(plan.sent) > 1:
        name = st.text_input("Name of the batch", key=_NAME, max_chars=200, placeholder=plan.sent[0][0].name)
    clicked = st.button(
        f"Send {count_of(len(plan.sent), 'file')}" if plan.sent else "Send",
        type="primary",
        icon=":material/send:",
        key="submit_send",
    )
    with messages.on_failure():
        if clicked and not plan.sent:
            messages.callout("There is nothing to send yet.", "Drop an image above.", tone="quiet")
        elif clicked and is_over:
            _ask(len(plan.sent))
        elif clicked or st.session_state.pop(_AGREED, False):
            _send(app, plan, settings, name)


def _say_cost(app: Dashboard, plan: Plan, settings: SubmissionSettings) -> bool:
    """Say what it costs where there is a budget; gives back whether that does not reach."""
    if settings.trial or not plan.sent:
        return False
    tokens = app.team.credentials.all()
    view = next((one for one in tokens if one.id == settings.credential_id), None) or taken_by_default(tokens)
    if view is None:
        return False  # what it is sent with is asked for above
    cost = app.team.batches.cost(len(plan.sent), settings=settings)
    if said := cost_said(cost, view.label):
        messages.callout(said, tone="warn" if cost.is_over else "quiet")
    return cost.is_over


@st.dialog("More than the budget leaves", icon=":material/payments:")
def _ask(files: int) -> None:
    st.write(
        f"{count_of(files, 'file')} need more calls than the budget of the token leaves. What is over waits until the "
        "budget begins anew or somebody raises it; the service forgets results 24 hours after it was sent the image."
    )
    if confirming.confirmed("Send all the same", key="submit_over_yes"):
        st.session_state[_AGREED] = True
        st.rerun()


def _send(app: Dashboard, plan: Plan, settings: SubmissionSettings, name: str) -> None:
    """Keep the files, have them sent, and lead to the batch; whatever fails, they wait where they are."""
    ids = [one.id for one, _ in plan.sent]
    if len(app.team.dropped.some(ids)) != len(ids):
        raise InputRefused(
            "Some of these files were sent or removed in another window. Look at what is left."
        )
    bar = st.progress(0.0, text="Keeping the files…")
    sources = []
    for number, (one, _) in enumerate(plan.sent, 1):
        sources.append(keep_dropped(app.team.kept_sources, one))
        bar.progress(number / len(plan.sent), text=f"Keeping the files… {number:,} of {len(plan.sent):,}")
    batch_id = app.team.batches.submit(sources, settings=settings, name=name)
    app.team.dropped.remove(ids)
    st.session_state.pop(_NAME, None)
    st.switch_page(routes.BATCH, query_params=routes.with_team({"id": str(batch_id)}))
