"""Which column of a table holds what of a task: by what it is called, else by what stands in it. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum

from dashboard.models import Operation
from dashboard.models.task_ids import clean_id, is_known_shape
from dashboard.services.tasks.request_urls import readable_urls, request_urls
from dashboard.services.tasks.written_times import read_time


class Meaning(StrEnum):
    """What a column says about tasks; the values are the names in the template."""

    TASK_ID = "task_id"
    LABEL = "label"
    OPERATION = "operation"
    TRIAL = "trial"
    SUBMITTED = "submitted"


_CALLED: Mapping[Meaning, tuple[str, ...]] = {
    Meaning.TASK_ID: ("taskid", "ocrtaskid", "ocrid", "requestid", "jobid", "task", "guid", "uuid", "id"),
    Meaning.LABEL: (
        "label",
        "name",
        "title",
        "file",
        "filename",
        "document",
        "image",
        "description",
        "bezeichnung",
    ),
    Meaning.OPERATION: ("operation", "endpoint", "method", "kind", "api", "path"),
    Meaning.TRIAL: ("trial", "evaluation", "evaluationmode", "istrial", "demo"),
    Meaning.SUBMITTED: (
        *(
            "submitted",
            "submittedat",
            "submission",
            "submissiontime",
            "sent",
            "sentat",
            "timestamp",
            "created",
        ),
        *("createdat", "datetime", "date", "time", "when"),
    ),
}
_YES = frozenset({"true", "yes", "y", "1", "x", "trial", "evaluation", "on", "ja", "oui", "si", "sí"})
_NO = frozenset({"false", "no", "n", "0", "", "regular", "off", "nein", "non"})
_OPERATIONS = {one.value.lower(): one for one in Operation}
_LOOKED_AT = 200
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table mean.

    Attributes:
        has_head: whether the first row names the columns.
        places: the column of each meaning that was found.
    """

    has_head: bool
    places: Mapping[Meaning, int]


def guess(rows: Sequence[Sequence[str]], *, named: bool = False) -> Columns:
    """What the columns seem to mean.

    Args:
        rows: of one width.
        named: the first row is known to name the columns.
    """
    if not rows:
        return Columns(named, {})
    has_head = named or _is_head(rows[0])
    sample = [row for row in rows[has_head:] if any(row)][:_LOOKED_AT]
    columns = [[row[n].strip() for row in sample if row[n].strip()] for n in range(len(rows[0]))]
    names = [_folded(cell) for cell in rows[0]] if has_head else [""] * len(columns)
    places: dict[Meaning, int] = {}
    for meaning in Meaning:
        free = [n for n in range(len(columns)) if n not in places.values()]
        found = _by_name(meaning, names, columns, free)
        if found is None and not (has_head and meaning is not Meaning.TASK_ID):
            found = _by_content(meaning, columns, free)
        if found is not None:
            places[meaning] = found
    return Columns(has_head, places)


def _is_head(row: Sequence[str]) -> bool:
    """Names of columns: at least one that we know, and nothing that is an ID."""
    known = {name for names in _CALLED.values() for name in names}
    return any(_folded(cell) in known for cell in row) and not any(map(_is_id, row))


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _by_name(
    meaning: Meaning, names: Sequence[str], columns: Sequence[Sequence[str]], free: Sequence[int]
) -> int | None:
    called = [(_CALLED[meaning].index(names[n]), n) for n in free if names[n] in _CALLED[meaning]]
    if meaning is Meaning.TASK_ID:
        # Another number may be called an ID as well.
        with_ids = [n for n in free if _share(columns[n], _is_id) >= _MOSTLY]
        best = [pair for pair in called if pair[1] in with_ids]
        if not best and with_ids:
            return with_ids[0]
        called = best or called
    return min(called)[1] if called else None


def _by_content(meaning: Meaning, columns: Sequence[Sequence[str]], free: Sequence[int]) -> int | None:
    by_meaning: dict[Meaning, Callable[[str], bool]] = {
        Meaning.TASK_ID: _is_id,
        Meaning.LABEL: lambda cell: bool(re.search(r"[^\W\d]{2}", cell)) and not _is_special(cell),
        Meaning.OPERATION: lambda cell: operation_of(cell) is not None,
        Meaning.TRIAL: lambda cell: trial_of(cell) is not None and not cell.isdigit(),
        Meaning.SUBMITTED: lambda cell: not isinstance(read_time(cell, UTC), str),
    }
    fits = by_meaning[meaning]
    shares = [(_share(columns[n], fits), -n) for n in free if columns[n]]
    best = max(shares, default=(0.0, 0))
    return -best[1] if best[0] >= _MOSTLY else None


def _is_special(cell: str) -> bool:
    return (
        operation_of(cell) is not None
        or trial_of(cell) is not None
        or _is_id(cell)
        or not isinstance(read_time(cell, UTC), str)
    )


def _share(cells: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, cells)) / len(cells) if cells else 0.0


def _is_id(cell: str) -> bool:
    return is_known_shape(clean_id(cell)) or next(request_urls(readable_urls(cell)), None) is not None


def operation_of(cell: str) -> tuple[Operation, bool | None] | None:
    """The operation that a cell names, and its trial where it says so; None when it names none."""
    name = re.sub(r"[\s_-]", "", cell.strip().rstrip("/").rpartition("/")[2]).lower()
    if name in _OPERATIONS:
        return _OPERATIONS[name], None
    operation = _OPERATIONS.get(name.removesuffix("trial"))
    return (operation, True) if operation is not None and operation.has_trial else None


def trial_of(cell: str) -> bool | None:
    """Whether a cell says that it was evaluation mode; None when it says neither."""
    word = cell.strip().casefold()
    return True if word in _YES else False if word in _NO else None
