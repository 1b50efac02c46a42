"""What is selected on a list, also on pages of it that are not shown; the browser's tab keeps it over a reload."""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import streamlit as st

from dashboard.store.board_filter import BoardFilter
from dashboard.store.tasks import MAX_ID
from dashboard.ui import routes
from dashboard.ui.components import KEEPER, reported

MOST_SELECTED = 1_000
"""Tasks at once: what the services take."""


@dataclass(frozen=True, slots=True)
class Everything:
    """All tasks that a filter leaves, without those that come later.

    Attributes:
        wanted: the filter.
        below: under this ID of ours; None for all there are when it is used.
        total: how many there were.
    """

    wanted: BoardFilter
    below: int | None
    total: int


@dataclass(slots=True)
class _Kept:
    """In the session; ``ids`` is None until the browser's tab has been asked."""

    born: str = field(default_factory=lambda: secrets.token_hex(4))
    turn: int = 0
    ids: list[int] | None = None
    everything: Everything | None = None
    """All that match, where that was chosen; ``ids`` are then those of one page."""
    before_recall: str = ""
    """The turn that ended when the tab's selection came back, until another one begins."""


class Selection:
    """The selected tasks of one list, in the order they were selected."""

    def __init__(self, place: str) -> None:
        self._name = f"{place}_{routes.remembered_team() or ''}"
        self._key = f"selection_keeper_{self._name}"
        self._kept: _Kept = st.session_state.setdefault(f"selection_{self._name}", _Kept())

    @property
    def ids(self) -> list[int]:
        """Our IDs."""
        return list(self._kept.ids or ())

    @property
    def everything(self) -> Everything | None:
        """All that match, where that was chosen; the IDs are then those of one page of them."""
        return self._kept.everything

    def take(self, everything: Everything, shown: Collection[int]) -> None:
        """Select all that match; ``shown`` are those on the page."""
        self._dictate(list(shown))
        self._kept.everything = everything

    def stay_with(self, wanted: BoardFilter) -> None:
        """Let go of all that match another filter than this one."""
        if self._kept.everything is not None and self._kept.everything.wanted != wanted:
            self._dictate([])

    @property
    def turn(self) -> str:
        """Changes whenever somebody else than the list itself has changed the selection."""
        return f"{self._kept.born}.{self._kept.turn}"

    def __contains__(self, task_ref: int) -> bool:
        """Whether a task is selected."""
        return task_ref in (self._kept.ids or ())

    def hear(self, reported: object) -> None:
        """Take over what the list in the browser reports, unless it speaks of a selection that is over.

        Args:
            reported: ``{"turn": …, "ids": …}``, or whatever a browser sends.
        """
        if not isinstance(reported, dict):
            return
        if self._kept.before_recall and reported.get("turn") == self._kept.before_recall:
            # Ticked after a reload, before what was selected until then was back: both count.
            self._dictate(list(dict.fromkeys([*self.ids, *_numbers(reported.get("ids"))]))[:MOST_SELECTED])
        elif reported.get("turn") == self.turn:
            self._kept.everything = None
            self._kept.ids = _numbers(reported.get("ids"))
            if len(self._kept.ids) > MOST_SELECTED:
                self._dictate(self._kept.ids[:MOST_SELECTED])
                st.toast(f"Up to {MOST_SELECTED:,} can be selected at once.", icon=":material/info:")

    def pick(self, task_ref: int, *, picked: bool) -> None:
        """Select one task, or no longer."""
        if picked != (task_ref in self):
            self._kept.ids = [*self.ids, task_ref] if picked else [one for one in self.ids if one != task_ref]

    def clear(self) -> None:
        """Select nothing."""
        self._dictate([])

    def keep_only(self, shown: Collection[int], present: Callable[[list[int]], set[int]]) -> int:
        """Let go of tasks that are gone.

        Args:
            shown: our IDs of what the page shows.
            present: tells which of some others are still there.

        Returns:
            How many of the selected ones are not on this page.
        """
        if self.everything is not None:
            return self.everything.total - len(shown)
        elsewhere = [task_ref for task_ref in self.ids if task_ref not in shown]
        if not elsewhere:
            return 0
        there = present(elsewhere)
        if len(there) < len(elsewhere):
            self._dictate([task_ref for task_ref in self.ids if task_ref in shown or task_ref in there])
        return len(there)

    def keep(self) -> None:
        """Have the browser's tab keep it, and give back what it has kept; once per page, behind the list."""
        data = {"name": self._name, "born": self._kept.born, "ids": self._kept.ids}
        with st.container(key=f"unseen_{self._key}"):
            KEEPER(data=data, key=self._key, default={"kept": None}, on_kept_change=self._recall)

    def _recall(self) -> None:
        """A new session of the same tab: what was selected before the reload."""
        if self._kept.ids is None:
            before = self.turn
            self._dictate(_numbers(reported(self._key, "kept"))[:MOST_SELECTED])
            self._kept.before_recall = before

    def _dictate(self, ids: list[int]) -> None:
        self._kept.ids = ids
        self._kept.turn += 1
        self._kept.everything = None
        self._kept.before_recall = ""


def said(count: int, elsewhere: int) -> str:
    """How many are selected, in Markdown."""
    return f"**{count:,} selected**" + (f", {elsewhere:,} not on this page" if elsewhere else "")


def _numbers(ids: object) -> list[int]:
    listed = ids if isinstance(ids, list) else []
    numbers = [one for one in listed if type(one) is int and 0 < one <= MAX_ID]
    return list(dict.fromkeys(numbers))
