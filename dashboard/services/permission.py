"""Roles, held where things are done: a hidden button protects nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from dashboard.errors import NotPermitted
from dashboard.models.access import Actor, Role
from dashboard.store import access as rows

_PLURAL = {Role.VIEWER: "members", Role.EDITOR: "editors and owners", Role.OWNER: "owners"}
_MOST_NAMES = 3


def require(needed: Role, *, actor: Actor, session: Session, team_id: int) -> None:
    """Let an actor go on whose role is enough.

    The role is read again in the same transaction: an open page may be older than its owner's being sent away.

    Raises:
        NotPermitted: with a sentence that says whom to ask.
    """
    role = _role_now(actor, session=session, team_id=team_id, now=None)
    if not role.covers(needed):
        names = [
            sign_in.name
            for sign_in, membership in rows.members_of(session=session, team_id=team_id)
            if membership.role == Role.OWNER.value and sign_in.name
        ]
        raise NotPermitted(refusal(needed, role, names))


def require_member(*, actor: Actor, session: Session, team_id: int, now: datetime) -> None:
    """Let an actor go on who belongs to the team, in whichever role; raises NotPermitted."""
    _role_now(actor, session=session, team_id=team_id, now=now)


def _role_now(actor: Actor, *, session: Session, team_id: int, now: datetime | None) -> Role:
    role: Role | None = actor.role
    if actor.sign_in_id is not None:
        role = rows.role_of(session=session, sign_in_id=actor.sign_in_id, team_id=team_id, now=now)
    elif actor.key_id is not None:
        role = rows.role_of_key(session=session, key_id=actor.key_id, team_id=team_id)
    if role is None and actor.key_id is not None:
        raise NotPermitted("This API key was revoked. Ask an owner of the team for another one.")
    if role is None:
        raise NotPermitted("You do not belong to this team any more. Ask an owner for a link.")
    return role


def refusal(needed: Role, given: Role, owners: Sequence[str]) -> str:
    """What somebody is told whose role is not enough."""
    distinct = list(dict.fromkeys(owners))[:_MOST_NAMES]
    whom = f" Ask {' or '.join(distinct)}." if distinct else " Ask an owner of the team."
    article = "an" if given.value[0] in "aeiou" else "a"
    return f"Only {_PLURAL[needed]} of the team can do this, and you are {article} {given.value}.{whom}"
