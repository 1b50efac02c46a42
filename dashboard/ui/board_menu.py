"""What else narrows the board, its order and its saved views: behind two buttons.

The filters are a dialog: widgets in a menu of the live region would be drawn again with each change of the board.
"""

import html
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation
from dashboard.services.library.saved_views import Place
from dashboard.store.board_filter import BoardSort
from dashboard.ui import board_filter, confirming, saved_views
from dashboard.ui.options import told_apart
from dashboard.ui.wording import OPERATIONS

_SORTS = {
    BoardSort.NEWEST.value: "Newest first",
    BoardSort.OLDEST.value: "Oldest first",
    BoardSort.DEADLINE.value: "Losing their results first",
    BoardSort.LABEL.value: "By label",
    BoardSort.STATE.value: "By state",
}
_NARROWING = {
    "token": board_filter.TOKEN_KEY,
    "operation": board_filter.OPERATION_KEY,
    "mode": board_filter.TRIAL_KEY,
    "tag": board_filter.TAG_KEY,
    "batch": board_filter.BATCH_KEY,
    "since": board_filter.SINCE_KEY,
    "until": board_filter.UNTIL_KEY,
}
_BATCHES = 50


def show(app: Dashboard, labels: Mapping[int, str]) -> None:
    """Draw the buttons.

    Args:
        app: in the name of whoever looks.
        labels: what each token is called, by our ID.
    """
    used = sum(1 for key in _NARROWING.values() if st.session_state.get(key))
    if st.button(
        f"Filters ({used})" if used else "Filters", icon=":material/filter_alt:", key="board_filters"
    ):
        _filters(app, labels)
    with st.popover("Views", icon=":material/bookmark:", key="board_views"):
        views = app.team.saved_views.of(Place.BOARD)
        saved_views.show(
            app, Place.BOARD, views, board_filter.query(), open_with=board_filter.in_address().choose
        )


def said(labels: Mapping[int, str]) -> None:
    """Say which filters are on that nobody sees otherwise, and offer to take them off; nothing without any."""
    on = {name: st.session_state.get(key) for name, key in _NARROWING.items()}
    words = [_in_words(name, value, labels) for name, value in on.items() if value]
    if words:
        with st.container(horizontal=True, vertical_alignment="center"):
            sentence = html.escape(f"Only {', '.join(words)}.")
            st.html(f'<span class="ocr-quiet">{sentence}</span>', width="content")
            st.button("Show all", type="tertiary", key="board_filter_off", on_click=_clear)


def _in_words(name: str, value: object, labels: Mapping[int, str]) -> str:
    if name == "token":
        return f"tasks of the token “{labels.get(int(str(value)), 'removed')}”"
    if name == "operation":
        return f"operation {OPERATIONS[Operation(str(value))]}"
    if name == "mode":
        return board_filter.TRIAL[str(value)].lower()
    return {
        "tag": f"tag “{value}”",
        "batch": "one batch",
        "since": f"since {value}",
        "until": f"until {value}",
    }[name]


@st.dialog("Filters", icon=":material/filter_alt:")
def _filters(app: Dashboard, labels: Mapping[int, str]) -> None:
    labels = told_apart(labels, beside=["removed"])
    chosen: dict[str, object] = {
        board_filter.SORT_KEY: _one(st, "Order", board_filter.SORT_KEY, _SORTS, usual="As usual"),
    }
    left, right = st.columns(2)
    batches = told_apart(
        {view.id: view.name for view in app.team.batches.newest(_BATCHES)}, beside=["removed"]
    )
    tags = told_apart({name: name for name, _ in app.team.library.tags()})
    operations = {one.value: OPERATIONS[one] for one in Operation}
    modes = {name: said for name, said in board_filter.TRIAL.items() if name}
    chosen[board_filter.OPERATION_KEY] = _one(left, "Operation", board_filter.OPERATION_KEY, operations)
    chosen[board_filter.TOKEN_KEY] = _one(right, "Token", board_filter.TOKEN_KEY, labels)
    chosen[board_filter.TRIAL_KEY] = _one(left, "Mode", board_filter.TRIAL_KEY, modes)
    chosen[board_filter.BATCH_KEY] = _one(right, "Batch", board_filter.BATCH_KEY, batches)
    chosen[board_filter.TAG_KEY] = _one(left, "Tag", board_filter.TAG_KEY, tags)
    left, right = st.columns(2)
    for place, what, key in (
        (left, "Added since", board_filter.SINCE_KEY),
        (right, "Added until", board_filter.UNTIL_KEY),
    ):
        chosen[key] = place.date_input(what, value=st.session_state.get(key), key=f"{key}_typed")
    if confirming.confirmed("Show these", key="board_filters_yes"):
        for key, value in chosen.items():
            st.session_state[key] = value
        st.rerun()


def _one(
    place: Any,  # noqa: ANN401 - the page itself or a part of it
    what: str,
    key: str,
    names: Mapping[Any, str],
    *,
    usual: str = "Any",
) -> Any:  # noqa: ANN401 - one of the names' keys
    """Choose one by its name, or none; what is chosen and gone stays to be seen."""
    chosen = st.session_state.get(key) or None
    options = [*names, *([chosen] if chosen and chosen not in names else [])]
    return place.selectbox(
        what,
        options,
        index=options.index(chosen) if chosen else None,
        placeholder=usual,
        key=f"{key}_typed",
        format_func=lambda one: names.get(one, one if isinstance(one, str) else "removed"),
    )


def _clear() -> None:
    address = board_filter.in_address()
    params = address.values()
    address.choose({name: value for name, value in params.items() if name not in _NARROWING})
