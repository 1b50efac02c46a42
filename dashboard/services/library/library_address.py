"""What the library shows, as the query of its address: for bookmarks, saved views and exports. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode

from dashboard.models import RESULT_STATES, Operation, State
from dashboard.store.library_search import LibraryFilter, Sort

_MOST_DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRequest:
    """What somebody looks for.

    Attributes:
        typed: words as they were typed.
        wanted: filters and order.
        gaps: what may match because a word is masked, instead of what does.
    """

    typed: str = ""
    wanted: LibraryFilter = field(default_factory=LibraryFilter)
    gaps: bool = False


def read(params: Mapping[str, str]) -> LibraryRequest:
    """Read an address; what makes no sense is left out, because addresses are typed and cut by people."""
    since, until = _day(params.get("since")), _day(params.get("until"))
    token = params.get("token", "")
    operation, sort = params.get("operation", ""), params.get("sort", "")
    return LibraryRequest(
        typed=params.get("find", ""),
        wanted=LibraryFilter(
            states=frozenset(
                state for state in RESULT_STATES if state.value in params.get("state", "").split(",")
            ),
            label=params.get("label", ""),
            operation=Operation(operation) if operation in set(Operation) else None,
            credential_id=int(token)
            if token.isascii() and token.isdigit() and len(token) < _MOST_DIGITS
            else None,
            trial={"yes": True, "no": False}.get(params.get("trial", "")),
            language=params.get("language", ""),
            tag=params.get("tag", ""),
            since=_start(since),
            until=_start(until + timedelta(days=1)) if until and until < date.max else None,
            archived={"only": True, "also": None}.get(params.get("archived", ""), False),
            sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
        ),
        gaps=params.get("gaps") == "yes",
    )


def read_query(query: str) -> LibraryRequest:
    """The same from a query as :func:`write` gives it."""
    return read(dict(parse_qsl(query)))


def write(params: Mapping[str, str]) -> str:
    """The query of an address, without what is empty; always the same for the same search."""
    return urlencode(sorted((name, value) for name, value in params.items() if value))


def states_in_order() -> list[State]:
    """The states that have a result."""
    return [state for state in State if state in RESULT_STATES]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
