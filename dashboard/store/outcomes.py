"""Writing what polls have found, each only while its claim holds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, exc, update
from sqlmodel import Session

from dashboard.logs import get_logger
from dashboard.models import METADATA, Change, Claim, NewText, Pause, State
from dashboard.store import outcome_rows, pauses, teams
from dashboard.store.database_clock import db_now
from dashboard.store.outcome_rows import Held, Update
from dashboard.store.reservations import settle

log = get_logger(__name__)

SET_ASIDE_SECONDS = 300.0
"""When a task whose outcome the database does not take is asked about again."""

_STATE_WORDS = frozenset(state.value for state in State)

_UNWRITABLE = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, OverflowError, ValueError, TypeError)
"""What a single outcome can be refused for; anything else is the database's own trouble."""

_CREDENTIAL = METADATA.tables["credential"]
_SUCCEEDED = (
    update(_CREDENTIAL)
    .where(_CREDENTIAL.c.id == bindparam("of"))
    .returning((_CREDENTIAL.c.paused_until <= db_now()).label("pause_is_over"))
)

Index = Callable[[Session, Sequence[NewText]], None]
"""Puts texts that have just been written into the full-text index, in the same transaction."""


def record(session: Session, changes: Sequence[Change], index: Index) -> list[Claim]:
    """Write what polls have found, each only while its claim holds.

    One outcome the database does not take (a bug, or something no test thought of) does not hold up the
    others: it is logged and its task is asked about again after :data:`SET_ASIDE_SECONDS`.

    Args:
        session: a writing one; the changes are committed together.
        changes: at most one per claim.
        index: is given the texts that are stored now.

    Returns:
        The claims that did not hold any more: leased again by somebody, cancelled or deleted meanwhile.
    """
    before = outcome_rows.hold(session, [change.claim for change in changes])
    mine = [change for change in changes if _holds(change.claim, before)]
    mine.sort(key=lambda change: change.claim.id)  # always in the same order: no deadlocks
    written = _written(session, mine, before)
    if texts := [text for change in written if (text := _text_of(change, before[change.claim.id]))]:
        index(session, texts)
    seen = {change.claim.team_id for change in written if change.visible}
    locked, resumed = _update_credentials(session, written)
    seen |= resumed
    settle(session, changes, locked=locked)
    teams.touch(session=session, team_ids=seen)
    kept = {id(change) for change in written}
    return [change.claim for change in changes if id(change) not in kept]


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give leases back: the tasks are due now, for whoever comes next."""
    ordered = sorted(claims, key=lambda claim: claim.id)
    outcome_rows.put_tasks(session, [Update(claim, {}, 0.0) for claim in ordered])


def _holds(claim: Claim, before: Mapping[int, Held]) -> bool:
    held = before.get(claim.id)
    return held is not None and held.fence == claim.fence


def _written(session: Session, changes: Sequence[Change], before: Mapping[int, Held]) -> Sequence[Change]:
    """Write them together; one by one where the database refuses that. Those that are stored."""
    if not changes:
        return changes
    try:
        with session.connection().begin_nested():
            _write(session, changes, before)
    except _UNWRITABLE:
        return [change for change in changes if _write_alone(session, change, before)]
    return changes


def _write(session: Session, changes: Sequence[Change], before: Mapping[int, Held]) -> None:
    updates = [Update(change.claim, change.values, change.next_delay_seconds) for change in changes]
    outcome_rows.put_tasks(session, updates)
    outcome_rows.put_parts(session, changes, before)
    outcome_rows.put_attempts(session, changes)


def _write_alone(session: Session, change: Change, before: Mapping[int, Held]) -> bool:
    try:
        with session.connection().begin_nested():
            _write(session, [change], before)
    except _UNWRITABLE as error:
        log.error("task.outcome_refused", id=change.claim.id, kind=type(error).__name__)  # noqa: TRY400 - no traceback: it could quote the result
        outcome_rows.put_tasks(session, [Update(change.claim, {}, SET_ASIDE_SECONDS)])
        return False
    return True


def _text_of(change: Change, before: Held) -> NewText | None:
    """What of a stored result goes into the index; None where nothing of it can be read."""
    if not any(part.text is not None for part in change.parts or ()):
        return None
    claim = change.claim
    return NewText(
        task_ref=claim.id,
        team_id=claim.team_id,
        task_id=claim.address.task_id,
        label=before.label,
        searchable=change.searchable,
        replaces=before.has_parts,
    )


def _update_credentials(session: Session, written: Sequence[Change]) -> tuple[set[int], set[int]]:
    """Note what calls said about their tokens; those that are locked by it, and the teams that see a pause end."""
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
    locked, over = set(), []
    for credential_id in sorted(successes.keys() | learned.keys()):  # the order every replica locks them in
        if credential_id in successes:
            row = {"of": credential_id, "last_success_at": successes[credential_id]}
            found = session.connection().execute(_SUCCEEDED, row).first()
            if found is not None:  # it may have been removed meanwhile
                locked.add(credential_id)
                over += [credential_id] if found.pause_is_over else []
        for secret, pause in learned.get(credential_id, ()):
            pauses.extend(session, credential_id, secret, pause, now=db_now())
    return locked, set(pauses.end_over(session, over)) if over else set()
