"""The live region of the board: everything that changes by itself, drawn anew when it would look different."""

from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Role
from dashboard.services.tasks.board import BoardView
from dashboard.ui import (
    at_risk_view,
    batch_lines,
    board_actions,
    board_filter,
    board_menu,
    conditions_view,
    greeting,
    live,
    messages,
    overview,
    task_table,
    trouble,
    viewer,
)
from dashboard.ui.selection import Selection

_REGION = "board_region"


def show(app: Dashboard) -> None:
    """Draw filters, table and actions, and look after every interval whether they have changed."""
    _region(app)
    live.watch(_REGION, partial(_face, app))


@st.fragment(key=_REGION)
def _region(app: Dashboard) -> None:
    viewer.leave_if_changed()
    live.shows(None)
    with messages.on_failure():
        _draw(app)


def _draw(app: Dashboard) -> None:
    address = board_filter.in_address()
    address.begin()
    view = _look(app)
    st.session_state[board_filter.PAGE_KEY] = view.page
    _draw_view(app, view)
    address.settle()
    live.shows(_face_of(app, view))


def _look(app: Dashboard) -> BoardView:
    return app.team.board.look(board_filter.current(), page=st.session_state[board_filter.PAGE_KEY])


def _face(app: Dashboard) -> object:
    return _face_of(app, _look(app))


def _face_of(app: Dashboard, view: BoardView) -> object:
    """All that changes what is drawn, but for what only the clock changes: every 30 s are enough for that."""
    return (
        replace(view, read_at=view.read_at.min),
        task_table.marked(view.rows, app.clock()),
        _store_trouble(app),
        app.database.unfit,
        app.outlook.whole(app.team.team_id),
    )


def _store_trouble(app: Dashboard) -> str | None:
    return app.poller.pulse.store_trouble or app.database.lack_of_room()


def _draw_view(app: Dashboard, view: BoardView) -> None:
    if not view.counts.total:
        greeting.show(app)
        return
    overview.show(view.counts, view.at_risk, app.clock())
    tokens = view.besides.once("tokens", app.team.credentials.all)
    said = _store_trouble(app)
    with st.container():  # a place of its own: what comes and goes moves nothing below it
        conditions_view.show(app)
        trouble.show(view.trouble, tokens, store_trouble=said, unfit=app.database.unfit, now=app.clock())
        at_risk_view.show(view.at_risk, app.clock())
        batch_lines.show(view.besides.once("batches", lambda: batch_lines.going(app)))
    labels = {token.id: token.label for token in tokens}
    with board_filter.show(view.counts, view.at_risk.tasks):
        board_menu.show(app, labels)
    with st.container():
        board_menu.said(labels)
    selection = Selection("board")
    may_change = app.team.actor.role.covers(Role.EDITOR)
    with st.container(key="board_actions_place"):
        board_actions.show(app, view, selection, may_change=may_change)
    with st.container():
        if not view.rows:
            st.info("No task matches this filter.", icon=":material/filter_alt_off:")
    ids, here = tuple(row.id for row in view.rows), task_table.Here.now()
    task_table.show(
        view.besides.once(("table", ids, view.first, view.total, here), lambda: _table(app, view, here)),
        selection,
        board_filter.current().sort,
        board_filter.choose_sort,
    )
    selection.keep()
    board_filter.remember_sort()
    _foot(view)


def _table(app: Dashboard, view: BoardView, here: task_table.Here) -> str:
    pictures = app.team.kept_sources.pictured([row.id for row in view.rows])
    return task_table.table(
        view.rows,
        here,
        now=view.read_at,
        home_api_url=app.default_api_url,
        pictures=pictures,
        first=view.first,
        total=view.total,
    )


def _foot(view: BoardView) -> None:
    shown = count_of(view.total, "task")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        live.updated(view.read_at, view.read_at, what=shown)
        if view.pages > 1:
            st.pagination(view.pages, key=board_filter.PAGE_KEY)
