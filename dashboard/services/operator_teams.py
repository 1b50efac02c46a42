"""What whoever runs the dashboard does about teams, from the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import NotFound
from dashboard.models import Team
from dashboard.store import access as access_rows
from dashboard.store import teams as rows
from dashboard.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFacts:
    """One team of the deployment."""

    slug: str
    name: str
    owners: int
    """How many of its owners are signed in somewhere."""


def named(database: Database, slug: str) -> Team:
    """The team with this name in addresses; raises NotFound."""
    with database.reading() as session:
        team = rows.by_slug(session=session, slug=slug)
    if team is None:
        raise NotFound("There is no such team. “ocr-dashboard team list” shows what there is.")
    return team


def all_teams(database: Database, clock: Callable[[], datetime]) -> list[TeamFacts]:
    """Every team, the oldest first."""
    now = clock()
    with database.reading() as session:
        return [
            TeamFacts(
                slug=team.slug,
                name=team.name,
                owners=sum(
                    owner.expires_at > now
                    for owner in access_rows.owners_of(session=session, team_id=team.id or 0)
                ),
            )
            for team in rows.all_teams(session=session)
        ]
