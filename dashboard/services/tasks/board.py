"""What the board shows, read once per change and shared by everybody who looks."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from cachetools import LRUCache
from sqlmodel import Session

from dashboard.services.team_scope import TeamScope
from dashboard.store import board as rows
from dashboard.store import tasks as task_rows
from dashboard.store import teams
from dashboard.store.at_risk import AtRisk, at_risk
from dashboard.store.board import BoardRow, Counts
from dashboard.store.board_filter import BoardFilter
from dashboard.store.trouble import Trouble, trouble

T = TypeVar("T")

PER_PAGE = 50
"""Rows on one page: a changed table is sent whole, so it stays small."""

KEPT = 64
"""Filter results kept in memory for the current revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """One look at the board.

    Attributes:
        revision: grows with every visible change of the team.
        read_at: when the database was last asked for this team's revision, aware UTC.
    """

    counts: Counts
    at_risk: AtRisk
    rows: tuple[BoardRow, ...]
    total: int
    page: int
    pages: int
    trouble: tuple[Trouble, ...]
    revision: int
    read_at: datetime
    besides: "Besides" = field(compare=False, repr=False)
    per_page: int = PER_PAGE

    @property
    def first(self) -> int:
        """Which of all the tasks the first row is, from 1."""
        return (self.page - 1) * self.per_page + 1


@dataclass(frozen=True, slots=True)
class Besides:
    """What else is shown with a view: read once a second for everybody who looks."""

    memory: "BoardMemory"
    revision: int
    now: datetime

    def once(self, name: Hashable, read: Callable[[], T]) -> T:
        """What was read not long ago, or is read now.

        Args:
            name: what it is, and all that it depends on but for the team and the time.
            read: reads it; may be called in the name of another viewer of the team.
        """
        return self.memory.besides(name, self.revision, self.now, read)


class BoardMemory:
    """What was read of one team's board at one revision; kept for everybody who looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = -1
        self._counts: _Counted | None = None
        self._turn: datetime | None = None
        """When what is remembered ends to be true although nothing changed."""
        self._besides: LRUCache[Hashable, tuple[int, datetime, Any]] = LRUCache(KEPT)
        self._pages: LRUCache[_PageKey, _Page] = LRUCache(KEPT)

    def counts(self, revision: int, now: datetime) -> "_Counted | None":
        """The counts, while they are true."""
        with self._lock:
            turned = self._turn is not None and now >= self._turn
            return None if turned or self._revision != revision else self._counts

    def keep_counts(self, revision: int, counts: "_Counted", turn: datetime | None) -> None:
        """Remember counts until the next change, or until ``turn``; pages of earlier revisions go."""
        with self._lock:
            if revision >= self._revision:
                self._pages.clear()
                self._revision, self._counts, self._turn = revision, counts, turn

    def besides(self, name: Hashable, revision: int, now: datetime, read: Callable[[], T]) -> T:
        """What else is shown: as it was read at most a second ago, or read now."""
        with self._lock:
            known = self._besides.get(name)
        if known and known[0] == revision and abs(now - known[1]) < timedelta(seconds=1):
            found: T = known[2]
            return found
        found = read()
        with self._lock:
            self._besides[name] = (revision, now, found)
        return found

    def page(self, revision: int, key: "_PageKey") -> "_Page | None":
        """A page of the table, while nothing has changed."""
        with self._lock:
            return self._pages.get(key) if self._revision == revision else None

    def keep_page(self, revision: int, key: "_PageKey", page: "_Page") -> None:
        """Remember a page; the one not looked at for longest goes when there are too many."""
        with self._lock:
            if self._revision == revision:
                self._pages[key] = page


_Counted = tuple[Counts, AtRisk]
_PageKey = tuple[BoardFilter, int, int]
_Page = tuple[tuple[BoardRow, ...], int]


class Board:
    """The board of one team, as one actor sees it."""

    def __init__(self, team: TeamScope, memory: BoardMemory | None = None) -> None:
        self._team = team
        self._memory = memory or BoardMemory()

    def look(self, wanted: BoardFilter, *, page: int = 1, per_page: int = PER_PAGE) -> BoardView:
        """One page of the board; ten viewers of the same page cost the database one small query each.

        Args:
            wanted: which tasks.
            page: 1-based; beyond the ends, the nearest page is shown.
            per_page: rows a page.
        """
        now, page = self._team.clock(), max(page, 1)
        with self._team.reading() as session:
            revision = teams.revision(session=session, team_id=self._team.team_id)
            counts, risk = self._memory.counts(revision, now) or self._count(session, revision, now)
            found, total = self._page(session, revision, wanted, page, per_page, now)
            pages = max(1, -(-total // per_page))
            if page > pages:
                page = pages
                found, total = self._page(session, revision, wanted, page, per_page, now)
            in_the_way = self._trouble_now(session, revision, now) if counts.parked else ()
        return BoardView(
            counts=counts,
            at_risk=risk,
            rows=found,
            total=total,
            page=page,
            pages=pages,
            trouble=in_the_way,
            revision=revision,
            read_at=now,
            besides=Besides(self._memory, revision, now),
            per_page=per_page,
        )

    def rows_of(self, task_refs: Sequence[int]) -> list[BoardRow]:
        """These tasks as lines of the board, in the order given; those that are gone are left out."""
        with self._team.reading() as session:
            found = rows.by_ids(
                session=session, team_id=self._team.team_id, task_refs=task_refs, now=self._team.clock()
            )
        by_id = {row.id: row for row in found}
        return [by_id[task_ref] for task_ref in task_refs if task_ref in by_id]

    def present(self, task_refs: Sequence[int], *, archived: bool | None = False) -> set[int]:
        """Which of these tasks are still on the board; with ``archived`` as None, those put away too."""
        with self._team.reading() as session:
            return task_rows.present(
                session=session, team_id=self._team.team_id, task_refs=task_refs, archived=archived
            )

    def matching(self, wanted: BoardFilter, *, below: int | None = None, limit: int) -> list[int]:
        """Our IDs of tasks that a filter leaves, newest first; with ``below``, those under that ID: for all in turn."""
        with self._team.reading() as session:
            return rows.ids(
                session=session,
                team_id=self._team.team_id,
                wanted=wanted,
                now=self._team.clock(),
                below=below,
                limit=limit,
            )

    def _count(self, session: Session, revision: int, now: datetime) -> _Counted:
        counts = rows.counts(session=session, team_id=self._team.team_id, now=now)
        risk = at_risk(session=session, team_id=self._team.team_id, now=now)
        turns = (rows.next_turn(session=session, team_id=self._team.team_id, now=now), risk.turns_at)
        turn = min((moment for moment in turns if moment is not None), default=None)
        self._memory.keep_counts(revision, (counts, risk), turn)
        return counts, risk

    def _trouble_now(self, session: Session, revision: int, now: datetime) -> tuple[Trouble, ...]:
        """What is in the way: the next try moves on without anything else changing."""

        def read() -> tuple[Trouble, ...]:
            return tuple(trouble(session=session, team_id=self._team.team_id, now=now))

        return self._memory.besides("trouble", revision, now, read)

    def _page(
        self,
        session: Session,
        revision: int,
        wanted: BoardFilter,
        page: int,
        per_page: int,
        now: datetime,
    ) -> _Page:
        key = (wanted, page, per_page)
        known = self._memory.page(revision, key)
        if known is None:
            found, total = rows.page(
                session=session,
                team_id=self._team.team_id,
                wanted=wanted,
                page=page,
                per_page=per_page,
                now=now,
            )
            known = (tuple(found), total)
            self._memory.keep_page(revision, key, known)
        return known
