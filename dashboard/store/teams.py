"""Teams, and the revision that tells their screens whether something changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, update
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from dashboard.models import METADATA, Team
from dashboard.store import task_counts
from dashboard.store.inserting import insert_new

DEFAULT_SLUG = "team"

_TABLE = METADATA.tables["team"]
_REVISION = core_select(_TABLE.c.revision).where(_TABLE.c.id == bindparam("of"))
_TOUCH = update(_TABLE).where(_TABLE.c.id == bindparam("of")).values(revision=_TABLE.c.revision + 1)


def default_team(*, session: Session, now: datetime) -> Team:
    """The team everybody belongs to until there are several; made when missing, by one of many at once."""
    fresh = {"slug": DEFAULT_SLUG, "name": "Team", "created_at": now, "revision": 0}
    session.exec(insert_new(session, Team).values(fresh))
    return session.exec(select(Team).where(Team.slug == DEFAULT_SLUG)).one()


def revision(*, session: Session, team_id: int) -> int:
    """How often something visible has changed; 0 for a team that is gone."""
    # Not through the ORM, which takes three times as long: each screen asks this every two seconds.
    found: int | None = session.connection().execute(_REVISION, {"of": team_id}).scalar_one_or_none()
    return found or 0


def touch(*, session: Session, team_ids: Iterable[int]) -> None:
    """Tell the screens of these teams to redraw; call it last, it locks the team until the end."""
    if rows := [
        {"of": team_id} for team_id in sorted(set(team_ids))
    ]:  # always in the same order: no deadlocks
        session.connection().execute(_TOUCH, rows)


def keeps_sources(*, session: Session, team_id: int) -> bool:
    """Whether a team keeps what it sends."""
    return bool(session.exec(select(Team.keep_sources).where(Team.id == team_id)).one_or_none())


def lock(*, session: Session, team_ids: Iterable[int]) -> dict[int, str]:
    """Keep everybody else who does this waiting until the end of the transaction; the names of these teams.

    On SQLite whoever writes has the only lock there is. Not ``FOR UPDATE``: that would also keep everybody
    waiting who stores anything that belongs to the team.
    """
    wanted = select(Team.id, Team.name).where(col(Team.id).in_(sorted(set(team_ids)))).order_by(col(Team.id))
    locked = session.exec(wanted.with_for_update(key_share=True))
    return {team_id: name for team_id, name in locked if team_id is not None}


def by_slug(*, session: Session, slug: str) -> Team | None:
    """The team with this slug."""
    return session.exec(select(Team).where(Team.slug == slug)).one_or_none()


def all_teams(*, session: Session) -> Sequence[Team]:
    """Every team of the deployment; for housekeeping, never for a page."""
    return session.exec(select(Team).order_by(col(Team.id))).all()


def add(*, session: Session, slug: str, name: str, now: datetime) -> Team:
    """Store a new team; the slug must be free."""
    team = Team(slug=slug, name=name, created_at=now)
    session.add(team)
    session.flush()
    return team


def change(*, session: Session, team_id: int, name: str, keep_days: int | None) -> None:
    """Set what a team is called and how long it keeps finished tasks."""
    session.exec(update(Team).where(col(Team.id) == team_id).values(name=name, keep_days=keep_days))


def set_sources(*, session: Session, team_id: int, keeps: bool, days: int | None) -> None:
    """Set whether a team keeps the images it sends, and for how long."""
    values = {"keep_sources": keeps, "keep_sources_days": days}
    session.exec(update(Team).where(col(Team.id) == team_id).values(**values))


def set_drop_in(*, session: Session, team_id: int, on: bool) -> None:
    """Set whether scripts may send to the drop-in address."""
    session.exec(update(Team).where(col(Team.id) == team_id).values(drop_in=on))


def remove(*, session: Session, team_id: int) -> None:
    """Delete a team with everything it owns."""
    session.exec(delete(Team).where(col(Team.id) == team_id))
    task_counts.forget(session=session, team_id=team_id)


def get(*, session: Session, team_id: int) -> Team:
    """A team that is known to exist; raises sqlalchemy's NoResultFound otherwise."""
    return session.exec(select(Team).where(Team.id == team_id)).one()
