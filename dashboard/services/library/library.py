"""The library of one team: every stored result, found by its words, by filters, tags and saved views."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.models import Action, Role
from dashboard.results.files import combined_text
from dashboard.results.masks import Mask, find_masks
from dashboard.services.labels import typed_label
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.library.snippets import Piece, snippet
from dashboard.services.team_scope import TeamScope
from dashboard.store import board as board_rows
from dashboard.store import corrections, patience
from dashboard.store import library_search as rows
from dashboard.store.board import BoardRow
from dashboard.store.library_search import COUNTED, SNIPPET_SOURCE, LibraryFilter
from dashboard.store.search_query import Query, parse

PER_PAGE = 20
LONGEST_TAG = 40
MOST_TAGS = 20
"""Tags put on at once."""

_ASTERISKS = re.compile(r"\*+")

LONGEST_QUERY = 2_000
MOST_SELECTED = 1_000
MOST_ASTERISKS = 70_000
"""Stretches of asterisks of one page of results that are judged; beyond it masked words are not marked."""

MOST_FOUND = 100_000
"""Results that a search hands out at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRow:
    """One result of the library.

    Attributes:
        snippet: the piece of its text that shows why it was found.
    """

    row: BoardRow
    tags: tuple[str, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryView:
    """One page of the library.

    Attributes:
        total: how many results match; ``more`` says that there are still more.
        maybe: how many others may match because evaluation mode has masked a word of the right length.
        maybe_more: whether there are still more of those.
        only_unwanted: nothing is shown, because the search only says what must not be there.
    """

    rows: tuple[LibraryRow, ...]
    total: int
    more: bool
    page: int
    pages: int
    maybe: int
    maybe_more: bool
    only_unwanted: bool


class Library:
    """Reads for everybody of the team; editors tag, put away and save views."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def look(self, request: LibraryRequest | None = None, *, page: int = 1) -> LibraryView:
        """One page (1-based; beyond the ends, the nearest one) of what was looked for; everything by default."""
        request = request or LibraryRequest()
        wanted, gaps, query = request.wanted, request.gaps, _query(request)
        with self._team.reading() as session, patience.limited(session):
            start = (max(page, 1) - 1) * PER_PAGE
            ids, total = self._page(session, wanted, query, start, gaps=gaps)
            counted = min(total, COUNTED)
            pages = max(1, -(-counted // PER_PAGE))
            if page > pages:
                page = pages
                ids, _ = self._page(session, wanted, query, (page - 1) * PER_PAGE, gaps=gaps)
            others = self._page(session, wanted, query, COUNTED, gaps=True)[1] if query and not gaps else 0
            found = self._rows(session, ids, query)
        return LibraryView(
            rows=found,
            total=counted,
            more=total > COUNTED,
            page=max(page, 1),
            pages=pages,
            maybe=min(others, COUNTED),
            maybe_more=others > COUNTED,
            only_unwanted=query is not None and not query.wanted and bool(query.unwanted),
        )

    def matching(self, request: LibraryRequest) -> list[int]:
        """Our IDs of everything a search finds, in its order; raises InputRefused beyond MOST_FOUND."""
        with self._team.reading() as session, patience.limited(session):
            ids, _ = rows.page(
                session=session,
                team_id=self._team.team_id,
                wanted=request.wanted,
                query=_query(request),
                gaps=request.gaps,
                start=0,
                limit=MOST_FOUND + 1,
            )
        if len(ids) > MOST_FOUND:
            raise InputRefused(f"These are more than {MOST_FOUND:,} results. Narrow the search.")
        return ids

    def tags(self) -> list[tuple[str, int]]:
        """Every tag of the team, and on how many tasks it is."""
        with self._team.reading() as session:
            return rows.tags(session=session, team_id=self._team.team_id)

    def languages(self) -> list[str]:
        """The languages of the team's texts (ISO 639-1), the most frequent first."""
        with self._team.reading() as session:
            return rows.languages(session=session, team_id=self._team.team_id)

    def tag(self, task_refs: Sequence[int], *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> int:
        """Put tags on tasks, and take others off; returns how many tasks there are.

        Raises:
            InputRefused: for a tag that is too long, or too many.
            NotPermitted: for viewers.
        """
        added, removed = _clean_tags(add), _clean_tags(remove)
        with self._team.writing(Role.EDITOR) as session:
            mine = self._mine(session, task_refs)
            rows.tag(session=session, team_id=self._team.team_id, task_refs=mine, tags=added)
            rows.untag(session=session, team_id=self._team.team_id, task_refs=mine, tags=removed)
            detail = {"added": ", ".join(added), "removed": ", ".join(removed)}
            self._team.note(session, Action.TASKS_TAGGED, count_of(len(mine), "task"), dict(detail))
        return len(mine)

    def tags_on(self, task_ref: int) -> tuple[str, ...]:
        """The tags on one task, in order; raises NotFound."""
        with self._team.reading() as session:
            self._team.task(session, task_ref)
            found = rows.tags_of(session=session, team_id=self._team.team_id, task_refs=[task_ref])
        return tuple(found.get(task_ref, ()))

    def put_away(self, task_refs: Sequence[int], *, archived: bool) -> int:
        """Put finished tasks away, off the board and out of sight, or take them back; returns how many changed.

        Raises:
            NotPermitted: for viewers.
        """
        with self._team.writing(Role.EDITOR) as session:
            count = rows.put_away(
                session=session,
                team_id=self._team.team_id,
                task_refs=self._mine(session, task_refs),
                archived=archived,
            )
            subject = count_of(count, "task") + ("" if archived else " taken back")
            self._team.note(session, Action.TASKS_ARCHIVED, subject)
            self._team.touch(session)
        return count

    def _page(
        self, session: Session, wanted: LibraryFilter, query: Query | None, start: int, *, gaps: bool
    ) -> tuple[list[int], int]:
        return rows.page(
            session=session,
            team_id=self._team.team_id,
            wanted=wanted,
            query=query,
            gaps=gaps,
            start=start,
            limit=PER_PAGE,
        )

    def _rows(self, session: Session, ids: Sequence[int], query: Query | None) -> tuple[LibraryRow, ...]:
        board = {
            row.id: row
            for row in board_rows.by_ids(
                session=session, team_id=self._team.team_id, task_refs=ids, now=self._team.clock()
            )
        }
        tags = rows.tags_of(session=session, team_id=self._team.team_id, task_refs=ids)
        found = []
        asterisks_left = MOST_ASTERISKS
        for task_ref in ids:
            parts = rows.beginnings(session=session, team_id=self._team.team_id, task_ref=task_ref)
            text = combined_text(parts, most=SNIPPET_SOURCE)
            masks: Sequence[Mask] = ()
            asterisks_left -= sum(1 for _ in _ASTERISKS.finditer(text)) if board[task_ref].trial else 0
            if board[task_ref].trial and asterisks_left >= 0:
                flipped = corrections.flips_of(session=session, team_id=self._team.team_id, task_ref=task_ref)
                masks = find_masks(text, flipped=flipped)
            found.append(
                LibraryRow(
                    row=board[task_ref],
                    tags=tuple(tags.get(task_ref, ())),
                    snippet=snippet(text, query, masks),
                )
            )
        return tuple(found)

    def _mine(self, session: Session, task_refs: Sequence[int]) -> list[int]:
        if len(task_refs) > MOST_SELECTED:
            raise InputRefused(f"Select up to {MOST_SELECTED:,} results at once.")
        known = board_rows.by_ids(
            session=session, team_id=self._team.team_id, task_refs=task_refs, now=self._team.clock()
        )
        return sorted(row.id for row in known)


def _query(request: LibraryRequest) -> Query | None:
    return parse(request.typed) if request.typed.strip() else None


def _clean_tags(tags: Sequence[str]) -> list[str]:
    cleaned = list(dict.fromkeys(filter(None, (typed_label(tag).lower() for tag in tags))))
    if len(cleaned) > MOST_TAGS:
        raise InputRefused(f"Up to {MOST_TAGS} tags at once.")
    if any(len(tag) > LONGEST_TAG for tag in cleaned):
        raise InputRefused(f"A tag can have up to {LONGEST_TAG} characters.")
    return cleaned
