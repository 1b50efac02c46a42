"""What a page keeps in its address, and the boxes that show it: the same at any time, and after Back and Forward.

Whoever chooses something makes an entry in the browser's history, and Back takes it back. What only the page itself
puts right (a page number beyond the last one, a word it does not know) changes the entry that is there: otherwise
Back would lead to the mistake, and from there forward again.

What a browser asks with may be older than our last answer: :mod:`dashboard.ui.turns` tells what of it is news.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.ui.components import ADDRESS, reported
from dashboard.ui.turns import Known

_KNOWN = "address_known"
_PAGE = "address_page"
_TURN = "address_turn"
_MENDED = "address_mended"
_WENT = "address_went"

_MOST_DIGITS = 9
"""Of a number in an address: what any page and any ID has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a page keeps in its address.

    Attributes:
        name: of the parameter.
        key: of the widget that shows it, or of a value without one, in the session.
        shows: what the widget shows for a parameter; what makes no sense is the usual choice.
        says: the parameter for what the widget shows; empty for the usual choice.
        page: whether it is a page number that begins at 1 again when something else is chosen.
        restarts: whether choosing it makes page numbers begin again.
    """

    name: str
    key: str
    shows: Callable[[str], object]
    says: Callable[[Any], str] = lambda value: str(value or "")
    page: bool = False
    restarts: bool = True


def text(name: str, key: str, *, most: int, restarts: bool = True) -> Field:
    """Typed words, as many characters as are looked at."""
    return Field(
        name=name,
        key=key,
        shows=lambda typed: typed[:most],
        says=lambda typed: (typed or "").strip(),
        restarts=restarts,
    )


def choice(name: str, key: str, options: Sequence[str], *, usual: str | None = "") -> Field:
    """One of several words."""
    return Field(
        name=name,
        key=key,
        shows=lambda word: word if word in options else usual,
        says=lambda word: "" if word is None or word == usual else str(word),
    )


def several(name: str, key: str, options: Sequence[str]) -> Field:
    """Any of several words, always in the same order."""
    return Field(
        name=name,
        key=key,
        shows=lambda words: [word for word in options if word in words.split(",")],
        says=lambda chosen: ",".join(word for word in options if word in set(chosen or ())),
    )


def number(name: str, key: str) -> Field:
    """An ID of ours, or none."""
    return Field(name=name, key=key, shows=positive)


def day(word: str) -> date | None:
    """A day from an address, as ``2026-05-01``; None for anything else."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def page_number(name: str, key: str, *, restarts: bool = True) -> Field:
    """The page of a list, from 1; ``restarts`` says whether it begins again when something else is chosen."""
    return Field(
        name=name,
        key=key,
        shows=lambda word: positive(word) or 1,
        says=lambda page: str(page) if page and page > 1 else "",
        page=restarts,
        restarts=False,
    )


def positive(word: str) -> int | None:
    """A number from an address; None for anything else, in whatever script its digits are."""
    number = int(word) if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS else 0
    return number or None


@dataclass(slots=True)
class Address:
    """The fields of one page or live region; :meth:`begin` before its widgets are drawn, :meth:`settle` after."""

    place: str
    fields: Sequence[Field]
    _arrived: dict[str, str] = field(default_factory=dict, init=False)
    _sent: dict[str, str] | None = field(default=None, init=False)
    _turn: int = field(default=0, init=False)
    _native: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Bring address and widgets together: whichever has changed since the last run counts."""
        self._arrived = {one.name: st.query_params.get(one.name, "") for one in self.fields}
        moved, known = self._moved(), self._known()
        self._turn = positive(str(st.session_state.get(self._turn_key))) or known.turn
        if moved or not known.expects(self._turn, self._arrived):
            for one in self.fields:
                st.session_state[one.key] = one.shows(self._arrived[one.name])
            self._native, self._sent = False, None
            # At once: who is quick ends this run by choosing something, and the next one must see that as news.
            known.settle(self.values(), self._arrived, next_turn=_next_turn())
            return
        for one in self.fields:
            if one.key not in st.session_state:  # it was not drawn in the run before
                st.session_state[one.key] = one.shows(
                    "" if one.key in known.usual else known.values[one.name]
                )
        self._sent = self.values()
        chosen = known.chosen(self._turn, self._sent, self._ours(known))
        for one in self.fields:
            if one.name not in chosen and self._sent[one.name] != known.values[one.name]:
                st.session_state[one.key] = one.shows(known.values[one.name])
        if any(one.name in chosen and one.restarts for one in self.fields):
            for one in self.fields:
                if one.page and one.name not in chosen:
                    st.session_state[one.key] = 1
        self._native = bool(chosen) or self._arrived != known.values

    def _known(self) -> Known:
        """What was settled here before; nothing yet after another page."""
        known = st.session_state.get(_KNOWN)
        if not isinstance(known, Known) or known.place != self.place:
            known = st.session_state[_KNOWN] = Known(self.place)
        return known

    def _moved(self) -> bool:
        """Whether somebody went back or forward."""
        # Streamlit says so unless a refresh comes between; then the browser does.
        went = reported(self._key, "went") or 0
        seen, st.session_state[_WENT] = st.session_state.get(_WENT, 0), went
        return _by_history() or went not in (0, seen)

    def _ours(self, known: Known) -> set[str]:
        return {one.name for one in self.fields if one.key in known.set_by_us}

    @property
    def _key(self) -> str:
        return f"address_{self.place}"

    @property
    def _turn_key(self) -> str:
        return f"address_turn_{self.place}"

    def settle(self) -> None:
        """Write into the address what the widgets show now; a page may have changed them since :meth:`begin`."""
        values = self.values()
        mended, address = {}, self._arrived
        if values != self._arrived and self._native:
            address = values  # the browser has it before it has this turn
            wanted = {**st.query_params.to_dict(), **st.session_state.get(_MENDED, {}), **values}
            st.query_params.from_dict({name: value for name, value in wanted.items() if value})
        else:
            mended = {
                name: {"was": self._arrived[name], "now": value}
                for name, value in values.items()
                if value != self._arrived[name]
            }
        _draw(mended, key=self._key, tells=True)
        known = self._known()
        known.settle(
            values,
            address,
            next_turn=_next_turn(),
            turn=self._turn,
            sent=self._sent,
            ours=self._ours(known),
        )
        # Behind the others: who sends this back has them all.
        st.session_state[self._turn_key] = str(known.turn)
        with st.container(key=f"unseen_{self._turn_key}"):
            st.text_input("Turn", key=self._turn_key, label_visibility="collapsed")

    def choose(self, params: Mapping[str, str]) -> None:
        """Show what these parameters say, as if somebody had chosen all of it; for callbacks of buttons."""
        for one in self.fields:
            put(one.key, one.shows(params.get(one.name, "")))

    def values(self) -> dict[str, str]:
        """The fields as parameters, those with the usual choice empty."""
        return {one.name: one.says(st.session_state.get(one.key)) for one in self.fields}


def put(key: str, value: object) -> None:
    """Have a widget show this, as if somebody had chosen it; for callbacks of buttons."""
    st.session_state[key] = value
    if isinstance(known := st.session_state.get(_KNOWN), Known):
        known.set_by_us.add(key)


def unchoose(key: str) -> None:
    """Let a widget show the usual choice from the next run on, although another one was chosen."""
    st.session_state.pop(key, None)
    if isinstance(known := st.session_state.get(_KNOWN), Known):
        known.usual.add(key)
        known.set_by_us.add(key)


def enter(page: str) -> None:
    """Note which page is drawn: coming from another one, its address counts and not what was chosen there before."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state.pop(_KNOWN, None)
        st.session_state.pop(_MENDED, None)


def mend(name: str, value: str) -> None:
    """Put a parameter of ours into the address without an entry in the history, e.g. which team this is."""
    was = st.query_params.get(name, "")
    if was != value:
        st.session_state[_MENDED] = {**st.session_state.get(_MENDED, {}), name: value}
        _draw({name: {"was": was, "now": value}}, key=f"address_mend_{name}", tells=False)


def _next_turn() -> int:
    """Of this session, whatever its page: a browser may still have the last number of a page it comes back to."""
    st.session_state[_TURN] = number = st.session_state.get(_TURN, 0) + 1
    return int(number)


def _draw(mended: Mapping[str, Mapping[str, str]], *, key: str, tells: bool) -> None:
    with st.container(key=f"unseen_{key}"):
        data = {"mend": mended, "tells": tells}
        ADDRESS(data=data, key=key, default={"went": 0}, on_went_change=_ignore)


def _ignore() -> None:
    """The component only reports state it has a callback for; the rerun itself is what counts."""


def _by_history() -> bool:
    """Whether Back or Forward led here."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))
