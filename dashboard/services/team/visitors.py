"""Who a signed-in browser is, and what a team URL offers. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Team
from dashboard.models.actors import Actor, ActorKind, Membership, Role, SignIn
from dashboard.services.labels import clean_label

NAMELESS = "somebody"
"""What somebody is called who never said a name; nobody joins without one any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One team somebody belongs to."""

    team_id: int
    slug: str
    team: str
    role: Role
    link_id: int | None = None
    link: str | None = None
    """The link it was got by, and what that is called; None for who came otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in browser.

    Attributes:
        name: what the person wants to be called; empty until they were asked.
        places: the teams it belongs to, by name; empty when every link it came by was revoked.
        until: when the sign-in ends if nobody comes back, aware.
        person_id: the first sign-in of the same person; None when this is it.
        account: who a provider of single sign-on says it is; None without one.
    """

    sign_in_id: int
    name: str
    places: tuple[Place, ...]
    until: datetime
    person_id: int | None = None
    account: str | None = None

    def place(self, slug: str | None) -> Place | None:
        """The team with this slug; the first one when none is named; None when that is not theirs."""
        if slug:
            return next((place for place in self.places if place.slug == slug), None)
        return self.places[0] if self.places else None

    def actor(self, place: Place) -> Actor:
        """Who they are in a team."""
        return Actor(
            kind=ActorKind.PERSON,
            name=self.name or NAMELESS,
            role=place.role,
            sign_in_id=self.sign_in_id,
            person_id=self.person_id or self.sign_in_id,
            link_id=place.link_id,
            link=place.link,
            account=self.account,
        )


def name_of(sign_in: SignIn) -> str:
    """What somebody is called, also who never said a name that can be seen."""
    return clean_label(sign_in.name) or NAMELESS


def visitor_of(
    sign_in: SignIn,
    memberships: Sequence[tuple[Team, Membership, str | None]],
    *,
    until: datetime | None = None,
) -> Visitor:
    """Who a stored sign-in is, with its teams and the labels of the links they were got by."""
    places = [
        Place(
            team_id=membership.team_id,
            slug=team.slug,
            team=team.name,
            role=Role(membership.role),
            link_id=membership.link_id,
            link=link,
        )
        for team, membership, link in memberships
    ]
    return Visitor(
        sign_in_id=sign_in.id or 0,
        name=clean_label(sign_in.name),
        places=tuple(places),
        until=until or sign_in.expires_at,
        person_id=sign_in.person_id,
        account=sign_in.subject,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a join link offers, before it is taken."""

    team: str
    role: Role
