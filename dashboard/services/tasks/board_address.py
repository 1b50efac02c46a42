"""What the board shows, as the query of its address: for bookmarks, saved views and exports. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from urllib.parse import parse_qsl, urlencode

from dashboard.models import OPEN_STATES, RESULT_STATES, Operation, State
from dashboard.store.board_filter import BoardFilter, BoardSort

ATTENTION, AT_RISK, PARKED = "attention", "at_risk", "parked"
STATES_OF: Mapping[str, Sequence[State]] = {
    "open": [state for state in State if state in OPEN_STATES],
    "done": [state for state in State if state in RESULT_STATES],
    "ended": [state for state in State if state not in OPEN_STATES | RESULT_STATES],
}
"""Groups of states."""

WITHIN: Mapping[str, Sequence[str]] = {
    "open": [*STATES_OF["open"], PARKED, AT_RISK],
    "done": STATES_OF["done"],
    "ended": STATES_OF["ended"],
}
"""The finer words of each group, which narrow it."""

_MOST_DIGITS = 10


def read(params: Mapping[str, str], zone: tzinfo) -> BoardFilter:
    """Read an address; what makes no sense is left out, because addresses are typed and cut by people.

    Args:
        params: as in the address; ``state`` has groups, states and other words, with commas between them.
        zone: where its days begin.
    """
    chosen = with_groups(params.get("state", "").split(","))
    states: set[State] = set()
    for group in STATES_OF.keys() & chosen:
        states |= set(STATES_OF[group]) & chosen or set(STATES_OF[group])
    operation, sort = params.get("operation", ""), params.get("sort", "")
    usual = BoardSort.DEADLINE if AT_RISK in chosen else BoardSort.NEWEST
    return BoardFilter(
        states=frozenset(states),
        query=params.get("q", "").strip(),
        attention=ATTENTION in chosen,
        parked=PARKED in chosen,
        at_risk=AT_RISK in chosen,
        credential_id=_number(params.get("token", "")),
        operation=Operation(operation) if operation in set(Operation) else None,
        trial={"yes": True, "no": False}.get(params.get("mode", "")),
        tag=params.get("tag", ""),
        batch_id=_number(params.get("batch", "")),
        since=_begin(params.get("since", ""), zone),
        until=_begin(params.get("until", ""), zone, days=1),
        sort=BoardSort(sort) if sort in set(BoardSort) else usual,
    )


def read_query(query: str, zone: tzinfo) -> BoardFilter:
    """The same from a query as :func:`query_of` gives it."""
    return read(dict(parse_qsl(query)), zone)


def query_of(params: Mapping[str, str]) -> str:
    """The query of an address, without what is empty and without the page."""
    return urlencode(sorted((name, value) for name, value in params.items() if value and name != "page"))


def with_groups(words: Collection[str]) -> set[str]:
    """These words, and the group of each finer one."""
    return {*words, *(group for group, finer in WITHIN.items() if set(finer) & set(words))}


def _number(word: str) -> int | None:
    number = int(word) if word.isascii() and word.isdigit() and len(word) < _MOST_DIGITS else 0
    return number or None


def _begin(word: str, zone: tzinfo, *, days: int = 0) -> datetime | None:
    """When a day begins, or one that is so many days later."""
    try:
        day = date.fromisoformat(word) + timedelta(days=days)
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
