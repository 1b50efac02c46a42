"""Which tasks the board shows: pills with counts and a search, kept in the address so that a view can be shared.

What narrows it further stands behind a button (:mod:`dashboard.ui.board_menu`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.models import Operation, State
from dashboard.services.tasks import board_address
from dashboard.services.tasks.board_address import AT_RISK, ATTENTION, PARKED, STATES_OF, WITHIN
from dashboard.store.board import Counts
from dashboard.store.board_filter import MAX_QUERY, BoardFilter, BoardSort
from dashboard.ui import address, display
from dashboard.ui.address import Address, Field
from dashboard.ui.components import REMEMBER
from dashboard.ui.wording import STATES
from dashboard.zones import zone_of

PAGE_KEY = "board_page"
_SPECIAL = {ATTENTION: "Needs you", AT_RISK: "At risk", PARKED: "On hold"}
_GROUPS = {"open": "Open", "done": "Done", "ended": "Ended"}
_NAMES = [ATTENTION, *(name for group in _GROUPS for name in (group, *map(str, WITHIN[group])))]
_STATES_KEY = "board_filter_states"
_QUERY_KEY = "board_filter_query"
TOKEN_KEY = "board_filter_token"  # noqa: S105 - the name of a widget
OPERATION_KEY = "board_filter_operation"
TRIAL_KEY = "board_filter_trial"
TAG_KEY = "board_filter_tag"
BATCH_KEY = "board_filter_batch"
SINCE_KEY = "board_filter_since"
UNTIL_KEY = "board_filter_until"
SORT_KEY = "board_filter_sort"
_SORT_KEPT = "board_filter_sort_kept"
_COOKIE = "ocr_dashboard_sort"
TRIAL = {"": "Any", "no": "Regular", "yes": "Evaluation mode"}
_LONGEST_TAG = 200


def in_address() -> Address:
    """What the board keeps in its address: its filter and its page."""
    return Address(
        "board",
        [
            Field(name="state", key=_STATES_KEY, shows=_shown, says=_said),
            address.text("q", _QUERY_KEY, most=MAX_QUERY),
            address.number("token", TOKEN_KEY),
            address.choice("operation", OPERATION_KEY, [one.value for one in Operation]),
            address.choice("mode", TRIAL_KEY, list(TRIAL)),
            address.text("tag", TAG_KEY, most=_LONGEST_TAG),
            address.number("batch", BATCH_KEY),
            Field(name="since", key=SINCE_KEY, shows=address.day),
            Field(name="until", key=UNTIL_KEY, shows=address.day),
            address.choice("sort", SORT_KEY, [one.value for one in BoardSort]),
            address.page_number("page", PAGE_KEY),
        ],
    )


def _shown(words: str) -> list[str]:
    """The pills that an address chooses: a finer one stands beside its group."""
    wanted = board_address.with_groups(words.split(","))
    return [name for name in _NAMES if name in wanted]


def _said(chosen: Collection[str] | None) -> str:
    """The other way round: a group that is narrowed need not be named."""
    narrowed = {group for group, finer in WITHIN.items() if set(chosen or ()) & set(finer)}
    return ",".join(name for name in _NAMES if name in set(chosen or ()) - narrowed)


def current() -> BoardFilter:
    """What is chosen now; drawn by :func:`show` later in the same run."""
    params = in_address().values()
    wanted = board_address.read(params, zone_of(display.zone()))
    usual = wanted.sort is BoardSort.NEWEST and not params["sort"]
    return replace(wanted, sort=_usual_sort()) if usual else wanted


def choose_sort(reported: object) -> None:
    """Take over the order that somebody chooses at a heading: ``{"by": …}``, or whatever a browser sends."""
    by = reported.get("by") if isinstance(reported, dict) else None
    if isinstance(by, str) and by in set(BoardSort):
        st.session_state[SORT_KEY] = by


def _usual_sort() -> BoardSort:
    """As it was chosen last in this session, else in this browser."""
    remembered = str(st.session_state.get(_SORT_KEPT) or st.context.cookies.get(_COOKIE))
    return BoardSort(remembered) if remembered in set(BoardSort) else BoardSort.NEWEST


def remember_sort() -> None:
    """Have the browser begin with the order that is chosen now; call it once a page, behind the table."""
    if chosen := st.session_state.get(SORT_KEY):
        st.session_state[_SORT_KEPT] = chosen
    with st.container(key="unseen_board_sort"):
        REMEMBER(data={"name": _COOKIE, "value": _usual_sort().value}, key="board_sort")


def query() -> str:
    """The same as the query of an address."""
    return board_address.query_of(in_address().values())


def choose_only(name: str) -> None:
    """Show only what one pill says; for callbacks of buttons."""
    in_address().choose({"state": name})


def show(counts: Counts, at_risk: int) -> DeltaGenerator:
    """Draw pills and search; changing them reruns the live region only.

    Args:
        counts: how many tasks there are of each kind.
        at_risk: how many of them are at risk.

    Returns:
        A place beside them, for what else narrows the board.
    """
    numbers = _numbers(counts, at_risk)
    chosen = set(st.session_state[_STATES_KEY] or [])
    options = _options(numbers, chosen)
    pills, search, menus = st.columns([7, 3, 3], vertical_alignment="top")
    with pills.container(horizontal=True, gap="xsmall", key="board_filter_pills"):
        st.button(  # no pill: it would have to let go of the others, and a second click that comes meanwhile be lost
            f"All {counts.total:,}",
            type="secondary" if chosen else "primary",
            key="board_filter_all",
            on_click=_show_all,
        )
        st.pills(
            "Show only",
            options,
            selection_mode="multi",
            key=_STATES_KEY,
            format_func=_word,
            label_visibility="collapsed",
            on_change=_let_go,
        )
    with menus.container(key="unseen_board_filter_numbers"):
        st.html(_beside([numbers[name] for name in options]))
    with search:
        st.text_input(
            "Search",
            key=_QUERY_KEY,
            type="search",
            max_chars=MAX_QUERY,
            placeholder="Label or task ID",
            label_visibility="collapsed",
        )
    return menus.container(horizontal=True, horizontal_alignment="right", gap="small")


def _numbers(counts: Counts, at_risk: int) -> dict[str, int]:
    """How many tasks each pill is about."""
    numbers = {state.value: counts.by_state.get(state, 0) for state in State}
    groups = {group: sum(numbers[state] for state in states) for group, states in STATES_OF.items()}
    return {
        **numbers,
        **groups,
        ATTENTION: counts.attention,
        AT_RISK: at_risk,
        PARKED: counts.parked,
    }


def _beside(numbers: Sequence[int]) -> str:
    """A style that writes how many there are behind each pill's word.

    In the label they would be what a browser says of a click: one on "Open 12" came to nothing when there were 13 by
    then. Those who hear their screen are read both.
    """
    rules = (
        f'.st-key-{_STATES_KEY} button:nth-of-type({position}) p::after{{content:"\\0000a0{number:,}"}}'
        for position, number in enumerate(numbers, start=1)
    )
    return f"<style>{''.join(rules)}</style><i></i>"


def _options(numbers: Mapping[str, int], chosen: Collection[str]) -> list[str]:
    """The pills that say something: groups with tasks, and what there is within those that are chosen."""
    options = [ATTENTION] if numbers[ATTENTION] or ATTENTION in chosen else []
    for group in _GROUPS:
        if not numbers[group] and group not in chosen:
            continue
        finer = [name for name in WITHIN[group] if numbers[name] or name in chosen]
        same = len(finer) == 1 and finer[0] not in chosen and numbers[finer[0]] == numbers[group]
        options += [group, *(finer if group in chosen and not same else [])]
    return options


def _show_all() -> None:
    address.put(_STATES_KEY, [])


def _let_go() -> None:
    """With a group goes what has narrowed it."""
    chosen = set(st.session_state[_STATES_KEY] or [])
    gone = {name for group, finer in WITHIN.items() if group not in chosen for name in finer}
    st.session_state[_STATES_KEY] = [name for name in _NAMES if name in chosen - gone]


def _word(name: str) -> str:
    ours = _SPECIAL | _GROUPS
    return ours[name] if name in ours else STATES[State(name)].word
