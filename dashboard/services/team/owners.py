"""Teams keep an owner: every way in which memberships end or shrink goes through here, under a lock on the team.

An owner counts while their sign-in lasts. Nobody can refuse the end of time: a team whose last owner stayed away
for too long gets a new one by ``ocr-dashboard team owner-link``.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlmodel import Session

from dashboard.errors import InputRefused
from dashboard.models.actors import SYSTEM, Action, JoinLink, Role, SignIn
from dashboard.services.team.link_secrets import LINK_PREFIX, hash_of, new_secret
from dashboard.services.team.visitors import visitor_of
from dashboard.store import audit, identities, teams
from dashboard.store import memberships as rows

OWNER_LINK_LIFE = timedelta(hours=24)
"""How long a link for an owner works that this machine makes."""

FIRST_OWNER = "First owner"
OPERATORS_OWNER = "Owner, made on the command line"
"""Labels of the links that this machine makes."""


@contextmanager
def keeping_an_owner(*, session: Session, team_ids: Iterable[int], now: datetime) -> Iterator[None]:
    """Let memberships end or shrink inside the block, unless a team that has an owner would have none after it.

    The teams are locked first: of two owners who send each other away at the same moment, the second one finds
    out what the first one did. So a role has to be asked for inside the block.

    Raises:
        InputRefused: with what to do first; leave the transaction by it.
    """
    locked = teams.lock(session=session, team_ids=team_ids)
    owned = {team_id: name for team_id, name in locked.items() if has_owner(session, team_id, now)}
    yield
    for team_id, name in owned.items():
        if not has_owner(session, team_id, now):
            raise InputRefused(
                f"The only owner of “{name}” cannot go. Make another owner first: "
                "choose it as somebody's role on Team, or have somebody open a team URL for owners."
            )


def has_owner(session: Session, team_id: int, now: datetime) -> bool:
    """Whether somebody who is signed in owns the team."""
    return any(owner.expires_at > now for owner in rows.owners_of(session=session, team_id=team_id))


def end_sign_in(*, session: Session, sign_in_id: int, now: datetime) -> None:
    """End a browser's sign-in in all its teams.

    What an account of single sign-on belongs to waits for its next sign-in, as it does when time ends one.

    Raises:
        InputRefused: when it is the only owner of a team; nobody could come back as them.
    """
    sign_in = rows.sign_in_by_id(session=session, sign_in_id=sign_in_id)
    if sign_in is None:
        return
    if sign_in.subject is not None:
        identities.rest(session=session, sign_in=sign_in, now=now)
        return
    mine = [team.id or 0 for team, *_ in rows.memberships_of(session=session, sign_in_id=sign_in_id)]
    with keeping_an_owner(session=session, team_ids=mine, now=now):
        rows.end_sign_in(session=session, sign_in_id=sign_in_id)


def move(*, session: Session, from_id: int, to_id: int, now: datetime) -> None:
    """Give a new sign-in of the same person the teams of their earlier one, which ends; nobody is lost by that."""
    mine = [team.id or 0 for team, *_ in rows.memberships_of(session=session, sign_in_id=from_id)]
    with keeping_an_owner(session=session, team_ids=mine, now=now):
        for membership, _ in identities.places_of(session=session, sign_in_ids=[from_id]):
            identities.hand_over(session=session, membership=membership, sign_in_id=to_id)
        session.flush()
        rows.end_sign_in(session=session, sign_in_id=from_id)


def leave(*, session: Session, sign_in: SignIn, because: str, now: datetime) -> None:
    """End a sign-in and tell its teams why.

    Raises:
        InputRefused: when it is the only owner of a team.
    """
    visitor = visitor_of(sign_in, rows.memberships_of(session=session, sign_in_id=sign_in.id or 0))
    for place in visitor.places:
        audit.note(
            session=session,
            team_id=place.team_id,
            actor=visitor.actor(place),
            action=Action.SIGNED_OUT,
            detail={"because": because},
            now=now,
        )
    session.flush()
    end_sign_in(session=session, sign_in_id=sign_in.id or 0, now=now)


def first_link(*, session: Session, team_id: int, now: datetime) -> str | None:
    """A secret for the first owner of a team; None when it has one, or an account that can come back as one."""
    owners: list[SignIn] = list(rows.owners_of(session=session, team_id=team_id))
    if any(owner.subject is not None or owner.expires_at > now for owner in owners):
        return None
    return _new_link(session=session, team_id=team_id, label=FIRST_OWNER, now=now)


def operators_link(*, session: Session, team_id: int, now: datetime) -> str:
    """A secret that makes whoever opens it first an owner, also of a team that has one; the log says so."""
    secret = _new_link(session=session, team_id=team_id, label=OPERATORS_OWNER, now=now)
    audit.note(
        session=session,
        team_id=team_id,
        actor=SYSTEM,
        action=Action.LINK_MADE,
        subject=OPERATORS_OWNER,
        detail={"role": Role.OWNER.value, "uses": 1},
        now=now,
    )
    return secret


def _new_link(*, session: Session, team_id: int, label: str, now: datetime) -> str:
    """A link for one owner; earlier ones of this machine end, and nobody who came by one is sent away."""
    for link in rows.links_of(session=session, team_id=team_id):
        is_ours = link.created_by == SYSTEM.name and link.label in (FIRST_OWNER, OPERATORS_OWNER)
        if is_ours and link.uses_left:
            rows.close_link(session=session, link_id=link.id or 0, now=now)
    secret = new_secret(LINK_PREFIX)
    rows.add_link(
        session=session,
        link=JoinLink(
            team_id=team_id,
            label=label,
            role=Role.OWNER.value,
            secret_hash=hash_of(secret),
            hint=secret[-4:],
            created_at=now,
            created_by=SYSTEM.name,
            expires_at=now + OWNER_LINK_LIFE,
            uses_left=1,
        ),
    )
    return secret
