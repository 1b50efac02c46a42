"""Writing what polls have found, each only while its claim holds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exc, insert, update
from sqlmodel import Session, col

from dashboard.logs import get_logger
from dashboard.models import (
    Attempt,
    Change,
    Claim,
    Credential,
    DecodedPart,
    Part,
    Pause,
    Searchable,
    State,
    Task,
)
from dashboard.store import pauses, teams
from dashboard.store.database_clock import db_now, in_seconds
from dashboard.store.reservations import settle

log = get_logger(__name__)

SET_ASIDE_SECONDS = 300.0
"""When a task whose outcome the database does not take is asked about again."""

_PART_COLUMNS = tuple(field.name for field in fields(DecodedPart) if field.name in Part.model_fields)

_STATE_WORDS = frozenset(state.value for state in State)

_UNWRITABLE = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, OverflowError, ValueError, TypeError)
"""What a single outcome can be refused for; anything else is the database's own trouble."""


Index = Callable[[Session, Mapping[int, Searchable | None]], None]
"""Puts tasks whose result has just been written into the full-text index, in the same transaction.

Given are our IDs with their texts made ready; None where that was not done.
"""


def record(session: Session, changes: Sequence[Change], index: Index) -> list[Claim]:
    """Write what polls have found, each only while its claim holds.

    One outcome the database does not take (a bug, or something no test thought of) does not hold up the
    others: it is logged and its task is asked about again after :data:`SET_ASIDE_SECONDS`.

    Args:
        session: a writing one; the changes are committed together.
        changes: at most one per task.
        index: is given the tasks that have a result now.

    Returns:
        The claims that did not hold any more: leased again by somebody, cancelled or deleted meanwhile.
    """
    ordered = sorted(changes, key=lambda change: change.claim.id)  # always in the same order: no deadlocks
    try:
        with session.begin_nested():
            written = [change for change in ordered if _write(session, change)]
    except _UNWRITABLE:
        written = [change for change in ordered if _write_alone(session, change)]
    index(session, {change.claim.id: change.searchable for change in written if change.parts})
    seen = {change.claim.team_id for change in written if change.visible}
    seen |= _update_credentials(session, written)
    settle(session, changes)
    teams.touch(session=session, team_ids=seen)
    kept = {id(change) for change in written}
    return [change.claim for change in changes if id(change) not in kept]


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give leases back: the tasks are due now, for whoever comes next."""
    for claim in sorted(claims, key=lambda claim: claim.id):
        _update_task(session, claim, {"next_poll_at": db_now(), "claim": None, "holder": None})


def _write(session: Session, change: Change) -> bool:
    """Write one change; False when its claim does not hold."""
    next_poll_at = None if change.next_delay_seconds is None else in_seconds(change.next_delay_seconds)
    values = {**change.values, "next_poll_at": next_poll_at, "claim": None, "holder": None}
    if not _update_task(session, change.claim, values):
        return False
    task_ref = change.claim.id
    if change.parts is not None:
        session.exec(delete(Part).where(col(Part.task_ref) == task_ref))
        if change.parts:
            session.exec(insert(Part), params=list(_rows(task_ref, change.parts)))
    for attempt in (*change.earlier, change.attempt):
        if attempt is not None:
            session.exec(insert(Attempt).values(task_ref=task_ref, **asdict(attempt)))
    return True


def _write_alone(session: Session, change: Change) -> bool:
    try:
        with session.begin_nested():
            return _write(session, change)
    except _UNWRITABLE as error:
        log.error("task.outcome_refused", id=change.claim.id, kind=type(error).__name__)  # noqa: TRY400 - no traceback: it could quote the result
        _update_task(
            session,
            change.claim,
            {"next_poll_at": in_seconds(SET_ASIDE_SECONDS), "claim": None, "holder": None},
        )
        return False


def _update_task(session: Session, claim: Claim, values: Mapping[str, Any]) -> bool:
    """Change the task of a claim while the claim holds."""
    fenced = (col(Task.id) == claim.id, col(Task.claim) == claim.fence)
    statement = update(Task).where(*fenced).values(**values).execution_options(synchronize_session=False)
    return bool(session.exec(statement).rowcount)


def _rows(task_ref: int, parts: Sequence[DecodedPart]) -> Iterator[dict[str, Any]]:
    """Rows in which each part keeps its place among the service's entries: regions are numbered by it."""
    position = -1
    for part in parts:
        position += 1 + part.nulls_before
        # asdict() copies, and there may be thousands
        values = {name: getattr(part, name) for name in _PART_COLUMNS}
        more = {"remarks": list(part.remarks), "size": len(part.data)}
        yield {"task_ref": task_ref, "position": position, **values, **more}


def _update_credentials(session: Session, written: Sequence[Change]) -> set[int]:
    """Note what calls said about their tokens; returns the teams that see a pause end by it."""
    successes: dict[int, datetime] = {}
    learned: dict[int, list[tuple[str, Pause]]] = {}
    for change in written:
        claim, attempt = change.claim, change.attempt
        if claim.credential_id is None or claim.address.trial:
            continue  # evaluation mode sends no token
        if attempt is not None and attempt.result in _STATE_WORDS:
            latest = successes.get(claim.credential_id, attempt.started_at)
            successes[claim.credential_id] = max(latest, attempt.started_at)
        if change.pause is not None and claim.credential is not None:
            learned.setdefault(claim.credential_id, []).append((claim.credential.secret, change.pause))
    for credential_id in sorted(successes.keys() | learned.keys()):  # the order every replica locks them in
        if credential_id in successes:
            mine = update(Credential).where(col(Credential.id) == credential_id)
            session.exec(mine.values(last_success_at=successes[credential_id]))
        for secret, pause in learned.get(credential_id, ()):
            pauses.extend(session, credential_id, secret, pause, now=db_now())
    is_over = col(Credential.paused_until) <= db_now()
    return set(pauses.end(session, col(Credential.id).in_(successes), is_over)) if successes else set()
