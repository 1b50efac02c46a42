"""The pause of a token: one breaker for all calls with it, in every replica."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, or_, update
from sqlmodel import Session, col

from dashboard.models import FOREVER, METADATA, Credential, Pause
from dashboard.store.database_clock import db_now

UNPAUSED = {"paused_until": None, "pause_reason": None, "pause_detail": None, "paused_since": None}

_TABLE = METADATA.tables["credential"]
_END_OVER = (
    update(_TABLE)
    .where(_TABLE.c.id.in_(bindparam("ids", expanding=True)), _TABLE.c.paused_until <= db_now())
    .values(**UNPAUSED)
    .returning(_TABLE.c.team_id)
)


def paused(pause: Pause, *, since: datetime | ColumnElement[datetime]) -> dict[str, object]:
    """The columns of a token that is paused."""
    return {
        "paused_until": pause.until or FOREVER,
        "pause_reason": pause.reason.value,
        "pause_detail": pause.detail,
        "paused_since": since,
    }


def extend(
    session: Session, credential_id: int, secret: str, pause: Pause, *, now: ColumnElement[datetime]
) -> bool:
    """Pause a token, or extend its pause; never shorten it, never punish a token that was replaced.

    Returns:
        Whether it did.
    """
    until = col(Credential.paused_until)
    since = case((until > now, col(Credential.paused_since)), else_=now)
    extended = (
        update(Credential)
        .where(
            col(Credential.id) == credential_id,
            col(Credential.secret) == secret,
            or_(until.is_(None), until < (pause.until or FOREVER)),
        )
        .values(**paused(pause, since=since))
        .execution_options(synchronize_session=False)
    )
    return bool(session.exec(extended).rowcount)


def end(session: Session, *which: ColumnElement[bool]) -> Sequence[int]:
    """End the pauses of these tokens; returns the teams that see it."""
    ended = update(Credential).where(*which).values(**UNPAUSED).returning(col(Credential.team_id))
    return session.exec(ended.execution_options(synchronize_session=False)).scalars().all()


def end_over(session: Session, credential_ids: Sequence[int]) -> Sequence[int]:
    """Clear those pauses of these tokens whose time is over; returns the teams that see it."""
    return session.connection().execute(_END_OVER, {"ids": credential_ids}).scalars().all()
