"""What else narrows the board, its order and its saved views: behind two buttons.

Both are drawn while they are closed as well: Streamlit would forget what is chosen in them.
"""

import html
from collections.abc import Mapping

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation
from dashboard.services.library.saved_views import Place
from dashboard.services.tasks.board import Besides
from dashboard.store.board_filter import BoardSort
from dashboard.ui import board_filter, messages, saved_views
from dashboard.ui.wording import OPERATIONS

_SORTS = {
    BoardSort.NEWEST: "Newest first",
    BoardSort.OLDEST: "Oldest first",
    BoardSort.DEADLINE: "Losing their results first",
    BoardSort.LABEL: "By label",
    BoardSort.STATE: "By state",
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


def show(app: Dashboard, besides: Besides, labels: Mapping[int, str]) -> None:
    """Draw the buttons.

    Args:
        app: in the name of whoever looks.
        besides: remembers for a moment what is read for everybody who looks.
        labels: what each token is called, by our ID.
    """
    used = sum(1 for key in _NARROWING.values() if st.session_state.get(key))
    with st.popover(
        f"Filters ({used})" if used else "Filters",
        icon=":material/filter_alt:",
        key="board_filters",
    ):
        _filters(app, besides, labels)
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
            said = html.escape(f"Only {', '.join(words)}.")
            st.html(f'<span class="ocr-quiet">{said}</span>', width="content")
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


def _filters(app: Dashboard, besides: Besides, labels: Mapping[int, str]) -> None:
    st.selectbox(
        "Order",
        ["", *(one.value for one in _SORTS)],
        key=board_filter.SORT_KEY,
        format_func=lambda one: _SORTS[BoardSort(one)] if one else "As usual",
    )
    left, right = st.columns(2)
    left.selectbox(
        "Operation",
        ["", *(one.value for one in Operation)],
        key=board_filter.OPERATION_KEY,
        format_func=lambda one: OPERATIONS[Operation(one)] if one else "Any",
    )
    _named(right, "Token", board_filter.TOKEN_KEY, labels)
    left.selectbox(
        "Mode",
        list(board_filter.TRIAL),
        key=board_filter.TRIAL_KEY,
        format_func=board_filter.TRIAL.__getitem__,
    )
    newest = besides.once("newest batches", lambda: app.team.batches.newest(_BATCHES))
    batches = {view.id: view.name for view in newest}
    _named(right, "Batch", board_filter.BATCH_KEY, batches)
    tag = st.session_state.get(board_filter.TAG_KEY)
    tags = [name for name, _ in besides.once("tags", app.team.library.tags)]
    left.selectbox(
        "Tag",
        list(dict.fromkeys(["", *tags, *([tag] if tag else [])])),
        key=board_filter.TAG_KEY,
        format_func=lambda one: one or "Any",
    )
    left, right = st.columns(2)
    left.date_input("Added since", value=None, key=board_filter.SINCE_KEY)
    right.date_input("Added until", value=None, key=board_filter.UNTIL_KEY, help="The whole day.")
    st.button("Clear filters", key="board_filter_clear", on_click=_clear)


def _named(place: st.delta_generator.DeltaGenerator, what: str, key: str, names: Mapping[int, str]) -> None:
    """Choose something of ours by its name; what is chosen and gone stays to be seen."""
    chosen = st.session_state.get(key)
    place.selectbox(
        what,
        [*names, *([chosen] if chosen and chosen not in names else [])],
        index=None,
        placeholder="Any",
        key=key,
        format_func=lambda one: messages.plain(names.get(one, "removed")),
    )


def _clear() -> None:
    address = board_filter.in_address()
    params = address.values()
    address.choose({name: value for name, value in params.items() if name not in _NARROWING})
