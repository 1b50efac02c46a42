"""Counting calls: each authenticated one may be billed (fact sheet 5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import case, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from dashboard.models.tables import Usage
from dashboard.models.words import CallKind


def day_of(moment: datetime) -> str:
    """The day calls at this aware time are counted under; UTC, for everybody the same."""
    return moment.astimezone(UTC).date().isoformat()


def next_day(moment: datetime) -> datetime:
    """When the next day begins, UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def next_month(moment: datetime) -> datetime:
    """When the next month begins, UTC."""
    return next_day(moment.astimezone(UTC).replace(day=1) + timedelta(days=31)).replace(day=1)


def count_calls(
    *, session: Session, credential_id: int, kind: CallKind, moment: datetime, calls: int = 1
) -> None:
    """Add to the meter of a token; a negative number takes back what was reserved."""
    if not calls:
        return
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(Usage).values(
        credential_id=credential_id, day=day_of(moment), kind=kind.value, calls=max(calls, 0)
    )
    counted = row.on_conflict_do_update(
        index_elements=["credential_id", "day", "kind"], set_={"calls": col(Usage.calls) + calls}
    )
    session.exec(counted)


def calls_used(*, session: Session, credential_ids: set[int], moment: datetime) -> dict[int, tuple[int, int]]:
    """Calls that count towards the budget, on this day and in this month, by token; logins do not."""
    today = day_of(moment)
    on_day = func.sum(case((col(Usage.day) == today, col(Usage.calls)), else_=0))
    used = (
        select(Usage.credential_id, on_day, func.sum(Usage.calls))
        .where(
            col(Usage.credential_id).in_(credential_ids),
            col(Usage.day) >= f"{today[:7]}-01",
            col(Usage.day) <= today,
            Usage.kind != CallKind.LOGIN.value,
        )
        .group_by(col(Usage.credential_id))
    )
    return {
        credential_id: (int(day or 0), int(month or 0)) for credential_id, day, month in session.exec(used)
    }
