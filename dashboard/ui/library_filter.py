"""What the library looks for: one search field, filters behind a button, saved views; all of it in the address."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation
from dashboard.services.library.library import LONGEST_QUERY
from dashboard.services.library.library_address import LibraryRequest, read, states_in_order, write
from dashboard.services.library.saved_views import Place
from dashboard.store.library_search import Sort
from dashboard.ui import address, saved_views
from dashboard.ui.address import Address, Field
from dashboard.ui.options import told_apart
from dashboard.ui.wording import OPERATIONS, STATES, language_name

_PREFIX = "library_"
PAGE_KEY = "library_page"
_FILTERS = (
    "state", "label", "operation", "token", "trial", "language", "tag", "since", "until", "archived",
)  # fmt: skip
_SORTS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.LABEL: "By label",
    Sort.LONGEST: "Longest first",
}
_TRIAL = {"": "Any", "no": "Regular", "yes": "Evaluation mode"}
_ARCHIVED = {"": "Leave out", "also": "Show too", "only": "Show only these"}
_LONGEST_WORD = 200


def in_address() -> Address:
    """What the library keeps in its address: words, order, filters and page."""
    states = [state.value for state in states_in_order()]
    return Address(
        "library",
        [
            address.text("find", _PREFIX + "find", most=LONGEST_QUERY),
            address.several("state", _PREFIX + "state", states),
            address.text("label", _PREFIX + "label", most=_LONGEST_WORD),
            address.choice("operation", _PREFIX + "operation", [one.value for one in Operation]),
            address.number("token", _PREFIX + "token"),
            address.choice("trial", _PREFIX + "trial", list(_TRIAL)),
            address.text("language", _PREFIX + "language", most=_LONGEST_WORD),
            address.text("tag", _PREFIX + "tag", most=_LONGEST_WORD),
            Field(name="since", key=_PREFIX + "since", shows=address.day),
            Field(name="until", key=_PREFIX + "until", shows=address.day),
            address.choice("archived", _PREFIX + "archived", list(_ARCHIVED)),
            address.choice("sort", _PREFIX + "sort", [one.value for one in Sort], usual=Sort.NEWEST.value),
            Field(
                name="gaps",
                key=_PREFIX + "gaps",
                shows=lambda word: word == "yes",
                says=lambda on: "yes" if on else "",
            ),
            address.page_number("page", PAGE_KEY),
        ],
    )


def show(app: Dashboard) -> LibraryRequest:
    """Draw everything that narrows the library; gives back what to look for."""
    search, sort, more, views = st.columns([6, 2, 2, 2], vertical_alignment="bottom")
    search.text_input(
        "Find in every stored text",
        key=_PREFIX + "find",
        max_chars=LONGEST_QUERY,
        placeholder='invoice "amount due" pay* -draft',
        type="search",
        help='Words in any order. "In quotes": next to each other. pay*: words that begin so. -draft: without.',
    )
    sort.selectbox(
        "Order",
        [one.value for one in _SORTS],
        key=_PREFIX + "sort",
        format_func=lambda one: _SORTS[Sort(one)],
    )
    used = sum(1 for name in _FILTERS if st.session_state.get(_PREFIX + name))
    with more.popover(
        f"Filters ({used})" if used else "Filters", icon=":material/filter_alt:", width="stretch"
    ):
        _filters(app)
    with views.popover("Views", icon=":material/bookmark:", width="stretch"):
        saved_views.show(
            app,
            Place.LIBRARY,
            app.team.saved_views.of(Place.LIBRARY),
            write(params_now()),
            open_with=in_address().choose,
        )
    return read(params_now())


def params_now() -> dict[str, str]:
    """The search as parameters of the address."""
    params = in_address().values()
    del params["page"]
    return params


def _filters(app: Dashboard) -> None:
    st.multiselect(
        "State",
        [state.value for state in states_in_order()],
        key=_PREFIX + "state",
        format_func=lambda one: next(STATES[s].word for s in STATES if s.value == one),
        placeholder="Any",
    )
    st.text_input("Label contains", key=_PREFIX + "label", max_chars=_LONGEST_WORD)
    left, right = st.columns(2)
    left.selectbox(
        "Operation",
        ["", *(one.value for one in Operation)],
        key=_PREFIX + "operation",
        format_func=lambda one: OPERATIONS[Operation(one)] if one else "Any",
    )
    tokens = told_apart({view.id: view.label for view in app.team.credentials.all()}, beside=["removed"])
    chosen = st.session_state.get(_PREFIX + "token")
    right.selectbox(
        "Token",
        [*tokens, *([chosen] if chosen and chosen not in tokens else [])],
        index=None,
        placeholder="Any",
        key=_PREFIX + "token",
        format_func=lambda one: tokens.get(one, "removed"),
    )
    left.selectbox("Mode", list(_TRIAL), key=_PREFIX + "trial", format_func=_TRIAL.__getitem__)
    language = st.session_state.get(_PREFIX + "language") or ""
    languages = told_apart(
        {one: language_name(one) if one else "Any" for one in ("", *app.team.library.languages(), language)}
    )
    right.selectbox(
        "Language of the text", list(languages), key=_PREFIX + "language", format_func=languages.__getitem__
    )
    tag = st.session_state.get(_PREFIX + "tag") or ""
    known = [name for name, _ in app.team.library.tags()]
    tags = told_apart({one: one or "Any" for one in ("", *known, tag)})
    left.selectbox("Tag", list(tags), key=_PREFIX + "tag", format_func=tags.__getitem__)
    right.selectbox(
        "Archived results", list(_ARCHIVED), key=_PREFIX + "archived", format_func=_ARCHIVED.__getitem__
    )
    left.date_input("Stored since", value=None, key=_PREFIX + "since", help="Days begin at midnight UTC.")
    right.date_input("Stored until", value=None, key=_PREFIX + "until", help="The whole day, UTC.")
    st.button("Clear filters", key="library_clear", on_click=_clear)


def _clear() -> None:
    params = params_now()
    in_address().choose({name: params[name] for name in ("find", "sort")})
