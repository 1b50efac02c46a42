"""Which tasks the board shows: pills with counts and a search, kept in the address so that a view can be shared."""

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from dashboard.models import OPEN_STATES, RESULT_STATES, State
from dashboard.store.board import MAX_QUERY, BoardFilter, Counts
from dashboard.ui import address, messages
from dashboard.ui.address import Address, Field
from dashboard.ui.wording import STATES

ATTENTION = "attention"
AT_RISK = "at_risk"
PARKED = "parked"
PAGE_KEY = "board_page"
_SPECIAL = {ATTENTION: "Needs you", AT_RISK: "At risk", PARKED: "On hold"}
_GROUPS = {"open": "Open", "done": "Done", "ended": "Ended"}
_STATES_OF: Mapping[str, Sequence[State]] = {
    "open": [state for state in State if state in OPEN_STATES],
    "done": [state for state in State if state in RESULT_STATES],
    "ended": [state for state in State if state not in OPEN_STATES | RESULT_STATES],
}
_WITHIN: Mapping[str, Sequence[str]] = {
    "open": [*_STATES_OF["open"], PARKED, AT_RISK],
    "done": _STATES_OF["done"],
    "ended": _STATES_OF["ended"],
}
"""The finer pills of each group; they are shown while it is chosen, and narrow it."""

_NAMES = [ATTENTION, *(name for group in _GROUPS for name in (group, *map(str, _WITHIN[group])))]
_STATES_KEY = "board_filter_states"
_QUERY_KEY = "board_filter_query"
_TOKEN_KEY = "board_filter_token"  # noqa: S105 - the name of a widget


def in_address() -> Address:
    """What the board keeps in its address: its filter and its page."""
    return Address(
        "board",
        [
            # The pills' labels carry counts, so Streamlit's own binding would put those into the address.
            Field(name="state", key=_STATES_KEY, shows=_shown, says=_said),
            address.text("q", _QUERY_KEY, most=MAX_QUERY),
            address.number("token", _TOKEN_KEY),
            address.page_number("page", PAGE_KEY),
        ],
    )


def _shown(words: str) -> list[str]:
    """The pills that an address chooses: a finer one stands beside its group."""
    wanted = set(words.split(","))
    wanted |= {group for group, finer in _WITHIN.items() if wanted & set(finer)}
    return [name for name in _NAMES if name in wanted]


def _said(chosen: Collection[str] | None) -> str:
    """The other way round: a group that is narrowed need not be named."""
    narrowed = {group for group, finer in _WITHIN.items() if set(chosen or ()) & set(finer)}
    return ",".join(name for name in _NAMES if name in set(chosen or ()) - narrowed)


def current() -> BoardFilter:
    """What is chosen now; drawn by :func:`show` later in the same run."""
    chosen = set(st.session_state[_STATES_KEY] or [])
    states: set[State] = set()
    for group in _GROUPS.keys() & chosen:
        states |= set(_STATES_OF[group]) & chosen or set(_STATES_OF[group])
    return BoardFilter(
        states=frozenset(states),
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
    numbers = _numbers(counts, at_risk)
    options = _options(numbers, set(st.session_state[_STATES_KEY] or []))
    pills, search = st.columns([3, 1], vertical_alignment="bottom")
    with pills:
        st.pills(
            "Show only",
            options,
            selection_mode="multi",
            key=_STATES_KEY,
            format_func=lambda name: f"{_word(name)} {numbers[name]:,}",
            label_visibility="collapsed",
            on_change=_let_go,
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


def _numbers(counts: Counts, at_risk: int) -> dict[str, int]:
    """How many tasks each pill is about."""
    numbers = {state.value: counts.by_state.get(state, 0) for state in State}
    groups = {group: sum(numbers[state] for state in states) for group, states in _STATES_OF.items()}
    return {**numbers, **groups, ATTENTION: counts.attention, AT_RISK: at_risk, PARKED: counts.parked}


def _options(numbers: Mapping[str, int], chosen: Collection[str]) -> list[str]:
    """The pills that say something: groups with tasks, and what there is within those that are chosen."""
    options = [ATTENTION] if numbers[ATTENTION] or ATTENTION in chosen else []
    for group in _GROUPS:
        if not numbers[group] and group not in chosen:
            continue
        finer = [name for name in _WITHIN[group] if numbers[name] or name in chosen]
        same = len(finer) == 1 and finer[0] not in chosen and numbers[finer[0]] == numbers[group]
        options += [group, *(finer if group in chosen and not same else [])]
    return options


def _let_go() -> None:
    """With a group goes what has narrowed it."""
    chosen = set(st.session_state[_STATES_KEY] or [])
    gone = {name for group, finer in _WITHIN.items() if group not in chosen for name in finer}
    st.session_state[_STATES_KEY] = [name for name in _NAMES if name in chosen - gone]


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
    ours = _SPECIAL | _GROUPS
    return ours[name] if name in ours else STATES[State(name)].word
