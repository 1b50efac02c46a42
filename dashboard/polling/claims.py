"""Who asks: leasing due tasks, and writing what came of it while the lease still holds.

``next_poll_at`` is schedule and lease in one. A claim moves it into the future in the statement that selects
it, and puts a fence on the row; the outcome is written only where that fence still stands. All moments are
the database's, so replicas need not agree on the time. A task claimed twice costs one call, never a result.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, RowMapping, case, delete, exc, func, insert, literal, or_, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col, select

from dashboard.logs import get_logger
from dashboard.models import (
    Attempt,
    Change,
    Claim,
    Credential,
    DecodedPart,
    Operation,
    ParkReason,
    Part,
    Pause,
    State,
    Task,
    TaskAddress,
    Team,
)
from dashboard.models.columns import Instant

log = get_logger(__name__)

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""``paused_until`` of a credential that waits for a person."""

SET_ASIDE_SECONDS = 300.0
"""When a task whose outcome the database does not take is asked about again."""

_STATE_WORDS = frozenset(state.value for state in State)


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads like the SQL function it is
    """The database's time, as an :class:`~dashboard.models.columns.Instant`."""

    type = Instant()
    inherit_cache = True


@compiles(db_now, "sqlite")
def _sqlite_now(_element: db_now, _compiler: Any, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "((julianday('now') - 2440587.5) * 86400.0)"  # unixepoch('subsec') needs SQLite 3.42


@compiles(db_now, "postgresql")
def _postgresql_now(_element: db_now, _compiler: Any, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    # clock_timestamp() could not be an index condition.
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS double precision)"


def claim_due(
    session: Session,
    *,
    limit: int,
    lease_seconds: float,
    fence: str,
    skip_api_urls: Collection[str] = (),
) -> list[Claim]:
    """Lease due tasks of all teams to one poller, in one statement.

    Tasks of a paused credential wait, except when their time is over: those can be closed.

    Args:
        session: a writing one.
        limit: how many at most.
        lease_seconds: longer than a call can take; afterwards the tasks are due again.
        fence: unique for this claim; the outcome is written only where it still stands.
        skip_api_urls: services this process cannot reach.

    Returns:
        The claims, in no particular order; secrets still encrypted.
    """
    # A CTE and nothing else: with IN (SELECT ... LIMIT n FOR UPDATE) PostgreSQL may claim more than n rows.
    due = (
        select(Task.id, Task.next_poll_at)
        .outerjoin(Credential)
        .where(col(Task.next_poll_at) <= db_now(), _askable(), *_reachable(skip_api_urls))
        .order_by(col(Task.next_poll_at))
        .limit(limit)
        .with_for_update(of=Task, skip_locked=True)  # vanishes on SQLite, where the whole database is locked
        .cte("due")
    )
    claim = (
        update(Task)
        .where(col(Task.id).in_(select(due.c.id)))
        .values(next_poll_at=_in(lease_seconds), claim=fence, polls=col(Task.polls) + 1)
        .returning(*_CLAIMED, db_now().label("claimed_at"))
        .execution_options(synchronize_session=False)
    )
    rows = session.exec(claim).mappings().all()
    secrets = _secrets(session, {row["credential_id"] for row in rows if row["credential_id"] is not None})
    return [_claim(row, fence, secrets) for row in rows]


def seconds_until_due(session: Session, *, skip_api_urls: Collection[str] = ()) -> float | None:
    """How long until :func:`claim_due` finds something; 0 when it would now, None when nothing is open."""
    waiting = [col(Task.next_poll_at).is_not(None), *_reachable(skip_api_urls)]
    # ORDER BY ... LIMIT 1 uses the index; min() would read every open task.
    soonest = (
        select(Task.next_poll_at)
        .outerjoin(Credential)
        .where(*waiting, _askable())
        .order_by(col(Task.next_poll_at))
        .limit(1)
    )
    moments = [session.exec(soonest).one_or_none()]
    paused = col(Credential.paused_until) > db_now()
    resumed_at = session.exec(select(func.min(Credential.paused_until)).where(paused)).one()
    if resumed_at is not None:
        held = select(func.min(Task.expires_at)).join(Credential).where(*waiting, paused)
        expires_at = session.exec(held).one()
        moments += [resumed_at, expires_at] if expires_at is not None else []
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    now = session.exec(select(db_now())).one()
    return max(0.0, (min(known) - now).total_seconds())


def record(session: Session, changes: Sequence[Change]) -> list[Claim]:
    """Write what polls have found, each only while its claim holds.

    One outcome the database does not take (a bug, or something no test thought of) does not hold up the
    others: it is logged and its task is asked about again after :data:`SET_ASIDE_SECONDS`.

    Args:
        session: a writing one; the changes are committed together.
        changes: at most one per task.

    Returns:
        The claims that did not hold any more: leased again by somebody, cancelled or deleted meanwhile.
    """
    ordered = sorted(changes, key=lambda change: change.claim.id)  # always in the same order: no deadlocks
    try:
        with session.begin_nested():
            written = [change for change in ordered if _write(session, change)]
    except _UNWRITABLE:
        written = [change for change in ordered if _write_alone(session, change)]
    seen = {change.claim.team_id for change in written if change.visible}
    for team_id in sorted(seen | _update_credentials(session, written)):
        session.exec(update(Team).where(col(Team.id) == team_id).values(revision=col(Team.revision) + 1))
    kept = {id(change) for change in written}
    return [change.claim for change in changes if id(change) not in kept]


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give leases back: the tasks are due now, for whoever comes next."""
    for claim in sorted(claims, key=lambda claim: claim.id):
        _update_task(session, claim, {"next_poll_at": db_now(), "claim": None})


_CLAIMED = tuple(
    col(getattr(Task, name))
    for name in (
        *("id", "team_id", "api_url", "operation", "trial", "task_id", "credential_id", "state"),
        *("registered_at", "submitted_at", "expires_at", "expiry_exact", "polls", "doubts", "errors"),
        *("seen_at", "parked", "parked_since"),
    )
)

_UNWRITABLE = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, OverflowError, ValueError, TypeError)
"""What a single outcome can be refused for; anything else is the database's own trouble."""


def _askable() -> ColumnElement[bool]:
    paused_until = col(Credential.paused_until)
    return or_(paused_until.is_(None), paused_until <= db_now(), col(Task.expires_at) <= db_now())


def _reachable(skip_api_urls: Collection[str]) -> list[ColumnElement[bool]]:
    return [col(Task.api_url).not_in(skip_api_urls)] if skip_api_urls else []


def _in(seconds: float) -> ColumnElement[Any]:
    return db_now() + literal(seconds, Float(53))


def _secrets(session: Session, credential_ids: set[int]) -> dict[int, str]:
    if not credential_ids:
        return {}
    rows = select(Credential.id, Credential.secret).where(col(Credential.id).in_(credential_ids))
    return {row_id: secret for row_id, secret in session.exec(rows) if row_id is not None}


def _claim(row: RowMapping, fence: str, secrets: Mapping[int, str]) -> Claim:
    address = TaskAddress(
        api_url=row["api_url"],
        operation=Operation(row["operation"]),
        trial=row["trial"],
        task_id=row["task_id"],
    )
    same = [name for name in Claim.__dataclass_fields__ if name in row and name not in ("state", "parked")]
    return Claim(
        **{name: row[name] for name in same},
        fence=fence,
        address=address,
        secret=secrets.get(row["credential_id"]),
        state=State(row["state"]),
        parked=ParkReason(row["parked"]) if row["parked"] else None,
    )


def _write(session: Session, change: Change) -> bool:
    """Write one change; False when its claim does not hold."""
    next_poll_at = None if change.next_delay is None else _in(change.next_delay)
    values = {**change.values, "next_poll_at": next_poll_at, "claim": None}
    if not _update_task(session, change.claim, values):
        return False
    task_ref = change.claim.id
    if change.parts is not None:
        session.exec(delete(Part).where(col(Part.task_ref) == task_ref))
        if change.parts:
            rows = [_part(task_ref, position, part) for position, part in enumerate(change.parts)]
            session.exec(insert(Part), params=rows)
    if change.attempt is not None:
        session.exec(insert(Attempt).values(task_ref=task_ref, **asdict(change.attempt)))
    return True


def _write_alone(session: Session, change: Change) -> bool:
    try:
        with session.begin_nested():
            return _write(session, change)
    except _UNWRITABLE as error:
        log.error("task.outcome_refused", id=change.claim.id, kind=type(error).__name__)  # noqa: TRY400 - no traceback: it could quote the result
        _update_task(session, change.claim, {"next_poll_at": _in(SET_ASIDE_SECONDS), "claim": None})
        return False


def _update_task(session: Session, claim: Claim, values: Mapping[str, Any]) -> bool:
    """Change the task of a claim while the claim holds."""
    fenced = (col(Task.id) == claim.id, col(Task.claim) == claim.fence)
    statement = update(Task).where(*fenced).values(**values).execution_options(synchronize_session=False)
    return bool(session.exec(statement).rowcount)


def _part(task_ref: int, position: int, part: DecodedPart) -> dict[str, Any]:
    values = asdict(part) | {"remarks": list(part.remarks)}
    return {"task_ref": task_ref, "position": position, "size": len(part.data), **values}


def _update_credentials(session: Session, written: Sequence[Change]) -> set[int]:
    """Note what calls said about their tokens; returns the teams that see a pause end by it."""
    successes: dict[int, datetime] = {}
    for change in sorted(written, key=lambda change: change.claim.credential_id or 0):
        claim, attempt = change.claim, change.attempt
        if claim.credential_id is None or claim.address.trial:
            continue  # evaluation mode sends no token
        if attempt is not None and attempt.result in _STATE_WORDS:
            latest = successes.get(claim.credential_id, attempt.started_at)
            successes[claim.credential_id] = max(latest, attempt.started_at)
        if change.pause is not None:
            _pause(session, claim, change.pause)
    for credential_id, moment in successes.items():
        mine = update(Credential).where(col(Credential.id) == credential_id)
        session.exec(mine.values(last_success_at=moment))
    over = (
        update(Credential)
        .where(col(Credential.id).in_(successes), col(Credential.paused_until) <= db_now())
        .values(paused_until=None, pause_reason=None, pause_detail=None, paused_since=None)
        .returning(col(Credential.team_id))
        .execution_options(synchronize_session=False)
    )
    return set(session.exec(over).scalars()) if successes else set()


def _pause(session: Session, claim: Claim, pause: Pause) -> None:
    """Pause a credential, or extend its pause; never shorten it, never punish a token that was replaced."""
    until = pause.until or FOREVER
    paused_until = col(Credential.paused_until)
    session.exec(
        update(Credential)
        .where(
            col(Credential.id) == claim.credential_id,
            col(Credential.secret) == claim.secret,
            or_(paused_until.is_(None), paused_until < until),
        )
        .values(
            paused_until=until,
            pause_reason=pause.reason.value,
            pause_detail=pause.detail,
            paused_since=case((paused_until > db_now(), col(Credential.paused_since)), else_=db_now()),
        )
        .execution_options(synchronize_session=False)
    )
