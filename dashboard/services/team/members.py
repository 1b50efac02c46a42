"""What the owners of a team decide: links to join by, who is in, keys for scripts; and the log of all of it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound
from dashboard.logs import get_logger
from dashboard.models import Action, ApiKey, AuditEntry, JoinLink, KeyKind, Role
from dashboard.services.labels import typed_label
from dashboard.services.team.link_secrets import (
    ADDRESS_PREFIX,
    KEY_PREFIX,
    LINK_PREFIX,
    hash_of,
    new_secret,
)
from dashboard.services.team.member_view import Member, member_of
from dashboard.services.team.namesakes import Namesakes, namesakes_of
from dashboard.services.team.owners import keeping_an_owner
from dashboard.services.team.visitors import NAMELESS, name_of
from dashboard.services.team_scope import TeamScope
from dashboard.store import audit
from dashboard.store import memberships as rows

log = get_logger(__name__)

LONGEST_LINK = timedelta(days=366)
MOST_USES = 10_000


class Members:
    """Links, members, their roles, keys and the audit log of one team.

    Args:
        team: whose, and who is asking; everything in here needs an owner, but for who the owners are.
        forget: has the access room look everybody up again, so that what is revoked ends at once.
    """

    def __init__(self, team: TeamScope, *, forget: Callable[[], None]) -> None:
        self._team = team
        self._forget = forget

    def links(self) -> Sequence[JoinLink]:
        """Every join link, newest first, also those that have ended; raises NotPermitted."""
        with self._team.reading(Role.OWNER) as session:
            return rows.links_of(session=session, team_id=self._team.team_id)

    def make_link(
        self,
        *,
        role: Role,
        label: str = "",
        expires_in: timedelta | None = None,
        uses: int | None = None,
    ) -> str:
        """Make a link to join by; its secret is given back once and stored only as a hash.

        Raises:
            InputRefused: when a limit makes no sense.
            NotPermitted: for everybody but owners.
        """
        if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_LINK:
            raise InputRefused("A link can work for up to a year.")
        if uses is not None and not 1 <= uses <= MOST_USES:
            raise InputRefused(f"A link can be used from 1 to {MOST_USES:,} times.")
        now, secret = self._team.clock(), new_secret(LINK_PREFIX)
        called = typed_label(label) or f"For {role.value}s"
        with self._team.writing(Role.OWNER) as session:
            link = JoinLink(
                team_id=self._team.team_id,
                label=called,
                role=role.value,
                secret_hash=hash_of(secret),
                hint=secret[-4:],
                created_at=now,
                created_by=self._team.actor.name,
                expires_at=None if expires_in is None else now + expires_in,
                uses_left=uses,
            )
            rows.add_link(session=session, link=link)
            self._team.note(session, Action.LINK_MADE, called, {"role": role.value, "uses": uses})
        return secret

    def revoke_link(self, link_id: int) -> None:
        """End a link and sign out everybody who came by it.

        Raises:
            InputRefused: when the last owners came by it; a team does not stay without one.
            NotFound: when there is no such link.
            NotPermitted: for everybody but owners.
        """
        now = self._team.clock()
        with self._team.writing() as session, self._keeping_an_owner(session, now):
            self._team.require(session, Role.OWNER)
            links = rows.links_of(session=session, team_id=self._team.team_id)
            label = next((link.label for link in links if link.id == link_id), "")
            if not rows.revoke_link(session=session, team_id=self._team.team_id, link_id=link_id, now=now):
                raise NotFound("There is no such link in this team.")
            self._team.note(session, Action.LINK_REVOKED, f"link {link_id}, {label}")
        self._forget()

    def members(self) -> list[Member]:
        """Every signed-in browser, the latest seen first; raises NotPermitted."""
        with self._team.reading(Role.OWNER) as session:
            labels = {
                link.id: link.label for link in rows.links_of(session=session, team_id=self._team.team_id)
            }
            found = rows.members_of(session=session, team_id=self._team.team_id)
            namesakes = namesakes_of(session=session, team_id=self._team.team_id)
        return [
            member_of(
                sign_in,
                membership,
                namesakes,
                labels.get(membership.link_id, ""),
                is_me=sign_in.id == self._team.actor.sign_in_id,
            )
            for sign_in, membership in found
        ]

    def expel(self, sign_in_id: int) -> None:
        """Sign a browser out of this team.

        Raises:
            InputRefused: the last owner cannot leave a team without one.
            NotFound: when it is no member.
            NotPermitted: for everybody but owners.
        """
        with self._team.writing() as session, self._keeping_an_owner(session, self._team.clock()):
            self._team.require(session, Role.OWNER)
            if not rows.expel(session=session, team_id=self._team.team_id, sign_in_id=sign_in_id):
                raise NotFound("There is no such member in this team.")
            gone = rows.sign_in_by_id(session=session, sign_in_id=sign_in_id)
            name = name_of(gone) if gone else NAMELESS
            self._team.note(session, Action.SIGN_IN_REVOKED, f"sign-in {sign_in_id}, {name}")
        self._forget()

    def set_role(self, sign_in_id: int, role: Role) -> None:
        """Give a member another role; open pages of theirs are drawn anew, or end, within seconds.

        Raises:
            InputRefused: the last owner stays one.
            NotFound: when it is no member.
            NotPermitted: for everybody but owners.
        """
        with self._team.writing() as session, self._keeping_an_owner(session, self._team.clock()):
            self._team.require(session, Role.OWNER)
            before = rows.set_role(
                session=session, team_id=self._team.team_id, sign_in_id=sign_in_id, role=role
            )
            changed = rows.sign_in_by_id(session=session, sign_in_id=sign_in_id)
            if before is None or changed is None:
                raise NotFound("There is no such member in this team.")
            if before is role:
                return
            self._team.note(
                session,
                Action.ROLE_CHANGED,
                f"sign-in {sign_in_id}, {name_of(changed)}",
                {"from": before.value, "to": role.value},
            )
        self._forget()

    def owners(self) -> list[str]:
        """What the owners are called who are signed in; for every member. Raises NotPermitted."""
        now = self._team.clock()
        with self._team.reading() as session:
            found = rows.owners_of(session=session, team_id=self._team.team_id)
            known = namesakes_of(session=session, team_id=self._team.team_id)
        called = {known.called(name_of(it), it.person_id) for it in found if it.expires_at > now}
        return sorted(called, key=str.casefold)

    def api_keys(self) -> Sequence[ApiKey]:
        """Every API key, newest first; raises NotPermitted."""
        with self._team.reading(Role.OWNER) as session:
            return rows.keys_of(session=session, team_id=self._team.team_id)

    def make_key(self, *, label: str, role: Role, kind: KeyKind = KeyKind.KEY) -> str:
        """Make an API key, or the secret part of a drop-in address; it is given back once and stored only as a hash.

        Raises:
            InputRefused: keys are for viewers and editors, and need a label.
            NotPermitted: for everybody but owners.
        """
        if role is Role.OWNER:
            raise InputRefused("A key can be a viewer or an editor; owners are people.")
        called = typed_label(label)
        if not called:
            raise InputRefused(
                "A key needs a label that people can see, so that you know later what it is for."
            )
        secret = new_secret(ADDRESS_PREFIX if kind is KeyKind.ADDRESS else KEY_PREFIX)
        with self._team.writing(Role.OWNER) as session:
            key = ApiKey(
                team_id=self._team.team_id,
                label=called,
                role=role.value,
                secret_hash=hash_of(secret),
                hint=secret[-4:],
                created_at=self._team.clock(),
                created_by=self._team.actor.name,
                kind=kind.value,
            )
            rows.add_key(session=session, key=key)
            what = {"drop-in address": True} if kind is KeyKind.ADDRESS else {}
            self._team.note(session, Action.KEY_MADE, called, {"role": role.value, **what})
        return secret

    def revoke_key(self, key_id: int) -> None:
        """End an API key at once; raises NotFound, NotPermitted."""
        with self._team.writing(Role.OWNER) as session:
            if not rows.revoke_key(
                session=session, team_id=self._team.team_id, key_id=key_id, now=self._team.clock()
            ):
                raise NotFound("There is no such key in this team.")
            keys = rows.keys_of(session=session, team_id=self._team.team_id)
            label = next((key.label for key in keys if key.id == key_id), "")
            self._team.note(session, Action.KEY_REVOKED, f"key {key_id}, {label}")

    def audit_log(
        self,
        *,
        action: Action | None = None,
        actor: str = "",
        before_id: int | None = None,
        limit: int = 100,
    ) -> Sequence[AuditEntry]:
        """Who did what when, newest first; ``actor`` may be a name as it is shown. Raises NotPermitted."""
        with self._team.reading(Role.OWNER) as session:
            known = namesakes_of(session=session, team_id=self._team.team_id) if actor.strip() else None
            return audit.page(
                session=session,
                team_id=self._team.team_id,
                action=action,
                actor=actor,
                people=known.meant(actor) if known else (),
                before_id=before_id,
                limit=limit,
            )

    def namesakes(self) -> Namesakes:
        """What tells people of the same name apart in the log; raises NotPermitted."""
        with self._team.reading(Role.OWNER) as session:
            return namesakes_of(session=session, team_id=self._team.team_id)

    def _keeping_an_owner(self, session: Session, now: datetime) -> AbstractContextManager[None]:
        return keeping_an_owner(session=session, team_ids=[self._team.team_id], now=now)
