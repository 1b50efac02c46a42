"""Calls of the API that must not be carried out twice, and what each answered."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from dashboard.models import ApiCall
from dashboard.store.inserting import insert_new


def begin(*, session: Session, team_id: int, key: str, now: datetime) -> ApiCall | None:
    """Take a key for a call that begins; what is known of the first one where somebody has taken it before."""
    fresh = {"team_id": team_id, "key": key, "fingerprint": "", "begun_at": now}
    taken = session.exec(insert_new(session, ApiCall).values(fresh).returning(col(ApiCall.key))).first()
    if taken is not None:
        return None
    return session.exec(select(ApiCall).where(*_this(team_id, key))).one()


def keep(
    *, session: Session, team_id: int, key: str, fingerprint: str, status: int, answer: str | None
) -> None:
    """Store what a call answered; without an answer it is known only that it was carried out."""
    values = {"fingerprint": fingerprint, "status": status, "answer": answer}
    session.exec(update(ApiCall).where(*_this(team_id, key)).values(values))


def give_back(*, session: Session, team_id: int, key: str) -> None:
    """Let a key be taken again: its call has changed nothing."""
    session.exec(delete(ApiCall).where(*_this(team_id, key)))


def forget(*, session: Session, before: datetime) -> None:
    """Forget calls of any team that began before this aware time."""
    session.exec(delete(ApiCall).where(col(ApiCall.begun_at) < before))


def _this(team_id: int, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (col(ApiCall.team_id) == team_id, col(ApiCall.key) == key)
