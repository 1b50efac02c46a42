"""What whoever runs the dashboard does about teams, from the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import InputRefused, NotFound
from dashboard.models import Team
from dashboard.models.actors import SYSTEM, Action
from dashboard.models.membership_rules import is_slug
from dashboard.services.team.team_settings import checked_name
from dashboard.store import audit
from dashboard.store import memberships as access_rows
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


def make(database: Database, slug: str, *, name: str, clock: Callable[[], datetime]) -> Team:
    """Make a team with exactly this name in addresses, which rules of single sign-on may name; nobody owns it yet.

    Raises:
        InputRefused: when that cannot be, or the team exists.
    """
    if not is_slug(slug):
        raise InputRefused(
            "A team is called by small letters, digits and hyphens in addresses, at most 60 and no hyphen first, such "
            "as scans-2. What people see is --name."
        )
    called, now = checked_name(name), clock()
    with database.writing() as session:
        if rows.by_slug(session=session, slug=slug) is not None:
            raise InputRefused("There is such a team already. “ocr-dashboard team list” shows what there is.")
        team = rows.add(session=session, slug=slug, name=called, now=now)
        audit.note(
            session=session,
            team_id=team.id or 0,
            actor=SYSTEM,
            action=Action.TEAM_MADE,
            subject=called,
            now=now,
        )
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
