"""The tokens of claimed tasks, and the calls their owners allow: reserved with the claim, settled with the outcome.

Counting first means that replicas together never exceed a budget, and that a crash counts a call too many
rather than one too few.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, or_, update
from sqlmodel import Session, col, select

from dashboard.models import CallKind, Change, Credential, ParkReason, StoredToken, Team
from dashboard.models.usage import calls_used, count_calls, next_day, next_month
from dashboard.polling.schedule import LAST_POLL_MARGIN


def tokens_of(session: Session, credential_ids: set[int]) -> dict[int, Credential]:
    """The credentials of claimed tasks, by their ID."""
    if not credential_ids:
        return {}
    rows = select(Credential).where(col(Credential.id).in_(credential_ids))
    return {row.id: row for row in session.exec(rows) if row.id is not None}


def reserve(
    session: Session, rows: Sequence[RowMapping], credentials: Mapping[int, Credential], now: datetime
) -> dict[int, StoredToken]:
    """Count the calls about to be made for these claimed tasks.

    Returns:
        The token of each regular task that has one, by our task ID; those for which the budget has no call
        left are marked, and their credential is paused until the budget begins anew.
    """
    limited = {row_id for row_id, row in credentials.items() if row.daily_budget or row.monthly_budget}
    used = calls_used(session=session, credential_ids=limited, moment=now) if limited else {}
    left = {row_id: _left(credentials[row_id], used.get(row_id, (0, 0))) for row_id in limited}
    tokens: dict[int, StoredToken] = {}
    reserved: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: row["expires_at"]):
        credential = credentials.get(row["credential_id"])
        if credential is None or credential.id is None or row["trial"]:
            continue
        token, cost = credential.stored_token(), _cost(credential)
        remaining = left.get(credential.id)
        if remaining is not None and remaining < cost and not _is_last_poll(row, credential, now):
            token = replace(token, over_budget=True)
        else:
            reserved[credential.id] += cost
            if remaining is not None:
                left[credential.id] = max(remaining - cost, 0)
        tokens[row["id"]] = token
    for credential_id in sorted(reserved):
        count_calls(
            session=session,
            credential_id=credential_id,
            kind=CallKind.POLL,
            moment=now,
            calls=reserved[credential_id],
        )
    for credential_id in sorted({token.credential_id for token in tokens.values() if token.over_budget}):
        _pause(session, credentials[credential_id], used.get(credential_id, (0, 0)), now)
    return tokens


def settle(session: Session, changes: Iterable[Change]) -> None:
    """Replace what was reserved by the calls that were made, by kind; lost leases count as well."""
    made: Counter[tuple[int, CallKind, datetime]] = Counter()
    for change in changes:
        claim, token = change.claim, change.claim.token
        if token is None or token.over_budget or claim.address.trial:
            continue
        day = claim.claimed_at.replace(hour=0, minute=0, second=0, microsecond=0)
        made[token.credential_id, CallKind.POLL, day] -= 2 if token.status_first else 1
        for attempt in (*change.earlier, change.attempt):
            if attempt is not None:
                made[token.credential_id, CallKind(attempt.kind), day] += 1
    existing = set(
        session.exec(select(Credential.id).where(col(Credential.id).in_({key[0] for key in made}))).all()
    )
    for (credential_id, kind, day), calls in sorted(made.items()):
        if credential_id in existing:  # it may have been removed meanwhile, and its meter with it
            count_calls(session=session, credential_id=credential_id, kind=kind, moment=day, calls=calls)


def _cost(credential: Credential) -> int:
    """Calls one poll can take."""
    return 2 if credential.status_first else 1


def _left(credential: Credential, used: tuple[int, int]) -> int:
    limits = ((credential.daily_budget, used[0]), (credential.monthly_budget, used[1]))
    return min(max(limit - calls, 0) for limit, calls in limits if limit)


def _is_last_poll(row: RowMapping, credential: Credential, now: datetime) -> bool:
    """Whether the owner lets this one through: rather a call too many than a lost result."""
    left: timedelta = row["expires_at"] - now
    return credential.keeps_last_poll and timedelta(0) < left <= timedelta(seconds=LAST_POLL_MARGIN)


def _pause(session: Session, credential: Credential, used: tuple[int, int], now: datetime) -> None:
    month_over = credential.monthly_budget and used[1] + _cost(credential) > credential.monthly_budget
    until = next_month(now) if month_over else next_day(now)
    limit, of = (credential.monthly_budget, "month") if month_over else (credential.daily_budget, "day")
    paused_until = col(Credential.paused_until)
    paused = session.exec(
        update(Credential)
        .where(col(Credential.id) == credential.id, or_(paused_until.is_(None), paused_until < until))
        .values(
            paused_until=until,
            pause_reason=ParkReason.BUDGET_REACHED.value,
            pause_detail=f"The budget of {limit:,} calls a {of} is used up. It begins anew at midnight UTC.",
            paused_since=now,
        )
        .execution_options(synchronize_session=False)
    )
    if paused.rowcount:
        team = update(Team).where(col(Team.id) == credential.team_id)
        session.exec(team.values(revision=col(Team.revision) + 1))
