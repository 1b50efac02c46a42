"""The rows that outcomes consist of, written for many tasks at once by statements that are built only once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Float, bindparam, delete, insert, null, select, update
from sqlmodel import Session

from dashboard.models import METADATA, AttemptRecord, Change, Claim, DecodedPart, Part
from dashboard.store.database_clock import db_now

_TASK, _PART, _ATTEMPT = (METADATA.tables[name] for name in ("task", "part", "attempt"))
_PART_COLUMNS = tuple(field.name for field in fields(DecodedPart) if field.name in Part.model_fields)
_ATTEMPT_COLUMNS = tuple(field.name for field in fields(AttemptRecord))


@dataclass(frozen=True, slots=True)
class Held:
    """A task whose claim holds, as it was before its outcome is written.

    Attributes:
        fence: of the claim that holds.
        label: what people call it now.
        has_parts: whether an earlier answer has brought some; without any it is not in the index either.
    """

    fence: str
    label: str
    has_parts: bool


@dataclass(frozen=True, slots=True)
class Update:
    """What becomes of one task.

    Attributes:
        values: columns to set, without ``next_poll_at`` and ``claim``.
        delay_seconds: until it is due, by the database's clock; None when it is final.
    """

    claim: Claim
    values: Mapping[str, Any]
    delay_seconds: float | None


_stored_parts = select(_PART.c.id).where(_PART.c.task_ref == _TASK.c.id)
_HOLD = (
    select(_TASK.c.id, _TASK.c.claim, _TASK.c.label, _stored_parts.exists().label("has_parts"))
    .where(_TASK.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_TASK.c.id)  # everybody locks in this order: no deadlocks
    .with_for_update(of=_TASK, key_share=True)  # vanishes on SQLite, where the whole database is locked
)
_fenced = update(_TASK).where(_TASK.c.id == bindparam("of"), _TASK.c.claim == bindparam("fence"))
_ENDED = _fenced.values(next_poll_at=null(), claim=null())
_DUE = _fenced.values(next_poll_at=db_now() + bindparam("delay_seconds", type_=Float(53)), claim=null())
_FORGET_PARTS = delete(_PART).where(_PART.c.task_ref.in_(bindparam("ids", expanding=True)))
_ADD_PARTS = insert(_PART)
_ADD_ATTEMPTS = insert(_ATTEMPT)


def hold(session: Session, claims: Collection[Claim]) -> dict[int, Held]:
    """Lock the tasks of these claims until the end of the transaction; those whose claim holds, by our ID."""
    fences = {(claim.id, claim.fence) for claim in claims}
    ids = sorted({claim.id for claim in claims})
    rows = session.connection().execute(_HOLD, {"ids": ids})
    return {
        row.id: Held(row.claim, row.label, row.has_parts) for row in rows if (row.id, row.claim) in fences
    }


def put_tasks(session: Session, updates: Sequence[Update]) -> None:
    """Change tasks, each only while its claim holds, and give their leases back; in the order given."""
    alike: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for it in updates:
        row = {"of": it.claim.id, "fence": it.claim.fence, **it.values}
        if it.delay_seconds is not None:
            row["delay_seconds"] = it.delay_seconds
        alike.setdefault(tuple(sorted(row)), []).append(row)
    for names, rows in alike.items():
        session.connection().execute(_DUE if "delay_seconds" in names else _ENDED, rows)


def put_parts(session: Session, changes: Sequence[Change], before: Mapping[int, Held]) -> None:
    """Store the results of those that brought one, in place of what an earlier answer has brought."""
    brought = [change for change in changes if change.parts is not None]
    if old := [change.claim.id for change in brought if before[change.claim.id].has_parts]:
        session.connection().execute(_FORGET_PARTS, {"ids": old})
    if rows := [row for change in brought for row in _part_rows(change.claim.id, change.parts or ())]:
        session.connection().execute(_ADD_PARTS, rows)


def put_attempts(session: Session, changes: Sequence[Change]) -> None:
    """Store the calls that were made, each task's oldest first."""
    rows = [
        {"task_ref": change.claim.id} | {name: getattr(attempt, name) for name in _ATTEMPT_COLUMNS}
        for change in changes
        for attempt in (*change.earlier, change.attempt)
        if attempt is not None
    ]
    if rows:
        session.connection().execute(_ADD_ATTEMPTS, rows)


def _part_rows(task_ref: int, parts: Sequence[DecodedPart]) -> Iterator[dict[str, Any]]:
    """Rows in which each part keeps its place among the service's entries: regions are numbered by it."""
    position = -1
    for part in parts:
        position += 1 + part.nulls_before
        # asdict() copies, and there may be thousands
        values = {name: getattr(part, name) for name in _PART_COLUMNS}
        more = {"remarks": list(part.remarks), "size": len(part.data)}
        yield {"task_ref": task_ref, "position": position, **values, **more}
