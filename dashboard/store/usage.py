"""The meter of calls, as people read it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from dashboard.models import CallKind, Credential, Usage
from dashboard.models.usage import day_of


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
