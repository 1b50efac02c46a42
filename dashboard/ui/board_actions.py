"""What can be done with the selected tasks: check now, cancel, delete."""

from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.tasks import Tasks
from dashboard.ui import messages, routes, share_form

_OUTCOME = "board_actions_outcome"


def show(app: Dashboard, selected: Sequence[int], *, may_change: bool) -> None:
    """Draw the bar of actions for a selection, and what the last action did.

    Args:
        app: in the name of whoever looks.
        selected: our IDs.
        may_change: whether the visitor's role is enough for more than taking results away.
    """
    _say_outcome()
    if not selected:
        return
    tasks = app.tasks
    with st.container(horizontal=True, vertical_alignment="center", key="board_actions"):
        count = len(selected)
        st.markdown(f"**{count} selected**")
        st.link_button(
            "Download results",
            routes.api_href("export", ids=",".join(map(str, selected))),
            icon=":material/folder_zip:",
            help="A ZIP with the texts, the service's files, a list, and a page that opens offline.",
        )
        if not may_change:
            return
        if st.button("Share", icon=":material/link:", key="board_actions_share"):
            share_form.show(app, list(selected))
        if st.button("Check now", icon=":material/sync:", key="board_actions_check"):
            _remember(f"Asking about {_tasks(tasks.check_now(selected))} now.")
            st.rerun(scope="fragment")
        if st.button("Cancel", icon=":material/cancel:", key="board_actions_cancel"):
            _confirm_cancel(tasks, list(selected))
        if st.button("Delete", icon=":material/delete:", key="board_actions_delete"):
            _confirm_delete(tasks, list(selected))


@st.dialog("Delete tasks", icon=":material/delete:")
def _confirm_delete(tasks: Tasks, selected: list[int]) -> None:
    st.write(
        f"Delete {_tasks(len(selected))} with all stored text and files? This cannot be undone. "
        "The service forgets its own copy by itself after 24 hours."
    )
    if st.button(f"Delete {_tasks(len(selected))}", type="primary", key="board_actions_delete_yes"):
        with messages.on_failure():
            _remember(f"Deleted {_tasks(tasks.delete(selected))}.")
            st.rerun()


@st.dialog("Cancel tasks", icon=":material/cancel:")
def _confirm_cancel(tasks: Tasks, selected: list[int]) -> None:
    st.write(
        "Take open tasks out of the service's queue? The image would have to be sent again. "
        "Finished tasks among the selected ones stay as they are."
    )
    if st.button("Cancel them", type="primary", key="board_actions_cancel_yes"):
        with messages.on_failure(), st.spinner("Asking the service…"):
            count, problems = tasks.cancel(selected)
            _remember(f"Cancelled {_tasks(count)}.", problems)
            st.rerun()


def _remember(sentence: str, problems: Sequence[str] = ()) -> None:
    st.session_state[_OUTCOME] = (sentence, list(problems))


def _say_outcome() -> None:
    sentence, problems = st.session_state.pop(_OUTCOME, ("", []))
    if sentence:
        st.toast(sentence, icon=":material/done:")
    for problem in problems[:5]:
        messages.callout("Could not be cancelled; it stays open.", problem)


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
