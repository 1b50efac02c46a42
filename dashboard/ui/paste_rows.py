"""What pasted lines become: as read, as chosen for all of them, and as corrected one by one. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice, pairwise

from dashboard.models import Operation
from dashboard.models.task_ids import Shape, folded_id
from dashboard.redaction import holds_secret, redacted
from dashboard.services.labels import MAX_LABEL, typed_label
from dashboard.services.tasks.intake import NewTask, Preview
from dashboard.services.tasks.pasted_tasks import Line

LISTED = 200
"""Lines that are shown one by one; of more than these, the rest is taken as read."""

_SECRETS_DRESS = re.compile(
    r"\[hidden\]|authorization|bearer|basic|(?:access|refresh|id)_?token|client_?secret|password|--?header|-H\b",
    re.IGNORECASE,
)
"""What stands around a secret that is nothing by itself."""

_NAMES = frozenset(one.value for one in Operation)
_MOST_EDITS = 10_000
_LONGEST_KEY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was chosen for all pasted lines; a line's own URL wins for operation and service.

    Attributes:
        unusual: whether lines are taken that are asked about.
        zone: where whoever types is; times are typed as they are there.
    """

    operation: Operation
    trial: bool
    api_url: str
    credential_id: int | None
    label: str
    submitted_at: datetime | None
    zone: tzinfo = UTC
    unusual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What somebody corrected about one task; None where nothing.

    Attributes:
        submitted: a local time as ``2026-05-01T14:05:09``; empty when it was taken away.
    """

    take: bool | None = None
    label: str | None = None
    operation: Operation | None = None
    trial: bool | None = None
    submitted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one line becomes.

    Attributes:
        key: what tells it from other tasks, however it is written.
        taken: whether it is registered.
        typed: the label somebody typed for it, else None.
    """

    line: Line
    key: str
    taken: bool
    api_url: str
    operation: Operation
    trial: bool
    label: str
    typed: str | None
    submitted_at: datetime | None


def edits_of(given: object) -> dict[str, Edit]:
    """Corrections as a browser reports them, which may send anything."""
    if not isinstance(given, Mapping):
        return {}
    found = islice(given.items(), _MOST_EDITS)
    return {
        key: _edit(one)
        for key, one in found
        if isinstance(key, str) and len(key) <= _LONGEST_KEY and isinstance(one, Mapping)
    }


def as_reported(edits: Mapping[str, Edit]) -> dict[str, dict[str, object]]:
    """Corrections as a browser would report them, but for secrets that somebody typed."""
    return {
        key: {
            name: value
            for name, value in asdict(edit).items()
            if value is not None and not (name == "label" and holds_secret(edit.label or ""))
        }
        for key, edit in edits.items()
    }


def _edit(given: Mapping[object, object]) -> Edit:
    take, trial = given.get("take"), given.get("trial")
    label, operation, submitted = given.get("label"), given.get("operation"), given.get("submitted")
    return Edit(
        take=take if isinstance(take, bool) else None,
        label=label[:MAX_LABEL] if isinstance(label, str) else None,
        operation=Operation(operation) if isinstance(operation, str) and operation in _NAMES else None,
        trial=trial if isinstance(trial, bool) else None,
        submitted=submitted if isinstance(submitted, str) and _is_time(submitted) else None,
    )


def _is_time(text: str) -> bool:
    try:
        return not text or datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def rows_of(preview: Preview, answers: Answers, edits: Mapping[str, Edit]) -> list[Row]:
    """The lines that are taken or asked about, in their order."""
    nothing = Edit()
    lines = [*preview.new, *preview.unusual]
    if preview.unusual:
        lines.sort(key=lambda line: line.number)
    return [row_of(line, answers, edits.get(key_of(line), nothing)) for line in lines]


def row_of(line: Line, answers: Answers, edit: Edit) -> Row:
    """What one line becomes."""
    operation = edit.operation or line.operation or answers.operation
    trial = next(it for it in (edit.trial, line.trial, answers.trial) if it is not None)
    submitted_at = answers.submitted_at or line.submitted_at
    if edit.submitted is not None:
        submitted_at = _moment(edit.submitted, answers.zone)
    return Row(
        line=line,
        key=key_of(line),
        taken=edit.take if edit.take is not None else line.shape is Shape.USUAL or answers.unusual,
        api_url=line.api_url or answers.api_url,
        operation=operation,
        trial=trial and operation.has_trial,
        label=edit.label if edit.label is not None else line.label or answers.label,
        typed=edit.label if edit.label is not None else None if line.label else answers.label,
        submitted_at=submitted_at,
    )


def key_of(line: Line) -> str:
    """What tells a task from others while its line is moved and its letters change."""
    return f"{line.api_url or ''} {folded_id(line.task_id)}"


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) if text else None
    except OverflowError:  # the first and the last day there are
        return None


def listed(rows: Sequence[Row]) -> list[Row]:
    """The rows that are shown one by one: what is asked about before what is not, in the order of lines."""
    if len(rows) <= LISTED:
        return list(rows)
    asked = [row for row in rows if row.line.shape is Shape.UNUSUAL][:LISTED]
    others = islice((row for row in rows if row.line.shape is Shape.USUAL), LISTED - len(asked))
    return sorted([*asked, *others], key=lambda row: row.line.number)


def new_task(row: Row, answers: Answers) -> NewTask:
    """A row as it is registered.

    Raises:
        InputRefused: when somebody typed a secret as its label.
    """
    foreign = row.trial or row.api_url != answers.api_url
    return NewTask(
        task_id=row.line.task_id,
        operation=row.operation,
        trial=row.trial,
        credential_id=None if foreign else answers.credential_id,
        label=row.label if row.typed is None else typed_label(row.typed),
        submitted_at=row.submitted_at,
        api_url=row.api_url,
    )


def everything(preview: Preview) -> Iterator[Line]:
    """All that was read, whatever becomes of it."""
    yield from (*preview.new, *preview.unusual, *preview.malformed)
    yield from (line for line, _ in (*preview.known, *preview.repeats))


def rest_of(text: str, preview: Preview, lines: Iterable[Line]) -> str:
    """These lines of a text as they were pasted, without secrets; what was nothing else is left out."""
    pasted = text.splitlines()
    numbers = sorted({line.number for line in everything(preview)})
    ends = dict(pairwise([*numbers, len(pasted) + 1]))  # a line may have been put together from several
    wanted = sorted({line.number for line in lines})
    kept = (redacted(one) for number in wanted for one in pasted[number - 1 : ends[number] - 1])
    return "\n".join(one for one in kept if _says_something(one))


def _says_something(text: str) -> bool:
    return "[hidden]" not in text or re.search(r"\w{3}", _SECRETS_DRESS.sub(" ", text)) is not None
