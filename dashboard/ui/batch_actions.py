"""What can be done with a batch: take its results away, share them, hurry, pause and end it; and what is undecided."""

from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Role, State, Submission, SubmissionState
from dashboard.services.sending.batch_views import BatchItem, BatchView
from dashboard.ui import confirming, messages, routes, share_form

_OUTCOME = "batch_actions_outcome"
_AGAIN = frozenset({SubmissionState.PERHAPS_SENT, SubmissionState.REFUSED, SubmissionState.CANCELLED})


def show(app: Dashboard, view: BatchView) -> None:
    """Draw the bar of actions, and what the last one did."""
    if said := st.session_state.pop(_OUTCOME, ""):
        st.toast(messages.plain(said), icon=":material/done:")
    may_change = app.team.actor.role.covers(Role.EDITOR)
    progress = view.progress
    with st.container(horizontal=True, vertical_alignment="center", key="batch_actions"):
        if progress.kept:
            _download(app, view)
        if not may_change:
            return
        if progress.kept and st.button("Share", icon=":material/link:", key="batch_share"):
            share_form.show(app, app.team.batches.task_refs(view.id))
        if progress.reading and st.button("Check now", icon=":material/sync:", key="batch_check"):
            count = app.team.tasks.check_now(_open_refs(app, view.id))
            _remember(f"Asking about {count_of(count, 'task')} now.")
        if (
            progress.waiting
            and not view.is_paused
            and st.button("Pause", icon=":material/pause:", key="batch_pause")
        ):
            app.team.batches.pause(view.id)
            _remember("Paused: nothing more of it is sent. What was sent is read and kept.")
        if view.is_paused and st.button("Go on", icon=":material/play_arrow:", key="batch_resume"):
            app.team.batches.resume(view.id)
            _remember("It goes on.")
        if progress.waiting and st.button(
            f"Cancel {progress.waiting:,} not sent", icon=":material/cancel:", key="batch_cancel"
        ):
            _confirm_cancel(app, view)


def show_undecided(app: Dashboard, items: Sequence[BatchItem]) -> None:
    """Ask about files of which nobody knows whether they have arrived, and offer others once more."""
    some = [
        one.submission
        for one in items
        if one.task is None and one.submission.source_id and SubmissionState(one.submission.state) in _AGAIN
    ]
    if not some or not app.team.actor.role.covers(Role.EDITOR):
        return
    with st.container(horizontal=True, key="batch_undecided"):
        for one in some:
            if st.button(
                f"Send “{messages.plain(one.label)}” again",
                icon=":material/replay:",
                key=f"batch_again_{one.id}",
            ):
                _again(app, one)


def _again(app: Dashboard, one: Submission) -> None:
    if one.state == SubmissionState.PERHAPS_SENT:
        _confirm_again(app, one)
        return
    app.team.batches.send_again(one.id or 0)
    _remember(f"“{one.label}” is sent again.")


@st.dialog("Send it again", icon=":material/replay:")
def _confirm_again(app: Dashboard, one: Submission) -> None:
    st.write(
        f"“{messages.plain(one.label)}” was sent, and no answer came: it may have arrived or not. Sent again, it is "
        "surely read; if it had arrived, the service reads it twice, which may be billed. Nobody can ask for the first "
        "one, because its task ID is not known."
    )
    if confirming.confirmed("Send it again", key="batch_again_yes", leave="Leave it"):
        with messages.on_failure():
            app.team.batches.send_again(one.id or 0)
            _remember(f"“{one.label}” is sent again.", whole=True)


@st.dialog("Cancel what was not sent", icon=":material/cancel:")
def _confirm_cancel(app: Dashboard, view: BatchView) -> None:
    st.write(
        f"{count_of(view.progress.waiting, 'file')} of “{messages.plain(view.name)}” were not sent yet. They stay here "
        "and can be sent later, one by one. What was sent is read and kept."
    )
    if confirming.confirmed("Cancel them", key="batch_cancel_yes", leave="Go on", destroys=True):
        with messages.on_failure():
            _remember(f"{count_of(app.team.batches.cancel(view.id), 'file')} will not be sent.", whole=True)


def _download(app: Dashboard, view: BatchView) -> None:
    refs = app.team.batches.task_refs(view.id)
    st.link_button(
        "Download results",
        routes.api_href("export", ids=",".join(map(str, refs))),
        icon=":material/folder_zip:",
        help="A ZIP with the texts, the service's files, a list, and a page that opens offline.",
    )


def _open_refs(app: Dashboard, batch_id: int) -> list[int]:
    tasks = [one.task for one in app.team.batches.items(batch_id)]
    return [task.id for task in tasks if task is not None and task.id and State(task.state).is_open]


def _remember(sentence: str, *, whole: bool = False) -> None:
    st.session_state[_OUTCOME] = sentence
    st.rerun(scope="app" if whole else "fragment")
