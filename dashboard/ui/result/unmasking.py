"""Ways to the masked words of an evaluation result, in one menu: another reading, a regular result, one's own eyes."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui.result import comparison_view, gap_workbench, regular_run_view

_COMPARE, _JUDGE = "compare", "judge"


def menu(app: Dashboard, detail: TaskDetail, *, corrected: bool) -> None:
    """Draw the menu, of a result with masked words or other asterisks; those of a corrected text are not judged."""
    candidates = comparison_view.has_candidates(app, detail.task)
    judges = gap_workbench.may_judge(app, detail) and not corrected
    if not (detail.report.masks or judges):
        return
    with st.popover("Unmask", icon=":material/visibility:", width="content", key="unmask"):
        if detail.report.masks:
            st.caption(
                "Evaluation mode hides one word in ten; sending the same image again hides the same words."
            )
            if candidates:
                _choice(detail, "Fill in from a regular result", ":material/compare_arrows:", _COMPARE)
            regular_run_view.show(app, detail)
        if judges:
            _choice(detail, "Judge the asterisks", ":material/rule:", _JUDGE)


def show(app: Dashboard, detail: TaskDetail, *, corrected: bool) -> None:
    """Draw what was chosen in the menu, or what the address names, below the text."""
    if not corrected and (_is_open(detail, _JUDGE) or gap_workbench.is_in_address()):
        gap_workbench.judge(app, detail)
    if detail.report.masks and (_is_open(detail, _COMPARE) or comparison_view.is_in_address(detail.task)):
        comparison_view.show(app, detail.task)


def _choice(detail: TaskDetail, label: str, icon: str, name: str) -> None:
    st.button(
        label, icon=icon, width="stretch", key=f"unmask_{name}", on_click=_open, args=(_key(detail, name),)
    )


def _open(key: str) -> None:
    st.session_state[key] = True


def _is_open(detail: TaskDetail, name: str) -> bool:
    return bool(st.session_state.get(_key(detail, name)))


def _key(detail: TaskDetail, name: str) -> str:
    return f"unmask_open_{name}_{detail.task.id}"
