"""What can be done with the selected tasks, or with all that match: take away, share, check, put aside, delete."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.services.tasks.board import BoardView
from dashboard.services.tasks.tasks import Chosen
from dashboard.ui import board_filter, confirming, display, messages, routes, share_form
from dashboard.ui.selection import Everything, Selection, said

T = TypeVar("T")

_OUTCOME = "board_actions_outcome"
_AT_ONCE = 500
"""Of all that match: each piece is done in short transactions of its own."""

_FOR_GOOD = "This cannot be undone. The service forgets its own copy by itself after 24 hours."


@dataclass(slots=True)
class _Outcome:
    """What the last action did: a sentence, what went wrong, and how to take it back."""

    sentence: str
    problems: Sequence[str] = ()
    undo: Callable[[], object] | None = field(default=None, kw_only=True)
    turn: str = ""
    """Of the selection when it was said: another one has other actions."""


def show(app: Dashboard, view: BoardView, selection: Selection, *, may_change: bool) -> None:
    """Draw the bar of actions for a selection, and what the last action did.

    Args:
        app: in the name of whoever looks.
        view: the board as it is drawn.
        selection: what the bar is about.
        may_change: whether the visitor's role is enough for more than taking results away.
    """
    selection.stay_with(board_filter.current())
    elsewhere = selection.keep_only({row.id for row in view.rows}, app.team.board.present)
    if _say_outcome(selection) or not selection.ids:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="board_actions"):
        if selection.everything is not None:
            st.markdown(f"**All {selection.everything.total:,} that match**")
        else:
            st.markdown(said(len(selection.ids), elsewhere))
            _offer_everything(app, view, selection)
        _download(selection)
        if may_change:
            _change(app, selection)
        st.button(
            "Unselect", icon=":material/deselect:", key="board_actions_unselect", on_click=selection.clear
        )


def _offer_everything(app: Dashboard, view: BoardView, selection: Selection) -> None:
    """Where the whole page is selected and there are more pages: all of them."""
    shown = [row.id for row in view.rows]
    if view.total > len(shown) and set(shown) <= set(selection.ids):
        st.button(
            f"Select all {view.total:,}",
            icon=":material/select_all:",
            type="tertiary",
            key="board_actions_all",
            help="All that match, on every page.",
            on_click=lambda: _select_everything(app, view, selection),
        )


def _select_everything(app: Dashboard, view: BoardView, selection: Selection) -> None:
    wanted = board_filter.current()
    newest = app.team.board.matching(wanted, limit=1)
    everything = Everything(wanted, newest[0] + 1 if newest else None, view.total)
    selection.take(everything, [row.id for row in view.rows])


def _download(selection: Selection) -> None:
    if selection.everything is None:
        which = {"ids": ",".join(map(str, selection.ids))}
    else:
        which = {"board": board_filter.query(), "zone": display.zone() or ""}
    st.link_button(
        "Download results",
        routes.api_href("export", **which),
        icon=":material/folder_zip:",
        help="A ZIP with the texts, the service's files, a list, and a page that opens offline.",
    )


def _change(app: Dashboard, selection: Selection) -> None:
    chosen = None if selection.everything else app.team.tasks.chosen(selection.ids)
    if chosen and st.button("Share", icon=":material/link:", key="board_actions_share"):
        share_form.show(app, selection.ids)
    if st.button("Check now", icon=":material/sync:", key="board_actions_check"):
        count = sum(_each(app, selection, app.team.tasks.check_now))
        _say(_Outcome(f"Asking about {count_of(count, 'task')} now."))
    if (chosen is None or chosen.unseen) and st.button(
        "Seen",
        icon=":material/visibility:",
        key="board_actions_seen",
        help="Those that ended without a whole result need nobody any more; they stay here.",
    ):
        _mark_seen(app, selection)
    if st.button(
        "Archive",
        icon=":material/archive:",
        key="board_actions_archive",
        help="Finished ones, off the board; the library still finds them with a filter.",
    ):
        _archive(app, selection)
    if (
        chosen
        and chosen.open_refs
        and st.button(
            f"Cancel {len(chosen.open_refs):,} open", icon=":material/cancel:", key="board_actions_cancel"
        )
    ):
        _confirm_cancel(app, chosen)
    if st.button("Delete", icon=":material/delete:", key="board_actions_delete"):
        _confirm_delete(app, selection, chosen)


def _each(app: Dashboard, selection: Selection, do: Callable[[list[int]], T]) -> Iterator[T]:
    """Do something with what is selected: at once, or some at a time with how far it is where it is all that match."""
    everything = selection.everything
    if everything is None:
        yield do(selection.ids)
        return
    below, done = everything.below, 0
    with st.container(key="board_actions_progress"):
        bar = st.progress(0.0)
        while some := app.team.board.matching(everything.wanted, below=below, limit=_AT_ONCE):
            below = some[-1]
            yield do(some)
            done += len(some)
            bar.progress(min(done / max(everything.total, 1), 1.0), f"{done:,} of {everything.total:,}")


def _mark_seen(app: Dashboard, selection: Selection) -> None:
    with messages.on_failure():
        seen = [ref for some in _each(app, selection, app.team.tasks.mark_seen) for ref in some]
        undo = (lambda: app.team.tasks.mark_seen(seen, seen=False)) if seen else None
        _say(_Outcome(f"{count_of(len(seen), 'task')} marked as seen.", undo=undo))


def _archive(app: Dashboard, selection: Selection) -> None:
    def put_away(some: list[int]) -> tuple[int, list[int]]:
        return app.team.library.put_away(some, archived=True), some

    def take_back() -> None:
        for _, some in done:
            app.team.library.put_away(some, archived=False)

    with messages.on_failure():
        done = list(_each(app, selection, put_away))
        count = sum(changed for changed, _ in done)
        selection.clear()
        _say(_Outcome(f"{count_of(count, 'task')} archived.", undo=take_back if count else None))


@st.dialog("Delete tasks", icon=":material/delete:")
def _confirm_delete(app: Dashboard, selection: Selection, chosen: Chosen | None) -> None:
    if chosen is None:
        total = selection.everything.total if selection.everything else 0
        st.write(
            f"Delete all {count_of(total, 'task')} that match, with all stored text and files? Of those still open no "
            f"result is fetched any more. {_FOR_GOOD}"
        )
    else:
        total = len(chosen.names)
        still_open = (
            f"{count_of(len(chosen.open_refs), 'task')} of them still open: no result is fetched any more. "
        )
        st.write(
            f"Delete {messages.named(chosen.names)} with all stored text and files? "
            f"{still_open if chosen.open_refs else ''}{_FOR_GOOD}"
        )
    if confirming.confirmed(
        f"Delete {count_of(total, 'task')}", key="board_actions_delete_yes", destroys=True
    ):
        with messages.on_failure():
            count = sum(_each(app, selection, app.team.tasks.delete))
            selection.clear()
            _say(_Outcome(f"Deleted {count_of(count, 'task')}."), whole_page=True)


@st.dialog("Cancel tasks", icon=":material/cancel:")
def _confirm_cancel(app: Dashboard, chosen: Chosen) -> None:
    count, finished = len(chosen.open_refs), len(chosen.names) - len(chosen.open_refs)
    rest = f" The finished ones among the selected, {finished:,}, stay as they are." if finished else ""
    st.write(
        f"Take {messages.named(chosen.open_names)} out of the service's queue? To be read, the "
        f"image would have to be sent again.{rest}"
    )
    if confirming.confirmed(
        f"Cancel {count_of(count, 'task')}", key="board_actions_cancel_yes", leave="Keep", destroys=True
    ):
        with messages.on_failure(), st.spinner("Asking the service…"):
            cancelled, problems = app.team.tasks.cancel(chosen.open_refs)
            _say(_Outcome(f"Cancelled {count_of(cancelled, 'task')}.", problems), whole_page=True)


def _say(outcome: _Outcome, *, whole_page: bool = False) -> None:
    """Keep it for the next drawing, which begins now; the whole page's where a dialog is to be closed."""
    st.session_state[_OUTCOME] = outcome
    st.rerun(scope="app" if whole_page else "fragment")


def _say_outcome(selection: Selection) -> bool:
    """Say what the last action did; whether that stands in the place of the bar, because it can be taken back."""
    outcome = st.session_state.get(_OUTCOME)
    if not isinstance(outcome, _Outcome):
        return False
    now = f"{selection.turn} {selection.ids}"
    outcome.turn = outcome.turn or now
    if outcome.undo is None or outcome.turn != now:
        del st.session_state[_OUTCOME]
    if outcome.undo is None:
        st.toast(outcome.sentence, icon=":material/done:")
        for problem in outcome.problems[:5]:
            messages.callout("Could not be cancelled; it stays open.", problem)
    if outcome.undo is None or outcome.turn != now:
        return False
    with st.container(horizontal=True, vertical_alignment="center", key="board_actions"):
        st.markdown(f"**{outcome.sentence}**")
        if st.button("Undo", icon=":material/undo:", key="board_actions_undo"):
            with messages.on_failure():
                outcome.undo()
                _say(_Outcome("Taken back."))
        st.button("Dismiss", type="tertiary", key="board_actions_dismiss", on_click=_forget)
    return True


def _forget() -> None:
    st.session_state.pop(_OUTCOME, None)
