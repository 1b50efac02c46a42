"""The meter of calls: each authenticated one may be billed (fact sheet 5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, func
from sqlmodel import Session, col, select

from dashboard.models import CallKind, Credential, Usage
from dashboard.models.call_usage import day_of
from dashboard.store.inserting import insert_as


def count_calls(
    *, session: Session, credential_id: int, kind: CallKind, moment: datetime, calls: int = 1
) -> None:
    """Add to the meter of a token; a negative number takes back what was reserved."""
    count_many(session=session, calls={(credential_id, kind, moment): calls})


def count_many(*, session: Session, calls: Mapping[tuple[int, CallKind, datetime], int]) -> None:
    """Do the same for many: calls by token, kind and moment."""
    rows = [
        {"credential_id": of, "day": day_of(moment), "kind": kind.value, "calls": max(more, 0), "more": more}
        for (of, kind, moment), more in sorted(calls.items())  # always in the same order: no deadlocks
        if more
    ]
    if rows:
        connection = session.connection()
        connection.execute(_counting(connection.dialect.name), rows)


@cache
def _counting(dialect: str) -> Any:  # noqa: ANN401 - the dialects share no type for it
    row = insert_as(dialect, Usage).values(calls=bindparam("calls"))
    return row.on_conflict_do_update(
        index_elements=["credential_id", "day", "kind"], set_={"calls": col(Usage.calls) + bindparam("more")}
    )


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


def of_team(*, session: Session, team_id: int) -> Sequence[Usage]:
    """Every count of the team's tokens, by token and day."""
    mine = select(Usage).join(Credential).where(Credential.team_id == team_id)
    return session.exec(mine.order_by(col(Usage.credential_id), Usage.day, Usage.kind)).all()


def of_month(
    *, session: Session, team_id: int, moment: datetime
) -> dict[int, tuple[int, Mapping[CallKind, int]]]:
    """Calls made with each token of the team: those of the day without logins, and of the month by kind, UTC."""
    today = day_of(moment)
    counted = session.exec(
        select(Usage)
        .join(Credential)
        .where(Credential.team_id == team_id, col(Usage.day) >= f"{today[:7]}-01", col(Usage.day) <= today)
    ).all()
    used: dict[int, tuple[int, dict[CallKind, int]]] = {}
    for row in counted:
        kind = CallKind(row.kind)
        day, month = used.get(row.credential_id, (0, {}))
        counts_today = row.day == today and kind is not CallKind.LOGIN
        month[kind] = month.get(kind, 0) + row.calls
        used[row.credential_id] = (day + (row.calls if counts_today else 0), month)
    return dict(used)
