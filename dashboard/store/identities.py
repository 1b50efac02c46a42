"""Sign-ins that a provider of single sign-on vouches for. A browser has one; an account may have several."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from dashboard.models import Team
from dashboard.models.actors import Membership, Role, SignIn


def earlier_sign_ins(*, session: Session, subject: str, secret_hash: str | None) -> Sequence[SignIn]:
    """What an account and the browser it uses now came by before, also when its time is over; newest first."""
    same = or_(col(SignIn.subject) == subject, col(SignIn.secret_hash) == secret_hash)
    return session.exec(select(SignIn).where(same).order_by(col(SignIn.id).desc())).all()


def places_of(*, session: Session, sign_in_ids: Sequence[int]) -> Sequence[tuple[Membership, str]]:
    """The memberships of some sign-ins, each with the slug of its team, as they are stored now."""
    mine = select(Membership, Team.slug).join(Team, col(Membership.team_id) == col(Team.id))
    return session.exec(
        mine.where(col(Membership.sign_in_id).in_(sign_in_ids)), execution_options={"populate_existing": True}
    ).all()


def teams_named(*, session: Session, slugs: Sequence[str]) -> dict[str, int]:
    """The IDs of the teams with these slugs; those that do not exist are left out."""
    found = session.exec(select(Team.slug, Team.id).where(col(Team.slug).in_(slugs)))
    return {slug: team_id for slug, team_id in found if team_id is not None}


def hand_over(*, session: Session, membership: Membership, sign_in_id: int) -> None:
    """Give a sign-in what an earlier one had: the same team, role and link."""
    session.add(
        Membership(
            sign_in_id=sign_in_id,
            team_id=membership.team_id,
            role=Role(membership.role).value,
            link_id=membership.link_id,
            joined_at=membership.joined_at,
        )
    )


def rest(*, session: Session, sign_in: SignIn, now: datetime) -> None:
    """End an account's sign-in; what it belongs to waits under another one, which no cookie opens.

    Whatever still holds the ended one, such as an open page, is nobody from then on.
    """
    waiting = SignIn(
        secret_hash=f"ended {sign_in.id}",
        name=sign_in.name,
        subject=sign_in.subject,
        first_id=sign_in.person_id,
        created_at=sign_in.created_at,
        last_seen_at=sign_in.last_seen_at,
        expires_at=min(sign_in.expires_at, now),
        browser=sign_in.browser,
    )
    session.add(waiting)
    session.flush()
    mine = col(Membership.sign_in_id) == sign_in.id
    session.exec(update(Membership).where(mine).values(sign_in_id=waiting.id))
    session.exec(delete(SignIn).where(col(SignIn.id) == sign_in.id))


def end_replaced(
    *, session: Session, subject: str, secret_hash: str | None, keep_id: int, now: datetime
) -> None:
    """Delete what a new sign-in stands for: this browser's earlier one, and the account's whose time is over."""
    replaced = or_(
        col(SignIn.secret_hash) == secret_hash,
        (col(SignIn.subject) == subject) & (col(SignIn.expires_at) <= now),
    )
    session.exec(delete(SignIn).where(replaced, col(SignIn.id) != keep_id))
