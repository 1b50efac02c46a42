"""Sign-ins, join links and API keys: the rows behind "who is looking". Secrets arrive hashed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from dashboard.models import Team
from dashboard.models.actors import ApiKey, JoinLink, Membership, Role, SignIn
from dashboard.store.inserting import insert_new


def add_link(*, session: Session, link: JoinLink) -> int:
    """Store a join link; returns its ID."""
    session.add(link)
    session.flush()
    return link.id or 0


def links_of(*, session: Session, team_id: int) -> Sequence[JoinLink]:
    """Every join link of a team, newest first."""
    mine = select(JoinLink).where(JoinLink.team_id == team_id).order_by(col(JoinLink.id).desc())
    return session.exec(mine).all()


def usable_link(*, session: Session, secret_hash: str, now: datetime) -> JoinLink | None:
    """The link with this secret, when somebody can still join by it."""
    same = select(JoinLink).where(
        JoinLink.secret_hash == secret_hash,
        col(JoinLink.revoked_at).is_(None),
        or_(col(JoinLink.expires_at).is_(None), col(JoinLink.expires_at) > now),
        or_(col(JoinLink.uses_left).is_(None), col(JoinLink.uses_left) > 0),
    )
    return session.exec(same).one_or_none()


def use_link(*, session: Session, link_id: int) -> bool:
    """Count one more who joins; False when the last place went to somebody else meanwhile."""
    link = col(JoinLink.id) == link_id
    free = or_(col(JoinLink.uses_left).is_(None), col(JoinLink.uses_left) > 0)
    used = session.exec(
        update(JoinLink)
        .where(link, free, col(JoinLink.revoked_at).is_(None))
        .values(uses=col(JoinLink.uses) + 1, uses_left=col(JoinLink.uses_left) - 1)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)


def revoke_link(*, session: Session, team_id: int, link_id: int, now: datetime) -> bool:
    """End a link and the membership of everybody who came by it; False when the team has no such link."""
    mine = (col(JoinLink.id) == link_id, col(JoinLink.team_id) == team_id)
    ended = session.exec(update(JoinLink).where(*mine).values(revoked_at=now))
    if not ended.rowcount:
        return False
    session.exec(
        delete(Membership).where(col(Membership.link_id) == link_id, col(Membership.team_id) == team_id)
    )
    return True


def close_link(*, session: Session, link_id: int, now: datetime) -> None:
    """Let nobody join by a link any more; whoever came by it stays."""
    mine = update(JoinLink).where(col(JoinLink.id) == link_id, col(JoinLink.revoked_at).is_(None))
    session.exec(mine.values(revoked_at=now))


def add_sign_in(*, session: Session, sign_in: SignIn) -> int:
    """Store a browser's sign-in; returns its ID."""
    session.add(sign_in)
    session.flush()
    return sign_in.id or 0


def sign_in_by_hash(*, session: Session, secret_hash: str, now: datetime) -> SignIn | None:
    """The sign-in with this cookie, while it lasts."""
    same = select(SignIn).where(SignIn.secret_hash == secret_hash, col(SignIn.expires_at) > now)
    return session.exec(same).one_or_none()


def sign_in_by_id(*, session: Session, sign_in_id: int) -> SignIn | None:
    """A sign-in, also when its time is over."""
    return session.exec(select(SignIn).where(SignIn.id == sign_in_id)).one_or_none()


def see_sign_in(*, session: Session, sign_in_id: int, now: datetime, expires_at: datetime) -> None:
    """Note that a browser was here, which makes its sign-in last longer."""
    mine = update(SignIn).where(col(SignIn.id) == sign_in_id)
    session.exec(mine.values(last_seen_at=now, expires_at=expires_at))


def end_sign_in(*, session: Session, sign_in_id: int) -> None:
    """Sign a browser out of everything."""
    session.exec(delete(SignIn).where(col(SignIn.id) == sign_in_id))


def join(
    *,
    session: Session,
    sign_in_id: int,
    team_id: int,
    role: Role,
    link_id: int | None,
    now: datetime,
) -> None:
    """Make a signed-in browser a member; one that is already keeps the larger of both roles."""
    row = {
        "sign_in_id": sign_in_id,
        "team_id": team_id,
        "role": role.value,
        "link_id": link_id,
        "joined_at": now,
    }
    session.exec(insert_new(session, Membership).values(row))
    mine = select(Membership).where(Membership.sign_in_id == sign_in_id, Membership.team_id == team_id)
    membership = session.exec(mine).one()
    if not Role(membership.role).covers(role):
        membership.role, membership.link_id = role.value, link_id


def memberships_of(*, session: Session, sign_in_id: int) -> Sequence[tuple[Team, Membership, str | None]]:
    """The teams a browser belongs to, by name, each with what the link is called it came by."""
    mine = select(Team, Membership, JoinLink.label).join(Membership, col(Membership.team_id) == col(Team.id))
    mine = mine.outerjoin(JoinLink, col(JoinLink.id) == col(Membership.link_id))
    return session.exec(mine.where(Membership.sign_in_id == sign_in_id).order_by(Team.name)).all()


def role_of(*, session: Session, sign_in_id: int, team_id: int, now: datetime) -> Role | None:
    """A browser's role in a team; None when it is no member, or its sign-in is over at ``now``."""
    mine = select(Membership.role).where(Membership.sign_in_id == sign_in_id, Membership.team_id == team_id)
    found = session.exec(mine.join(SignIn).where(col(SignIn.expires_at) > now)).one_or_none()
    return Role(found) if found else None


def role_of_key(*, session: Session, key_id: int, team_id: int) -> Role | None:
    """An API key's role in a team; None when it was revoked."""
    mine = select(ApiKey.role).where(
        ApiKey.id == key_id, ApiKey.team_id == team_id, col(ApiKey.revoked_at).is_(None)
    )
    found = session.exec(mine).one_or_none()
    return Role(found) if found else None


def members_of(*, session: Session, team_id: int) -> Sequence[tuple[SignIn, Membership]]:
    """Every signed-in browser of a team, the latest seen first."""
    rows = select(SignIn, Membership).join(Membership).where(Membership.team_id == team_id)
    return session.exec(rows.order_by(col(SignIn.last_seen_at).desc())).all()


def owners_of(*, session: Session, team_id: int) -> Sequence[SignIn]:
    """The sign-ins that own a team, also those whose time is over."""
    owners = select(SignIn).join(Membership)
    owners = owners.where(Membership.team_id == team_id, Membership.role == Role.OWNER.value)
    return session.exec(owners).all()


def set_role(*, session: Session, team_id: int, sign_in_id: int, role: Role) -> Role | None:
    """Give a member another role; the one they had, None when it is no member."""
    mine = select(Membership).where(Membership.team_id == team_id, Membership.sign_in_id == sign_in_id)
    # Locked and read again: two owners may change the same one.
    membership = session.exec(
        mine.with_for_update(), execution_options={"populate_existing": True}
    ).one_or_none()
    if membership is None:
        return None
    before, membership.role = Role(membership.role), role.value
    session.flush()
    return before


def expel(*, session: Session, team_id: int, sign_in_id: int) -> bool:
    """End a browser's membership; False when it had none."""
    gone = session.exec(
        delete(Membership).where(col(Membership.team_id) == team_id, col(Membership.sign_in_id) == sign_in_id)
    )
    return bool(gone.rowcount)


def forget_expired(*, session: Session, now: datetime, accounts_seen_before: datetime, limit: int) -> int:
    """Delete some sign-ins whose time is over; those of an account wait longer, they hold what it belongs to."""
    by_link = col(SignIn.subject).is_(None) & (col(SignIn.expires_at) <= now)
    by_account = col(SignIn.subject).is_not(None) & (col(SignIn.expires_at) <= accounts_seen_before)
    some = select(SignIn.id).where(or_(by_link, by_account)).limit(limit)
    return session.exec(delete(SignIn).where(col(SignIn.id).in_(some))).rowcount


def add_key(*, session: Session, key: ApiKey) -> int:
    """Store an API key; returns its ID."""
    session.add(key)
    session.flush()
    return key.id or 0


def keys_of(*, session: Session, team_id: int) -> Sequence[ApiKey]:
    """Every API key of a team, newest first."""
    mine = select(ApiKey).where(ApiKey.team_id == team_id).order_by(col(ApiKey.id).desc())
    return session.exec(mine).all()


def key_by_hash(*, session: Session, secret_hash: str) -> ApiKey | None:
    """The API key with this secret, unless it was revoked."""
    same = select(ApiKey).where(ApiKey.secret_hash == secret_hash, col(ApiKey.revoked_at).is_(None))
    return session.exec(same).one_or_none()


def key_by_id(*, session: Session, key_id: int) -> ApiKey | None:
    """The API key with this ID of ours, unless it was revoked."""
    same = select(ApiKey).where(ApiKey.id == key_id, col(ApiKey.revoked_at).is_(None))
    return session.exec(same).one_or_none()


def see_key(*, session: Session, key_id: int, now: datetime, at_drop_in: bool = False) -> None:
    """Note that a key was used, and whether at the drop-in address."""
    seen = {"last_used_at": now} | ({"drop_in_at": now} if at_drop_in else {})
    session.exec(update(ApiKey).where(col(ApiKey.id) == key_id).values(**seen))


def revoke_key(*, session: Session, team_id: int, key_id: int, now: datetime) -> bool:
    """End a key; False when the team has no such key that works."""
    mine = (col(ApiKey.id) == key_id, col(ApiKey.team_id) == team_id, col(ApiKey.revoked_at).is_(None))
    return bool(session.exec(update(ApiKey).where(*mine).values(revoked_at=now)).rowcount)
