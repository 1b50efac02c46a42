"""Links that show results to people outside the team."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from dashboard.models import Share, ShareTask, Task


def add(*, session: Session, share: Share, task_refs: Sequence[int]) -> int:
    """Store a link with the tasks it shows, in this order; returns its ID."""
    session.add(share)
    session.flush()
    share_id = share.id or 0
    session.add_all(
        ShareTask(share_id=share_id, task_ref=task_ref, position=position)
        for position, task_ref in enumerate(task_refs)
    )
    session.flush()
    return share_id


def of_team(*, session: Session, team_id: int) -> list[tuple[Share, int]]:
    """Every link of a team, newest first, with how many tasks it shows."""
    return list(session.exec(_listed(team_id)))


def by_hash(*, session: Session, secret_hash: str, now: datetime) -> Share | None:
    """The link with this secret, when it works at this aware time."""
    works = (
        Share.secret_hash == secret_hash,
        col(Share.revoked_at).is_(None),
        col(Share.expires_at) > now,
    )
    return session.exec(select(Share).where(*works)).one_or_none()


def task_refs(*, session: Session, share_id: int) -> list[int]:
    """Our IDs of the tasks a link shows, in the order somebody chose; deleted ones are gone."""
    shown = select(ShareTask.task_ref).where(ShareTask.share_id == share_id)
    return list(session.exec(shown.order_by(col(ShareTask.position))))


def of_task(*, session: Session, team_id: int, task_ref: int, now: datetime) -> list[tuple[Share, int]]:
    """The links that show a task and work at this time, newest first, and how many tasks each shows."""
    shows_it = select(ShareTask.share_id).where(ShareTask.task_ref == task_ref)
    works = (col(Share.revoked_at).is_(None), col(Share.expires_at) > now)
    return list(session.exec(_listed(team_id).where(*works, col(Share.id).in_(shows_it))))


def _listed(team_id: int) -> Select[Share, int]:
    counted = select(func.count()).select_from(ShareTask).where(col(ShareTask.share_id) == col(Share.id))
    shown = counted.correlate(Share).scalar_subquery()
    return select(Share, shown).where(Share.team_id == team_id).order_by(col(Share.id).desc())


def see(*, session: Session, share_id: int, now: datetime) -> None:
    """Count a view."""
    values = {"views": col(Share.views) + 1, "last_viewed_at": now}
    session.exec(update(Share).where(col(Share.id) == share_id).values(values))


def revoke(*, session: Session, team_id: int, share_id: int, now: datetime) -> bool:
    """End a link; False when the team has no such link that works."""
    mine = (col(Share.id) == share_id, col(Share.team_id) == team_id, col(Share.revoked_at).is_(None))
    return bool(session.exec(update(Share).where(*mine).values(revoked_at=now)).rowcount)


def owned(*, session: Session, team_id: int, task_refs: Sequence[int]) -> list[int]:
    """Those of these tasks that are the team's, in the order given."""
    found = set(session.exec(select(Task.id).where(Task.team_id == team_id, col(Task.id).in_(task_refs))))
    return [task_ref for task_ref in dict.fromkeys(task_refs) if task_ref in found]


def forget_ended(*, session: Session, before: datetime, limit: int) -> int:
    """Delete some links that ended long ago; returns how many."""
    ended = (col(Share.expires_at) < before) | (col(Share.revoked_at) < before)
    some = select(Share.id).where(ended).limit(limit)
    return session.exec(delete(Share).where(col(Share.id).in_(some))).rowcount
