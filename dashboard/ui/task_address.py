"""What a task's page keeps in its address: which of its texts and files is shown, and where in it."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import address
from dashboard.ui.address import Address, Field
from dashboard.ui.result import correction_view

PAGE_KEY = "task_page"
"""Of whatever is shown in pages in the open tab; one is open at a time."""

SHEET_KEY = "task_sheet"
PARTS_KEY = "task_parts"
GAPS_KEY = "task_gaps"

_LONGEST_ID = 200


def in_address(detail: TaskDetail, tabs: Callable[[], Sequence[str]]) -> Address:
    """The fields of one task's page.

    Args:
        detail: of the task.
        tabs: gives the names of the tabs for the files that are chosen at that moment.
    """
    task_ref = detail.task.id or 0
    return Address(
        f"task_{task_ref}",
        [
            address.page_number("parts", PARTS_KEY, restarts=False),
            _tab(tabs_key(task_ref), tabs),
            address.choice(
                "version",
                correction_view.VERSION_KEY,
                list(correction_view.Shown),
                usual=correction_view.Shown.CORRECTED,
            ),
            address.page_number("page", PAGE_KEY),
            address.page_number("sheet", SHEET_KEY),
            address.page_number("gaps", GAPS_KEY, restarts=False),
            Field(
                name="compare",
                key=compare_key(task_ref),
                shows=lambda word: (
                    address.positive(word) if detail.task.trial and detail.report.masks else None
                ),
                restarts=False,
            ),
            address.text("other", f"{compare_key(task_ref)}_other", most=_LONGEST_ID, restarts=False),
        ],
    )


def page_of(pages: int, *, key: str = PAGE_KEY) -> int:
    """The chosen page of so many; before the widget that shows it is drawn, which then shows the same."""
    number = min(max(1, int(st.session_state.get(key) or 1)), max(1, pages))
    st.session_state[key] = number
    return number


def tabs_key(task_ref: int) -> str:
    """Of the tabs."""
    return f"result_tabs_{task_ref}"


def compare_key(task_ref: int) -> str:
    """Of the regular result that a trial one is compared with."""
    return f"comparison_view_{task_ref}"


def _tab(key: str, tabs: Callable[[], Sequence[str]]) -> Field:
    """Tabs by their number from 1: their names count words."""

    def read(word: str) -> str | None:
        names, number = tabs(), address.positive(word) or 1
        return names[number - 1] if number <= len(names) else next(iter(names), None)

    def write(name: str | None) -> str:
        names = tabs()
        return str(names.index(name) + 1) if name in names[1:] else ""

    return Field(name="tab", key=key, shows=read, says=write)
