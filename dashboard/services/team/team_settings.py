"""A team as a whole: its name, how long it keeps results, new teams, the end of one."""

import re
import secrets
from collections.abc import Callable
from dataclasses import replace

from sqlmodel import Session

from dashboard.errors import InputRefused
from dashboard.logs import get_logger
from dashboard.models import Action, Role, Team
from dashboard.services.labels import typed_label
from dashboard.services.team_scope import TeamScope
from dashboard.store import memberships as access_rows
from dashboard.store import teams as rows

log = get_logger(__name__)

MAX_TEAM_NAME = 80
LONGEST_KEEPING_DAYS = 36_500


class TeamSettings:
    """The settings of one team, and its danger zone.

    ``reserved`` are names in addresses that no new team gets here.
    """

    def __init__(
        self, team: TeamScope, *, forget: Callable[[], None], reserved: frozenset[str] = frozenset()
    ) -> None:
        self._team = team
        self._reserved = reserved
        self._forget = forget

    def team(self) -> Team:
        """The team as it is stored."""
        with self._team.reading() as session:
            return rows.get(session=session, team_id=self._team.team_id)

    def change(self, *, name: str, keep_days: int | None) -> None:
        """Set the name and how long finished tasks are kept.

        Raises:
            InputRefused: without a name, or with a time that makes no sense.
            NotPermitted: for everybody but owners.
        """
        called = checked_name(name)
        if keep_days is not None and not 1 <= keep_days <= LONGEST_KEEPING_DAYS:
            raise InputRefused(f"Results are kept for 1 to {LONGEST_KEEPING_DAYS:,} days, or for ever.")
        with self._team.writing(Role.OWNER) as session:
            rows.change(session=session, team_id=self._team.team_id, name=called, keep_days=keep_days)
            self._team.note(session, Action.TEAM_CHANGED, called, {"kept for days": keep_days})
            self._team.touch(session)
        self._forget()

    def keep_sources(self, *, keeps: bool, days: int | None) -> None:
        """Set whether images that are sent from here are kept with their tasks, and how long.

        Raises:
            InputRefused: for a time that makes no sense.
            NotPermitted: for everybody but owners.
        """
        if days is not None and not 1 <= days <= LONGEST_KEEPING_DAYS:
            raise InputRefused(
                f"Images are kept for 1 to {LONGEST_KEEPING_DAYS:,} days, or as long as their tasks."
            )
        with self._team.writing(Role.OWNER) as session:
            before = rows.get(session=session, team_id=self._team.team_id)
            if (before.keep_sources, before.keep_sources_days) == (keeps, days):
                return
            rows.set_sources(session=session, team_id=self._team.team_id, keeps=keeps, days=days)
            detail = {"images kept": keeps, "images kept for days": days}
            self._team.note(session, Action.TEAM_CHANGED, before.name, detail)
            self._team.touch(session)

    def make_team(self, name: str) -> str:
        """Make another team, owned by who makes it; returns its slug.

        Raises:
            InputRefused: without a name, or for somebody who is not signed in.
            NotPermitted: for everybody but owners.
        """
        called, now = checked_name(name), self._team.clock()
        if self._team.actor.sign_in_id is None:
            raise InputRefused("Sign in as a person to make a team: somebody has to own it.")
        with self._team.writing(Role.OWNER) as session:
            slug = self._free_slug(session, called)
            team = rows.add(session=session, slug=slug, name=called, now=now)
            access_rows.join(
                session=session,
                sign_in_id=self._team.actor.sign_in_id,
                team_id=team.id or 0,
                role=Role.OWNER,
                link_id=None,
                now=now,
            )
            replace(self._team, team_id=team.id or 0).note(session, Action.TEAM_MADE, called)
        self._forget()
        log.info("team.made", team=team.id)
        return slug

    def delete_team(self, *, typed_name: str) -> None:
        """Delete the team with every task, result, token, link, key and log line it owns. This cannot be undone.

        Raises:
            InputRefused: when what was typed is not the team's name, or it is the first team, which stays.
            NotPermitted: for everybody but owners.
        """
        with self._team.writing(Role.OWNER) as session:
            team = rows.get(session=session, team_id=self._team.team_id)
            if typed_name.strip() != team.name:
                raise InputRefused("That is not the name of this team. Nothing was deleted.")
            if team.slug == rows.DEFAULT_SLUG:
                raise InputRefused("The first team of a dashboard stays. Delete its tasks instead.")
            rows.remove(session=session, team_id=self._team.team_id)
        self._forget()
        log.warning("team.deleted", team=self._team.team_id)

    def _free_slug(self, session: Session, name: str) -> str:
        """A name in addresses for a new team.

        What rules of single sign-on name only the operator gives away: whoever got it would be sent the people whom
        the rules mean for somebody else.
        """
        slug = wanted = slug_of(name)
        while slug in self._reserved or rows.by_slug(session=session, slug=slug) is not None:
            slug = f"{wanted}-{secrets.token_hex(3)}"
        return slug


def slug_of(name: str) -> str:
    """A team's name as part of an address: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "team-" + secrets.token_hex(3)


def checked_name(name: str) -> str:
    """What a team is called, as it is stored; raises InputRefused."""
    called = typed_label(name, most=MAX_TEAM_NAME)
    if not called:
        raise InputRefused("A team needs a name that people can see.")
    return called
