"""The board's table. Rows in, the selection out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from dashboard.counts import count_of
from dashboard.models import ATTENTION_STATES, ParkReason, State
from dashboard.results.amounts import WITHOUT_BLANKS
from dashboard.services.credentials.service_list import service_name
from dashboard.services.tasks.expectation import is_slow, usually
from dashboard.store.board import BoardRow
from dashboard.store.board_filter import BoardSort
from dashboard.ui import display, routes
from dashboard.ui.components import TASK_TABLE, reported
from dashboard.ui.selection import Selection
from dashboard.ui.task_title import title_of
from dashboard.ui.wording import TYPE_ICONS, USUAL_ICON, of_task, operation_name

_KEY = "task_table"
NEEDS_PERSON = frozenset(
    {
        ParkReason.TOKEN_MISSING,
        ParkReason.TOKEN_REJECTED,
        ParkReason.SERVICE_NOT_LISTED,
        ParkReason.KEY_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Here:
    """Where somebody looks from: all that makes one viewer's table another's.

    Attributes:
        zone: of the browser.
        team: the team in its links; empty where none is named.
    """

    zone: str | None
    team: str

    @classmethod
    def now(cls) -> Self:
        """Of the page that is being drawn."""
        return cls(display.zone(), routes.with_team({}).get(routes.TEAM, ""))


def table(
    rows: Sequence[BoardRow],
    here: Here,
    *,
    now: datetime,
    home_api_url: str,
    pictures: Mapping[int, int],
    first: int,
    total: int,
) -> str:
    """Rows as the browser shows them, as JSON: written once for all who look at them.

    Args:
        rows: what to show, in order.
        here: for whom.
        now: the server's clock: what takes long is marked.
        home_api_url: the usual service; rows of another one say so.
        pictures: the source of each task of which there is a small picture.
        first: which row of the whole list the first of these is, from 1.
        total: how many there are in all.
    """
    words = {(row.state, row.parked): of_task(row.state, row.parked) for row in rows}
    kinds = {operation_name(row.operation, trial=row.trial): row.operation for row in rows}
    lines = {
        "base": routes.task_href(0, here.team),
        "first": first,
        "total": total,
        "words": {
            _kind(*of): {"word": said.word, "icon": said.icon, "tone": said.tone, "sentence": said.sentence}
            for of, said in words.items()
        },
        "icons": {name: TYPE_ICONS.get(operation, USUAL_ICON) for name, operation in kinds.items()},
        "rows": [
            {
                **_row(row, here, home_api_url=home_api_url, now=now),
                **_sometimes(row, now, picture=picture_of(pictures.get(row.id))),
            }
            for row in rows
        ],
    }
    return json.dumps(lines, separators=(",", ":"))


def show(lines: str, selection: Selection, sort: BoardSort, choose_sort: Callable[[object], None]) -> None:
    """Draw a table; the selection, also of other pages, hears what is selected in it.

    Args:
        lines: as :func:`table` gives them.
        selection: what is selected.
        sort: in which order the lines are.
        choose_sort: told what a browser reports when somebody chooses another one at a heading.
    """
    chosen = {
        "turn": selection.turn,
        "ids": selection.ids,
        "everything": selection.everything is not None,
    }
    TASK_TABLE(
        key=_KEY,
        data={"table": lines, "selection": chosen, "sort": sort.value},
        default={"selected": None, "sort": None},
        on_selected_change=lambda: selection.hear(reported(_KEY, "selected")),
        on_sort_change=lambda: choose_sort(reported(_KEY, "sort")),
    )


def _kind(state: State, parked: ParkReason | None) -> str:
    return f"{state.value} {parked.value if parked else ''}"


def picture_of(source_id: int | None) -> str:
    """Where the small picture of a source is; empty where there is none."""
    return routes.api_href(f"sources/{source_id}/thumbnail") if source_id else ""


def needs_attention(row: BoardRow, now: datetime) -> bool:
    """Whether a person should look at this task: nobody else will, or it takes longer than nearly all of its kind."""
    stuck = row.state.is_open and (row.parked in NEEDS_PERSON or _is_slow(row, now))
    return (row.state in ATTENTION_STATES and row.attended_at is None) or stuck


def marked(rows: Sequence[BoardRow], now: datetime) -> list[int]:
    """Which of these lines only the clock has marked so far: they take longer than nearly all of their kind."""
    return [row.id for row in rows if _is_slow(row, now)]


def _is_slow(row: BoardRow, now: datetime) -> bool:
    return row.state.is_open and is_slow(row.submitted_at, row.estimate, now)


def _row(row: BoardRow, here: Here, *, home_api_url: str, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": name_of(row, here.zone),
        "task_id": row.task_id,
        "detail": _detail(row, home_api_url, now),
        "kind": _kind(row.state, row.parked),
        "operation": operation_name(row.operation, trial=row.trial),
        "added": row.registered_at.timestamp(),
        "expires": row.expires_at.timestamp(),
        "exact": row.expiry_exact,
        "open": row.state.is_open,
        "usual": _usually_done(row),
        "ended": "saved here" if row.state.has_result else "–",  # noqa: RUF001 - a dash for nothing
    }


def _sometimes(row: BoardRow, now: datetime, *, picture: str) -> dict[str, Any]:
    """What few rows have: a page of them is sent again with each change."""
    some = {"attention": needs_attention(row, now), "token": row.credential, "picture": picture}
    return {name: value for name, value in some.items() if value}


def name_of(row: BoardRow, zone: str | None) -> str:
    """What a task is called in lists: as on its own page."""
    return title_of(row.label, row.beginning, row.operation, added=row.registered_at, zone=zone)


def _detail(row: BoardRow, home_api_url: str, now: datetime) -> str:
    pieces = []
    if row.api_url != home_api_url:
        pieces.append(service_name(row.api_url))
    pieces.append(", ".join(word_counts(row)))
    if row.estimate is not None:
        slow = ", slower than 99 % of its kind" if _is_slow(row, now) else ""
        pieces.append(f"usually done in {usually(row.estimate)}{slow}")
    return " · ".join(piece for piece in pieces if piece)


def _usually_done(row: BoardRow) -> float | None:
    """When such a task is done in nine cases of ten; None where nobody knows when it was sent."""
    if row.estimate is None or row.submitted_at is None or not row.state.is_open:
        return None
    return row.submitted_at.timestamp() + row.estimate.slow


def word_counts(row: BoardRow) -> list[str]:
    """How many words there are, where words are set apart by blanks, and how many are masked."""
    return [
        *([count_of(row.words, "word")] if row.words and row.language not in WITHOUT_BLANKS else []),
        *([f"{row.masked_words:,} masked"] if row.masked_words else []),
    ]
