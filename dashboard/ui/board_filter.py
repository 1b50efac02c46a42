"""Which tasks the board shows: pills with counts and a search, kept in the address so that a view can be shared."""

from collections.abc import Mapping

import streamlit as st

from dashboard.models import State
from dashboard.store.board import BoardFilter, Counts
from dashboard.ui import messages
from dashboard.ui.wording import STATES

ATTENTION = "attention"
PARKED = "parked"
_SPECIAL = {ATTENTION: "Needs attention", PARKED: "On hold"}
_KEY = "board_filter_states"


def current() -> BoardFilter:
    """What the address and the widgets say now; drawn by :func:`show` later in the same run."""
    if _KEY not in st.session_state:
        named = st.query_params.get("state", "").split(",")
        st.session_state[_KEY] = [name for name in named if name in _names()]
    chosen = set(st.session_state[_KEY] or [])
    query = st.session_state.get("q", st.query_params.get("q", ""))
    return BoardFilter(
        states=frozenset(State(name) for name in chosen - set(_SPECIAL)),
        query=query.strip(),
        attention=ATTENTION in chosen,
        parked=PARKED in chosen,
        credential_id=_named_token(),
    )


def show(counts: Counts, labels: Mapping[int, str]) -> None:
    """Draw pills and search; changing them reruns the live region only.

    Args:
        counts: how many tasks there are of each kind.
        labels: what each token is called, by our ID.
    """
    chosen = set(st.session_state.get(_KEY) or [])
    numbers = {state.value: counts.by_state.get(state, 0) for state in State}
    numbers |= {ATTENTION: counts.attention, PARKED: counts.parked}
    options = [name for name in _names() if numbers[name] or name in chosen]
    pills, search = st.columns([3, 1], vertical_alignment="bottom")
    with pills:
        st.pills(
            "Show only",
            options,
            selection_mode="multi",
            key=_KEY,
            format_func=lambda name: f"{_word(name)} {numbers[name]:,}",
            label_visibility="collapsed",
        )
    with search:
        st.text_input(
            "Search",
            key="q",
            type="search",
            placeholder="Label or task ID",
            bind="query-params",
            label_visibility="collapsed",
        )
    _remember_in_address()
    _show_named_token(labels)


def _named_token() -> int | None:
    """The token whose tasks the Tokens page links to."""
    text = st.query_params.get("token", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - fits any ID


def _show_named_token(labels: Mapping[int, str]) -> None:
    token = _named_token()
    if token is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        messages.callout(f"Only tasks of the token “{labels.get(token, 'removed')}”", tone="quiet")
        if st.button("Show all", key="board_filter_all_tokens"):
            del st.query_params["token"]
            st.rerun()


def _remember_in_address() -> None:
    """The pills' labels carry counts, so Streamlit's own binding would put those into the address."""
    names = ",".join(name for name in _names() if name in set(st.session_state.get(_KEY) or []))
    if names != st.query_params.get("state", ""):
        if names:
            st.query_params["state"] = names
        else:
            del st.query_params["state"]


def _names() -> list[str]:
    return [*_SPECIAL, *(state.value for state in State)]


def _word(name: str) -> str:
    return _SPECIAL[name] if name in _SPECIAL else STATES[State(name)].word
