"""From a task back to the list it was opened from: to its filter, its page, its selection and its place."""

import streamlit as st

from dashboard.ui import routes
from dashboard.ui.components import NEIGHBOURS, WAY_BACK

_GONE = "way_back_gone"


def show() -> None:
    """Draw the link; the browser's tab knows where it leads, and without such knowledge it leads to the board."""
    _draw(go=False)


def neighbours(task_ref: int) -> None:
    """Draw links to the tasks before and after it in that list; nothing where it was not opened from one."""
    NEIGHBOURS(data={"id": task_ref, "base": routes.task_href(task_ref)}, key="neighbours")


def go(task_ref: int) -> None:
    """Have the next run lead back by itself, because this task is gone."""
    st.session_state[_GONE] = str(task_ref)


def gone(reference: str) -> bool:
    """Whether the task that the address names has just been deleted here; then this leads back."""
    if not reference or st.session_state.get(_GONE) != reference:
        return False
    _draw(go=True)
    return True


def _draw(*, go: bool) -> None:
    WAY_BACK(data={"board": routes.board_href(), "go": go}, key="way_back")
