"""Who a signed-in browser is, and what a team URL offers. Values only."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.models.access import Actor, ActorKind, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One team somebody belongs to."""

    team_id: int
    slug: str
    team: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in browser.

    Attributes:
        name: what the person wants to be called; empty until they were asked.
        places: the teams it belongs to, by name; empty when every link it came by was revoked.
        until: when the sign-in ends if nobody comes back, aware.
        account: whether a provider of single sign-on vouches for it.
    """

    sign_in_id: int
    name: str
    places: tuple[Place, ...]
    until: datetime
    account: bool = False

    def place(self, slug: str | None) -> Place | None:
        """The team with this slug; the first one when none is named; None when that is not theirs."""
        if slug:
            return next((place for place in self.places if place.slug == slug), None)
        return self.places[0] if self.places else None

    def actor(self, place: Place) -> Actor:
        """Who they are in a team."""
        return Actor(
            kind=ActorKind.PERSON, name=self.name or "somebody", role=place.role, sign_in_id=self.sign_in_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a join link offers, before it is taken."""

    team: str
    role: Role
