"""The audit log: written together with what it tells of, read newest first."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, select

from dashboard.models.actors import Action, Actor, AuditEntry
from dashboard.models.columns import Instant

Detail = Mapping[str, str | int | bool | None]

MAX_SUBJECT = 200
"""Characters kept of what something was done to."""


def note(
    *,
    session: Session,
    team_id: int,
    actor: Actor,
    action: Action,
    subject: str = "",
    detail: Detail | None = None,
    now: datetime,
) -> AuditEntry:
    """Write one line, in the transaction of what it tells of. Secrets and recognised text do not belong here."""
    entry = AuditEntry(
        team_id=team_id,
        at=now,
        actor=actor.name,
        actor_kind=actor.kind.value,
        sign_in_id=actor.sign_in_id,
        person_id=actor.person_id,
        link_id=actor.link_id,
        link=actor.link,
        account=actor.account,
        key_id=actor.key_id,
        action=action.value,
        subject=subject[:MAX_SUBJECT],
        detail=dict(detail or {}),
    )
    session.add(entry)
    return entry


def note_more(*, session: Session, entry_id: int, subject: str) -> None:
    """Have a line of our own tell of more, in the transaction of that: of work that is done in many pieces."""
    session.exec(update(AuditEntry).where(col(AuditEntry.id) == entry_id).values(subject=subject))


def people(*, session: Session, team_id: int) -> Sequence[tuple[str, int, str | None, datetime]]:
    """Under which names who did something first, and when: name, first sign-in, account, aware time."""
    who = (col(AuditEntry.actor), col(AuditEntry.person_id), col(AuditEntry.account))
    known = select(*who, func.min(AuditEntry.at, type_=Instant))
    mine = known.where(AuditEntry.team_id == team_id, col(AuditEntry.person_id).is_not(None))
    return [
        (name, person_id, account, since)
        for name, person_id, account, since in session.exec(mine.group_by(*who))
        if person_id is not None
    ]


def page(
    *,
    session: Session,
    team_id: int,
    action: Action | None = None,
    actor: str = "",
    people: Collection[int] = (),
    before_id: int | None = None,
    limit: int = 100,
) -> Sequence[AuditEntry]:
    """Entries of a team, newest first.

    Args:
        session: a reading one.
        team_id: whose.
        action: only these.
        actor: only of those with this in their name or in what their link is called, in any case, or whose
            account begins so.
        people: also of those, by their first sign-in.
        before_id: continue below this entry.
        limit: how many at most.
    """
    wanted = select(AuditEntry).where(AuditEntry.team_id == team_id)
    if action is not None:
        wanted = wanted.where(AuditEntry.action == action.value)
    if actor.strip():
        wanted = wanted.where(
            or_(
                col(AuditEntry.actor).icontains(actor.strip(), autoescape=True),
                col(AuditEntry.link).icontains(actor.strip(), autoescape=True),
                col(AuditEntry.account).icontains(f" {actor.strip()}", autoescape=True),
                col(AuditEntry.person_id).in_(people),
            )
        )
    if before_id is not None:
        wanted = wanted.where(col(AuditEntry.id) < before_id)
    return session.exec(wanted.order_by(col(AuditEntry.id).desc()).limit(limit)).all()
