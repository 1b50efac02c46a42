"""Teams, and the revision that tells their screens whether something changed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from dashboard.models import Team
from dashboard.store.inserting import insert_new

DEFAULT_SLUG = "team"


def default_team(*, session: Session, now: datetime) -> Team:
    """The team everybody belongs to until there are several; made when missing, by one of many at once."""
    fresh = {"slug": DEFAULT_SLUG, "name": "Team", "created_at": now, "revision": 0}
    session.exec(insert_new(session, Team).values(fresh))
    return session.exec(select(Team).where(Team.slug == DEFAULT_SLUG)).one()


def revision(*, session: Session, team_id: int) -> int:
    """How often something visible has changed; 0 for a team that is gone."""
    return session.exec(select(Team.revision).where(Team.id == team_id)).one_or_none() or 0


def touch(*, session: Session, team_ids: Iterable[int]) -> None:
    """Tell the screens of these teams to redraw; call it last, it locks the team until the end."""
    for team_id in sorted(set(team_ids)):  # always in the same order: no deadlocks
        session.exec(
            update(Team)
            .where(col(Team.id) == team_id)
            .values(revision=col(Team.revision) + 1)
            .execution_options(synchronize_session=False)
        )


def get(*, session: Session, team_id: int) -> Team:
    """A team that is known to exist; raises sqlalchemy's NoResultFound otherwise."""
    return session.exec(select(Team).where(Team.id == team_id)).one()
