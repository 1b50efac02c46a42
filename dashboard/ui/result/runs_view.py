"""The runs of a source: sending it again with other settings, comparing any two results, saying which one counts."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.models import Role, State, Task
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import confirming, display, messages, paste_token, routes, submit_settings, times
from dashboard.ui.options import told_apart
from dashboard.ui.result import correction_view
from dashboard.ui.wording import STATES, operation_name

_Run = tuple[Task, bool]


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw what there is; nothing where the image is not held."""
    if detail.source is None:
        return
    task_ref = detail.task.id or 0
    runs = app.team.runs.of(task_ref)
    may_change = app.team.actor.role.covers(Role.EDITOR)
    if len(runs) > 1:
        with st.expander(
            f"{count_of(len(runs), 'result')} of this image", icon=":material/difference:", key="runs"
        ):
            _list(runs, task_ref)
            _choose(app, runs, task_ref, may_change=may_change)
            _compare(app, detail, runs)


def offer(app: Dashboard, detail: TaskDetail, *, primary: bool = False) -> None:
    """Draw the button that sends the image again; nothing where it is not held, and while the task is open."""
    if detail.source is None or detail.state.is_open:
        return
    if st.button(
        "Send again",
        type="primary" if primary else "secondary",
        icon=":material/replay:",
        key="runs_again",
        on_click=lambda: submit_settings.show(_settings_of(app, detail.task)),
        width="content" if primary else "stretch",
        help="With other settings, another operation or without masks; the result here stays.",
    ):
        _again(app, detail)


def _list(runs: Sequence[_Run], task_ref: int) -> None:
    lines = "".join(_line(task, chosen=chosen, here=task.id == task_ref) for task, chosen in runs)
    st.html(f'<ul class="ocr-runs">{lines}</ul>')


def _line(task: Task, *, chosen: bool, here: bool) -> str:
    wording = STATES[State(task.state)]
    name = html.escape(_name(task))
    href = html.escape(routes.task_href(task.id or 0), quote=True)
    title = f"<b>{name}</b> (this one)" if here else f'<a href="{href}" target="_self">{name}</a>'
    best = ' <span class="ocr-badge">the result</span>' if chosen else ""
    state = f'<span class="ocr-state" data-tone="{wording.tone}">{wording.icon} {wording.word}</span>'
    return f"<li>{title}{best} {state}</li>"


def _name(task: Task) -> str:
    when = times.local(task.registered_at, display.zone())
    return f"{operation_name(task.operation, trial=task.trial)}, {when}"


def _choose(app: Dashboard, runs: Sequence[_Run], task_ref: int, *, may_change: bool) -> None:
    is_chosen = any(chosen for task, chosen in runs if task.id == task_ref)
    if not may_change or is_chosen:
        return
    with messages.on_failure():
        if st.button("Mark this one as the result", icon=":material/star:", key="runs_choose"):
            app.team.runs.choose(task_ref)
            st.rerun()


def _compare(app: Dashboard, detail: TaskDetail, runs: Sequence[_Run]) -> None:
    """Word by word with another one."""
    others = told_apart(
        {
            task.id or 0: _name(task)
            for task, _ in runs
            if task.id != detail.task.id and State(task.state).has_result
        }
    )
    if not others or not detail.state.has_result:
        return
    key = "runs_compare"
    if st.session_state.get(key) not in (None, *others):
        st.session_state[key] = None
    other = st.selectbox(
        "Compare this one with", list(others), index=None, format_func=others.__getitem__, key=key
    )
    if other is not None:
        st.caption("Removed: only in the other one. Added: only in this one.")
        correction_view.changes_between(app.team.tasks.detail(other).text or "", detail.text or "")


def _settings_of(app: Dashboard, task: Task) -> SubmissionSettings:
    """What it was sent with, where it was sent from here; else what was used last."""
    sent = app.team.batches.of_task(task.id or 0)
    if sent is None:
        return app.team.presets.last()
    given = {
        "operation": sent.operation,
        "trial": sent.trial,
        "credential_id": sent.credential_id,
        **sent.settings,
    }
    try:
        return SubmissionSettings.read(given)
    except InputRefused:
        return SubmissionSettings()


@st.dialog("Send again", icon=":material/replay:", width="large")
def _again(app: Dashboard, detail: TaskDetail) -> None:
    name = messages.named([detail.task.label or detail.task.task_id])
    st.write(
        f"The image of {name} is sent once more. That makes a new result beside this one; it may be billed."
    )
    operation, trial = submit_settings.first()
    credential_id = None
    if not trial:
        tokens = app.team.credentials.all()
        credential_id = paste_token.choose(tokens, key=submit_settings.TOKEN_KEY)
    submit_settings.second(operation)
    with st.expander("More settings"):
        submit_settings.more(operation)
    if confirming.confirmed("Send it", key="runs_again_yes"):
        with messages.on_failure():
            settings = submit_settings.chosen(operation, trial=trial, credential_id=credential_id)
            batch_id = app.team.runs.send(detail.task.id or 0, settings=settings)
            st.switch_page(routes.BATCH, query_params=routes.with_team({"id": str(batch_id)}))
