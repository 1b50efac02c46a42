"""One member of a team as owners see them. Values only."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Membership, Role, SignIn
from dashboard.services.team.namesakes import Namesakes
from dashboard.services.team.visitors import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One signed-in browser of the team, as owners see it."""

    sign_in_id: int
    name: str
    called: str
    """The name, and a number where others in the team have or had the same: “Ada (2)”."""
    browser: str
    role: Role
    link: str
    """Label of the link it came by; empty for single sign-on, and for who made the team."""
    link_id: int | None
    by_account: bool
    """Whether a rule of single sign-on let it in; such a rule does so again at the next sign-in."""
    joined_at: datetime
    last_seen_at: datetime
    is_me: bool


def member_of(
    sign_in: SignIn, membership: Membership, namesakes: Namesakes, link: str, *, is_me: bool
) -> Member:
    """A stored sign-in and its membership, as owners see it."""
    return Member(
        sign_in_id=sign_in.id or 0,
        name=sign_in.name,
        called=namesakes.called(name_of(sign_in), sign_in.person_id),
        browser=sign_in.browser,
        role=Role(membership.role),
        link=link,
        link_id=membership.link_id,
        by_account=sign_in.subject is not None and membership.link_id is None,
        joined_at=membership.joined_at,
        last_seen_at=sign_in.last_seen_at,
        is_me=is_me,
    )
