"""What can be done with the selected tasks: check now, cancel, delete."""

from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.services.tasks.tasks import Chosen, Tasks
from dashboard.ui import confirming, messages, routes, share_form
from dashboard.ui.selection import Selection, said

_OUTCOME = "board_actions_outcome"


def show(app: Dashboard, selection: Selection, elsewhere: int, *, may_change: bool) -> None:
    """Draw the bar of actions for a selection, and what the last action did.

    Args:
        app: in the name of whoever looks.
        selection: what it is about.
        elsewhere: how many of them are not on this page.
        may_change: whether the visitor's role is enough for more than taking results away.
    """
    _say_outcome()
    selected = selection.ids
    if not selected:
        return
    tasks = app.team.tasks
    with st.container(horizontal=True, vertical_alignment="center", key="board_actions"):
        st.markdown(said(len(selected), elsewhere))
        st.link_button(
            "Download results",
            routes.api_href("export", ids=",".join(map(str, selected))),
            icon=":material/folder_zip:",
            help="A ZIP with the texts, the service's files, a list, and a page that opens offline.",
        )
        st.button(
            "Unselect", icon=":material/deselect:", key="board_actions_unselect", on_click=selection.clear
        )
        if not may_change:
            return
        if st.button("Share", icon=":material/link:", key="board_actions_share"):
            share_form.show(app, list(selected))
        if st.button("Check now", icon=":material/sync:", key="board_actions_check"):
            _remember(f"Asking about {count_of(tasks.check_now(selected), 'task')} now.")
            st.rerun(scope="fragment")
        chosen = tasks.chosen(selected)
        if chosen.open_refs and st.button(
            f"Cancel {len(chosen.open_refs):,} open", icon=":material/cancel:", key="board_actions_cancel"
        ):
            _confirm_cancel(tasks, chosen)
        if st.button("Delete", icon=":material/delete:", key="board_actions_delete"):
            _confirm_delete(tasks, list(selected), chosen)


@st.dialog("Delete tasks", icon=":material/delete:")
def _confirm_delete(tasks: Tasks, selected: list[int], chosen: Chosen) -> None:
    still_open = (
        f"{count_of(len(chosen.open_refs), 'task')} of them still open: no result is fetched any more. "
    )
    st.write(
        f"Delete {messages.named(chosen.names)} with all stored text and files? "
        f"{still_open if chosen.open_refs else ''}This cannot be undone. "
        "The service forgets its own copy by itself after 24 hours."
    )
    if confirming.confirmed(
        f"Delete {count_of(len(chosen.names), 'task')}", key="board_actions_delete_yes", destroys=True
    ):
        with messages.on_failure():
            _remember(f"Deleted {count_of(tasks.delete(selected), 'task')}.")
            st.rerun()


@st.dialog("Cancel tasks", icon=":material/cancel:")
def _confirm_cancel(tasks: Tasks, chosen: Chosen) -> None:
    count, finished = len(chosen.open_refs), len(chosen.names) - len(chosen.open_refs)
    rest = f" The finished ones among the selected, {finished:,}, stay as they are." if finished else ""
    st.write(
        f"Take {messages.named(chosen.open_names)} out of the service's queue? To be read, the "
        f"image would have to be sent again.{rest}"
    )
    if confirming.confirmed(
        f"Cancel {count_of(count, 'task')}", key="board_actions_cancel_yes", leave="Keep", destroys=True
    ):
        with messages.on_failure(), st.spinner("Asking the service…"):
            cancelled, problems = tasks.cancel(chosen.open_refs)
            _remember(f"Cancelled {count_of(cancelled, 'task')}.", problems)
            st.rerun()


def _remember(sentence: str, problems: Sequence[str] = ()) -> None:
    st.session_state[_OUTCOME] = (sentence, list(problems))


def _say_outcome() -> None:
    sentence, problems = st.session_state.pop(_OUTCOME, ("", []))
    if sentence:
        st.toast(sentence, icon=":material/done:")
    for problem in problems[:5]:
        messages.callout("Could not be cancelled; it stays open.", problem)
