"""The results the library has found: one card each, with the piece of text that shows why."""

import html
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.services.library.library import PER_PAGE, LibraryRow, LibraryView
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.library.snippets import Kind, Piece
from dashboard.store.board import BoardRow
from dashboard.ui import conditions_view, display, library_filter, messages, routes
from dashboard.ui.selection import Selection
from dashboard.ui.task_table import name_of, picture_of, word_counts
from dashboard.ui.wording import STATES, language_name, operation_name

_PICK = "library_pick_"
_TURN = "library_list_turn"


def show(app: Dashboard, request: LibraryRequest, selection: Selection) -> int:
    """Draw one page of results to select from; gives back how many of the selected ones are not on it."""
    view = app.team.library.look(request, page=st.session_state[library_filter.PAGE_KEY])
    st.session_state[library_filter.PAGE_KEY] = view.page
    with st.container():  # a place of its own: what comes and goes moves nothing below it
        conditions_view.show_search(app)
    with st.container():
        _head(view, request)
    # What was ticked in a turn of the selection that is over counts no more.
    fresh = st.session_state.get(_TURN) != selection.turn
    st.session_state[_TURN] = selection.turn
    pictures = app.team.kept_sources.pictured([found.row.id for found in view.rows])
    for found in view.rows:
        with st.container(horizontal=True, vertical_alignment="top", key=f"library_row_{found.row.id}"):
            _box(found.row, selection, fresh=fresh)
            st.html(_card(found, gaps=request.gaps, picture=picture_of(pictures.get(found.row.id))))
    if view.pages > 1:
        st.pagination(view.pages, key=library_filter.PAGE_KEY)
    still_there = partial(app.team.board.present, archived=None)
    return selection.keep_only({found.row.id for found in view.rows}, still_there)


def _box(row: BoardRow, selection: Selection, *, fresh: bool) -> None:
    """The checkbox of a result."""
    key = f"{_PICK}{row.id}"
    if fresh or key not in st.session_state:
        st.session_state[key] = row.id in selection
    picked = st.checkbox(
        f"Select {messages.plain(name_of(row, display.zone()))}",
        key=key,
        label_visibility="collapsed",
        width="content",
    )
    selection.pick(row.id, picked=picked)


def _head(view: LibraryView, request: LibraryRequest) -> None:
    if view.only_unwanted:
        messages.callout("Say also what must be there.", "A search needs at least one word without a minus.")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        # The numbers are for the ways from one result to the next, see place.js.
        place = f'data-first="{(view.page - 1) * PER_PAGE + 1}" data-total="{view.total}"'
        st.html(f'<span class="ocr-quiet" {place}>{_counted(view, request)}</span>')
        if view.maybe or request.gaps:
            more = f" ({view.maybe:,}{'+' if view.maybe_more else ''})" if view.maybe else ""
            st.toggle(
                f"Results where a masked word could be it{more}",
                key="library_gaps",
                help="Evaluation mode masks one word in ten. In these texts the masked word is as long as "
                "one of yours; nobody knows whether it is the same.",
            )
    if view.rows:
        return
    if request.typed or request != LibraryRequest():
        messages.callout(
            "Nothing is found.", "Try fewer words, beginnings (pay*), or fewer filters.", tone="quiet"
        )
    else:
        messages.callout(
            "There are no results yet.", "Each result is listed here as soon as it is stored.", tone="quiet"
        )
        st.page_link(routes.ADD, label="Add tasks", icon=":material/add:")


def _counted(view: LibraryView, request: LibraryRequest) -> str:
    results = ("More than " if view.more else "") + count_of(view.total, "result")
    return f"{results} that may match: a masked word could be it" if request.gaps else results


def _card(found: LibraryRow, *, gaps: bool, picture: str) -> str:
    row = found.row
    wording = STATES[row.state]
    facts = [
        f'<span class="ocr-state" data-tone="{wording.tone}">{wording.icon} {wording.word}</span>',
        html.escape(operation_name(row.operation.value, trial=row.trial)),
    ]
    facts += word_counts(row)
    if row.language:
        facts.append(html.escape(language_name(row.language)))
    if row.completed_at:
        facts.append(display.moment(row.completed_at))
    tags = "".join(f'<span class="ocr-badge">{html.escape(tag)}</span> ' for tag in found.tags)
    flag = '<span class="ocr-badge">may match</span> ' if gaps else ""
    text = "".join(map(_piece, found.snippet)) or "No text."
    title = html.escape(name_of(row, display.zone()))
    image = f'<img src="{html.escape(picture, quote=True)}" alt="" loading="lazy">' if picture else ""
    return (
        f'<div class="ocr-found">{image}<a href="{html.escape(routes.task_href(row.id), quote=True)}" target="_self">'
        f'{title}</a> {flag}{tags}<div class="ocr-quiet">{" · ".join(facts)}</div>'
        f'<p dir="auto">{text}</p></div>'
    )


def _piece(piece: Piece) -> str:
    text = html.escape(piece.text)
    if piece.kind is Kind.HIT:
        return f'<mark class="hit">{text}</mark>'
    if piece.kind is Kind.GAP:
        return f'<mark class="masked" role="img" aria-label="masked word">{text}</mark>'
    return text
