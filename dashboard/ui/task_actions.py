"""What can be done with one task: check now, look again elsewhere, rename, cancel, delete."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import ATTENTION_STATES, Operation, Role, State
from dashboard.polling.transition import CONFIRMATIONS
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.store.tasks import REOPENED_STATES
from dashboard.ui import (
    confirming,
    endpoint_search,
    messages,
    paste_token,
    share_form,
    share_list,
    task_trouble,
    way_back,
)
from dashboard.ui.result import runs_view
from dashboard.ui.token_words import names_of
from dashboard.ui.wording import OPERATIONS

_MOST_OFFERED = 3


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the buttons that make sense in this state: what people came for, and a menu of the rest."""
    task_ref = detail.task.id or 0
    if not app.team.actor.role.covers(Role.EDITOR):
        return  # every service refuses as well; buttons that only refuse are noise
    if (detail.state.is_open or detail.state in REOPENED_STATES) and st.button(
        "Check now", icon=":material/sync:", key="task_actions_check"
    ):
        with messages.on_failure():
            app.team.tasks.check_now([task_ref])
            st.rerun()
    _seen(app, detail)
    if st.button("Share", icon=":material/link:", key="task_actions_share"):
        share_form.show(app, [task_ref])
    with st.popover("More", icon=":material/more_horiz:", width="content", key="task_actions_more"):
        if st.button("Rename", icon=":material/edit:", key="task_actions_rename", width="stretch"):
            _rename(app, detail)
        if detail.state not in task_trouble.GONE:  # there it stands where everybody sees it
            runs_view.offer(app, detail)
        if detail.state.is_open or detail.state in REOPENED_STATES:
            _elsewhere(app, detail)
        _other_tokens(app, detail)
        if detail.state.is_open and st.button(
            "Cancel", icon=":material/cancel:", key="task_actions_cancel", width="stretch"
        ):
            _cancel(app, detail)
        if st.button("Delete", icon=":material/delete:", key="task_actions_delete", width="stretch"):
            _delete(app, detail)


def links(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the links that show it."""
    if app.team.actor.role.covers(Role.EDITOR):
        for share in detail.shares:
            share_list.row(app, share, app.clock())


def _seen(app: Dashboard, detail: TaskDetail) -> None:
    """That the way it has ended is known: the board counts it no more among what needs somebody."""
    if detail.state not in ATTENTION_STATES:
        return
    unseen = detail.task.attended_at is None
    if st.button(
        "Seen" if unseen else "Needs me again",
        icon=":material/visibility:" if unseen else ":material/notifications:",
        key="task_actions_seen",
        help="The board counts it no more among those that need you." if unseen else None,
    ):
        with messages.on_failure():
            app.team.tasks.mark_seen([detail.task.id or 0], seen=unseen)
            st.rerun()


def _elsewhere(app: Dashboard, detail: TaskDetail) -> None:
    """The same, rarely needed: search while it is open, or say oneself which endpoint it was."""
    if detail.state is not State.NOT_FOUND:
        endpoint_search.offer(app, detail)
    if endpoint_search.may_be_elsewhere(detail) and st.button(
        "Wrong operation or token?", icon=":material/alt_route:", key="task_actions_again", width="stretch"
    ):
        _look_again(app, detail)


def _other_tokens(app: Dashboard, detail: TaskDetail) -> None:
    """For an ID the service does not know: the same question with the team's other tokens, at a stated cost."""
    task = detail.task
    if detail.state is not State.NOT_FOUND or task.trial:
        return
    others = [
        view
        for view in app.team.credentials.all()
        if view.api_url == task.api_url and view.id != task.credential_id and view.health.works
    ]
    for view in others[:_MOST_OFFERED]:
        used = f"; {count_of(view.meter.month, 'call')} used this month"
        if view.monthly_budget:
            used = f"; {view.meter.month:,} of {view.monthly_budget:,} calls used this month"
        if st.button(
            f"Try with “{messages.plain(view.label)}”",
            icon=":material/key:",
            key=f"task_actions_try_{view.id}",
            help=f"Costs 1 call if the task is there, up to {CONFIRMATIONS} if not{used}.",
        ):
            with messages.on_failure():
                app.team.tasks.look_again_as(
                    task.id or 0,
                    operation=Operation(task.operation),
                    trial=False,
                    credential_id=view.id,
                )
                st.rerun()
    if others:
        st.caption(f"Trying another token costs 1 call if the task is there, up to {CONFIRMATIONS} if not.")


@st.dialog("Look for it elsewhere", icon=":material/alt_route:")
def _look_again(app: Dashboard, detail: TaskDetail) -> None:
    st.write(
        f"{_name(detail)}: a result can only be fetched from the endpoint that took the image, with a token of the "
        "same account."
    )
    operations = list(Operation)
    operation = st.selectbox(
        "Operation",
        operations,
        index=operations.index(Operation(detail.task.operation)),
        format_func=lambda one: f"{OPERATIONS[one]} ({one.value})",
        key="task_actions_operation",
    )
    trial = operation.has_trial and st.toggle(
        "Sent in evaluation mode", value=detail.task.trial, key="task_actions_trial"
    )
    tokens = names_of(paste_token.views_of(app, detail.task.api_url))
    credential_id = None
    if tokens and not trial:
        credential_id = st.selectbox(
            "Token",
            list(tokens),
            index=list(tokens).index(detail.task.credential_id) if detail.task.credential_id in tokens else 0,
            format_func=tokens.__getitem__,
            key="task_actions_token",
        )
    if confirming.confirmed("Look again", key="task_actions_again_yes"):
        with messages.on_failure():
            app.team.tasks.look_again_as(
                detail.task.id or 0, operation=operation, trial=trial, credential_id=credential_id
            )
            st.rerun()


@st.dialog("Rename", icon=":material/edit:")
def _rename(app: Dashboard, detail: TaskDetail) -> None:
    st.write(f"Task {messages.plain(detail.task.task_id)}")
    label = st.text_input("Label", value=detail.task.label, max_chars=200, key="task_actions_label")
    if confirming.confirmed("Save", key="task_actions_rename_yes"):
        with messages.on_failure():
            app.team.tasks.relabel(detail.task.id or 0, label)
            st.rerun()


@st.dialog("Cancel task", icon=":material/cancel:")
def _cancel(app: Dashboard, detail: TaskDetail) -> None:
    st.write(
        f"Take {_name(detail)} out of the service's queue? The image would have to be sent again to be read."
    )
    if confirming.confirmed("Cancel it", key="task_actions_cancel_yes", leave="Keep it", destroys=True):
        with messages.on_failure(), st.spinner("Asking the service…"):
            count, problems = app.team.tasks.cancel([detail.task.id or 0])
            if count:
                st.rerun()
            messages.callout("It could not be cancelled and stays open.", *problems)


@st.dialog("Delete task", icon=":material/delete:")
def _delete(app: Dashboard, detail: TaskDetail) -> None:
    st.write(f"Delete {_name(detail)} with all stored text and files? This cannot be undone.")
    if confirming.confirmed("Delete it", key="task_actions_delete_yes", destroys=True):
        with messages.on_failure():
            app.team.tasks.delete([detail.task.id or 0])
            way_back.go(detail.task.id or 0)
            st.rerun()


def _name(detail: TaskDetail) -> str:
    return messages.named([detail.task.label or detail.task.task_id])
