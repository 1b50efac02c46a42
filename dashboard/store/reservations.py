"""The tokens of claimed tasks, and the calls their owners allow: reserved with the claim, settled with the outcome.

Counting first means that replicas together never exceed a budget, and that a crash counts a call too many
rather than one too few.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, bindparam, literal, or_
from sqlmodel import Session, col, select

from dashboard.counts import count_of
from dashboard.models import METADATA, CallCredential, CallKind, Change, Credential, ParkReason, Pause
from dashboard.models.call_usage import next_day, next_month
from dashboard.models.columns import Instant
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS
from dashboard.store import pauses, teams
from dashboard.store.call_counts import calls_used, count_many
from dashboard.store.database_clock import database_time

_CREDENTIAL = METADATA.tables["credential"]
_HOLD = (
    select(_CREDENTIAL.c.id)
    .where(_CREDENTIAL.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_CREDENTIAL.c.id)
    .with_for_update(read=True, key_share=True)
)


def credentials_of(session: Session, credential_ids: set[int]) -> dict[int, Credential]:
    """The credentials of claimed tasks, by their ID.

    Those with a budget are locked until the end of the transaction: two claims at once would otherwise both
    take its last call.
    """
    if not credential_ids:
        return {}
    wanted = select(Credential).where(col(Credential.id).in_(credential_ids))
    rows = {row.id: row for row in session.exec(wanted) if row.id is not None}
    if any(map(_is_limited, rows.values())):
        limited = or_(col(Credential.daily_budget).is_not(None), col(Credential.monthly_budget).is_not(None))
        # In the order the outcomes lock them in; fresh, because the budget may have changed meanwhile.
        locked = wanted.where(limited).order_by(col(Credential.id)).with_for_update(key_share=True)
        fresh = session.exec(locked.execution_options(populate_existing=True))
        rows |= {row.id: row for row in fresh if row.id is not None}
    return rows


def reserve(
    session: Session, rows: Sequence[RowMapping], credentials: Mapping[int, Credential], now: datetime
) -> dict[int, CallCredential]:
    """Count the calls about to be made for these claimed tasks.

    Returns:
        The token of each regular task that has one, by our task ID; those for which the budget has no call
        left are marked, and their credential is paused until the budget begins anew. Where one call is left
        and a status first would take two, the result is asked for at once.
    """
    limited = {row_id for row_id, row in credentials.items() if _is_limited(row)}
    used = calls_used(session=session, credential_ids=limited, moment=now) if limited else {}
    tokens: dict[int, CallCredential] = {}
    reserved: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: row["expires_at"]):
        credential = credentials.get(row["credential_id"])
        if credential is None or credential.id is None or row["trial"]:
            continue
        lent = credential.call_credential()
        left = _left(credential, used.get(credential.id, (0, 0)), reserved[credential.id])
        if left < _cost(lent):
            lent = replace(lent, status_first=False)
        if left < _cost(lent) and not _is_last_poll(row, credential, now):
            lent = replace(lent, over_budget=True)
        else:
            reserved[credential.id] += _cost(lent)
        tokens[row["id"]] = lent
    count_many(
        session=session,
        calls={(credential_id, CallKind.POLL, now): calls for credential_id, calls in reserved.items()},
    )
    for credential_id in sorted({lent.credential_id for lent in tokens.values() if lent.over_budget}):
        day, month = used.get(credential_id, (0, 0))
        calls = reserved[credential_id]
        _pause(session, credentials[credential_id], (day + calls, month + calls), now)
    return tokens


def settle(session: Session, changes: Iterable[Change], *, locked: Collection[int] = ()) -> None:
    """Replace what was reserved by the calls that were made, by kind; lost leases count as well.

    Args:
        session: a writing one.
        changes: what polls have found.
        locked: our IDs of tokens that this transaction has locked already.
    """
    made: Counter[tuple[int, CallKind, datetime]] = Counter()
    for change in changes:
        claim, lent = change.claim, change.claim.credential
        if lent is None or lent.over_budget or claim.address.trial:
            continue
        day = claim.claimed_at.replace(hour=0, minute=0, second=0, microsecond=0)
        made[lent.credential_id, CallKind.POLL, day] -= _cost(lent)
        for attempt in (*change.earlier, change.attempt):
            if attempt is not None:
                made[lent.credential_id, CallKind(attempt.kind), day] += 1
    # Locked, so that nobody removes one before its meter is written.
    if not made:
        return
    existing = set(locked)
    existing |= held(session, {credential_id for credential_id, _, _ in made} - existing)
    # It may have been removed meanwhile, and its meter with it.
    count_many(session=session, calls={key: calls for key, calls in made.items() if key[0] in existing})


def held(session: Session, credential_ids: Iterable[int]) -> set[int]:
    """Those of these tokens that are still there; until the end of the transaction nobody removes them."""
    ids = sorted(set(credential_ids))
    return set(session.connection().execute(_HOLD, {"ids": ids}).scalars()) if ids else set()


def lend(session: Session, chosen: Credential, now: datetime) -> tuple[Credential | None, bool]:
    """A token, and whether a call may be made with it; until the end of the transaction nobody removes it.

    One with a budget is read again; when it is used up, the token is paused until it begins anew. None where it is
    gone.
    """
    credential_id = chosen.id or 0
    if not _is_limited(chosen) and chosen.paused_for(now) is None:
        return (chosen, True) if held(session, [credential_id]) else (None, False)
    credential = credentials_of(session, {credential_id}).get(credential_id)
    if credential is None:
        return None, False
    if not _room(session, credential, now):
        session.refresh(credential)  # it may have been paused just now
        return credential, False
    # One with a budget is locked already.
    is_there = _is_limited(credential) or bool(held(session, [credential_id]))
    return (credential, True) if is_there else (None, False)


def room_for_calls(*, session: Session, credential_id: int) -> float:
    """How many calls may be made with a token now: none while it rests, and no more than its budget has left.

    A token whose budget is used up is paused until it begins anew.
    """
    credential = credentials_of(session, {credential_id}).get(credential_id)
    return 0 if credential is None else _room(session, credential, database_time(session))


def _room(session: Session, credential: Credential, now: datetime) -> float:
    credential_id = credential.id or 0
    if credential.paused_for(now) is not None:
        return 0
    if not _is_limited(credential):
        return math.inf
    used = calls_used(session=session, credential_ids={credential_id}, moment=now)
    left = _left(credential, used.get(credential_id, (0, 0)), 0)
    if left <= 0:
        _pause(session, credential, used.get(credential_id, (0, 0)), now)
    return max(0, left)


def _is_limited(credential: Credential) -> bool:
    return credential.daily_budget is not None or credential.monthly_budget is not None


def _cost(credential: CallCredential) -> int:
    """Calls one poll can take."""
    return 2 if credential.status_first else 1


def _left(credential: Credential, used: tuple[int, int], reserved: int) -> float:
    """Calls that may still be made; without a budget, any number."""
    limits = ((credential.daily_budget, used[0]), (credential.monthly_budget, used[1]))
    return min((limit - calls - reserved for limit, calls in limits if limit is not None), default=math.inf)


def _is_last_poll(row: RowMapping, credential: Credential, now: datetime) -> bool:
    """Whether the owner lets this one through: rather a call too many than a lost result."""
    left: timedelta = row["expires_at"] - now
    return credential.keeps_last_poll and timedelta(0) < left <= timedelta(seconds=LAST_POLL_MARGIN_SECONDS)


def _pause(session: Session, credential: Credential, used: tuple[int, int], now: datetime) -> None:
    """Park everything that depends on it until its budget, the month's before the day's, begins anew."""
    limit, of, until = credential.daily_budget, "day", next_day(now)
    if credential.monthly_budget is not None and used[1] >= credential.monthly_budget:
        limit, of, until = credential.monthly_budget, "month", next_month(now)
    pause = Pause(reason=ParkReason.BUDGET_REACHED, until=until, detail=_used_up(limit or 0, of))
    moment = literal(now, Instant())
    if pauses.extend(session, credential.id or 0, credential.secret, pause, now=moment):
        teams.touch(session=session, team_ids=[credential.team_id])


def _used_up(limit: int, of: str) -> str:
    anew = "at midnight UTC" if of == "day" else "on the first of the month, UTC"
    calls = count_of(limit, "call")
    return f"The budget of {calls} a {of} is used up. It begins anew {anew}."
