"""Which tasks the board shows: pills with counts and a search, kept in the address so that a view can be shared."""

from collections.abc import Mapping

import streamlit as st

from dashboard.models import State
from dashboard.store.board import MAX_QUERY, BoardFilter, Counts
from dashboard.ui import address, messages
from dashboard.ui.address import Address
from dashboard.ui.wording import STATES

ATTENTION = "attention"
AT_RISK = "at_risk"
PARKED = "parked"
PAGE_KEY = "board_page"
_SPECIAL = {ATTENTION: "Needs attention", AT_RISK: "At risk", PARKED: "On hold"}
_NAMES = [*_SPECIAL, *(state.value for state in State)]
_STATES_KEY = "board_filter_states"
_QUERY_KEY = "board_filter_query"
_TOKEN_KEY = "board_filter_token"  # noqa: S105 - the name of a widget


def in_address() -> Address:
    """What the board keeps in its address: its filter and its page."""
    return Address(
        "board",
        [
            # The pills' labels carry counts, so Streamlit's own binding would put those into the address.
            address.several("state", _STATES_KEY, _NAMES),
            address.text("q", _QUERY_KEY, most=MAX_QUERY),
            address.number("token", _TOKEN_KEY),
            address.page_number("page", PAGE_KEY),
        ],
    )


def current() -> BoardFilter:
    """What is chosen now; drawn by :func:`show` later in the same run."""
    chosen = set(st.session_state[_STATES_KEY] or [])
    return BoardFilter(
        states=frozenset(State(name) for name in chosen - set(_SPECIAL)),
        query=st.session_state[_QUERY_KEY].strip(),
        attention=ATTENTION in chosen,
        parked=PARKED in chosen,
        at_risk=AT_RISK in chosen,
        credential_id=st.session_state[_TOKEN_KEY],
    )


def choose_only(name: str) -> None:
    """Show only what one pill says; for callbacks of buttons."""
    in_address().choose({"state": name})


def show(counts: Counts, at_risk: int, labels: Mapping[int, str]) -> None:
    """Draw pills and search; changing them reruns the live region only.

    Args:
        counts: how many tasks there are of each kind.
        at_risk: how many of them are at risk.
        labels: what each token is called, by our ID.
    """
    chosen = set(st.session_state[_STATES_KEY] or [])
    numbers = {state.value: counts.by_state.get(state, 0) for state in State}
    numbers |= {ATTENTION: counts.attention, AT_RISK: at_risk, PARKED: counts.parked}
    options = [name for name in _NAMES if numbers[name] or name in chosen]
    pills, search = st.columns([3, 1], vertical_alignment="bottom")
    with pills:
        st.pills(
            "Show only",
            options,
            selection_mode="multi",
            key=_STATES_KEY,
            format_func=lambda name: f"{_word(name)} {numbers[name]:,}",
            label_visibility="collapsed",
        )
    with search:
        st.text_input(
            "Search",
            key=_QUERY_KEY,
            type="search",
            max_chars=MAX_QUERY,
            placeholder="Label or task ID",
            label_visibility="collapsed",
        )
    _show_named_token(labels)


def _show_named_token(labels: Mapping[int, str]) -> None:
    """The token whose tasks the Tokens page links to."""
    token = st.session_state[_TOKEN_KEY]
    if token is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        messages.callout(f"Only tasks of the token “{labels.get(token, 'removed')}”", tone="quiet")
        st.button("Show all", key="board_filter_all_tokens", on_click=_forget_token)


def _forget_token() -> None:
    st.session_state[_TOKEN_KEY] = None


def _word(name: str) -> str:
    return _SPECIAL[name] if name in _SPECIAL else STATES[State(name)].word
