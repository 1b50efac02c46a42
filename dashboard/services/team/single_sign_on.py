"""Single sign-on: lets in whom a provider vouches for, where the rules say so.

The cookie is the same as after a team URL; how somebody came in is only visible in the audit log.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from dashboard.errors import NotPermitted, SettingsRefused
from dashboard.logs import get_logger
from dashboard.models.actors import Action, Membership, Role, SignIn
from dashboard.models.membership_rules import Identity, MemberRule, Who, parse_rules, roles_of
from dashboard.services.labels import clean_label
from dashboard.services.team.access import MAX_BROWSER, MAX_NAME, Access
from dashboard.services.team.link_secrets import SIGN_IN_PREFIX, hash_of, new_secret
from dashboard.services.team.owners import has_owner, leave
from dashboard.services.team.visitors import NAMELESS, Visitor, visitor_of
from dashboard.settings import PREFIX
from dashboard.store import audit, identities, teams
from dashboard.store import memberships as rows
from dashboard.store.database import Database

log = get_logger(__name__)


def member_rules(text: str) -> tuple[MemberRule, ...]:
    """The rules as they are configured; raises SettingsRefused."""
    try:
        return parse_rules(text)
    except ValueError as error:
        raise SettingsRefused(f"{PREFIX}SSO_MEMBERS: {error}") from None


class SingleSignOn:
    """Signs in people by what a provider says about them.

    Args:
        database: where sign-ins are kept.
        clock: the time, aware.
        access: signs the cookies, and forgets what it remembers.
        rules: who belongs where. They decide at each sign-in about the teams they name.
        life: how long a sign-in lasts, whatever is done with it: somebody who left stays no longer than that.
        state_key: what is signed with that a browser carries to the provider and back.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        access: Access,
        rules: Sequence[MemberRule],
        life: timedelta,
        state_key: bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._access = access
        self._rules = tuple(rules)
        self._ruled = frozenset(rule.team for rule in rules)
        self.life = life
        self.state_key = state_key

    @property
    def wants_groups(self) -> bool:
        """Whether it matters which groups somebody is in."""
        return any(rule.who is Who.GROUP for rule in self._rules)

    def teams_missing(self) -> list[str]:
        """Teams that rules name and that do not exist; nobody gets in by those."""
        with self._database.reading() as session:
            return sorted(
                self._ruled - identities.teams_named(session=session, slugs=list(self._ruled)).keys()
            )

    def came_by_link(self, cookie: str | None) -> Visitor | None:
        """Who came by team URLs only and is in a team; they have to say whether the account is theirs."""
        visitor = self._access.visitor(cookie)
        return visitor if visitor is not None and visitor.places and not visitor.account else None

    def enter(
        self, identity: Identity, *, cookie: str | None, browser: str, same_person: bool = False
    ) -> str:
        """Sign somebody in; returns the cookie to set, a new one each time, and ends what the browser came with.

        Memberships that the account got otherwise, by a team URL or by making a team, stay with it.

        Args:
            identity: whom the provider vouches for.
            cookie: what the browser is signed in with so far.
            browser: what the browser calls itself.
            same_person: whether they said that they are who came by a link here; those teams then move along.

        Raises:
            NotPermitted: when the account belongs to no team; what contradicts that has ended.
            InputRefused: when somebody else's sign-in would end that is the only owner of a team.
        """
        try:
            fresh = self._enter(identity, cookie=cookie, browser=browser, same_person=same_person)
        except NotPermitted:
            self._end_contradicted(identity, cookie)
            raise
        finally:
            self._access.forget()
        return self._access.sealed(fresh)

    def _enter(self, identity: Identity, *, cookie: str | None, browser: str, same_person: bool) -> str:
        now, fresh = self._clock(), new_secret(SIGN_IN_PREFIX)
        old_hash = self._access.stored_hash(cookie)
        with self._database.writing() as session:
            found = identities.earlier_sign_ins(session=session, subject=identity.key, secret_hash=old_hash)
            theirs = {identity.key, None} if same_person else {identity.key}
            before = [it for it in found if it.subject in theirs]
            others = [it for it in found if it.subject not in theirs]
            owned = self._locked(session, found, now)
            name = next(filter(None, (clean_label(it.name) for it in before)), _name_of(identity))
            sign_in = SignIn(
                secret_hash=hash_of(fresh),
                name=name,
                subject=identity.key,
                first_id=_first_of(before),
                created_at=now,
                last_seen_at=now,
                expires_at=now + self.life,
                browser=clean_label(browser, most=MAX_BROWSER),
            )
            sign_in_id = rows.add_sign_in(session=session, sign_in=sign_in)
            for membership in self._kept(session, before):
                identities.hand_over(session=session, membership=membership, sign_in_id=sign_in_id)
            session.flush()
            self._join(session, identity, sign_in, now)
            if not rows.memberships_of(session=session, sign_in_id=sign_in_id):
                raise NotPermitted(_nobody(identity))
            for other in others:  # somebody else's, at this computer before
                leave(session=session, sign_in=other, because="somebody else signed in there", now=now)
            identities.end_replaced(
                session=session, subject=identity.key, secret_hash=old_hash, keep_id=sign_in_id, now=now
            )
            # Only the operator's rules can have taken an owner away, and those are not ours to refuse.
            for team_id in owned:
                if not has_owner(session, team_id, now):
                    log.warning("single_sign_on.team_without_owner", team=team_id)
        return fresh

    def _end_contradicted(self, identity: Identity, cookie: str | None) -> None:
        """End what says otherwise than a refusal: sign-ins of the account, and of another one in this browser.

        Who came by a link stays: no provider has anything to say about that.
        """
        now, here = self._clock(), self._access.stored_hash(cookie)
        with self._database.writing() as session:
            for found in identities.earlier_sign_ins(session=session, subject=identity.key, secret_hash=here):
                if found.subject is not None and found.expires_at > now:
                    leave(
                        session=session, sign_in=found, because="single sign-on refused the account", now=now
                    )
        log.info("single_sign_on.refused", reason="no team")

    def _locked(self, session: Session, before: Sequence[SignIn], now: datetime) -> list[int]:
        """Keep what earlier sign-ins have from being taken away meanwhile; which of their teams have an owner."""
        ids = [it.id or 0 for it in before]
        theirs = [it.team_id for it, _ in identities.places_of(session=session, sign_in_ids=ids)]
        locked = teams.lock(session=session, team_ids=theirs)
        return [team_id for team_id in locked if has_owner(session, team_id, now)]

    def _kept(self, session: Session, before: Sequence[SignIn]) -> list[Membership]:
        """What earlier sign-ins leave: the largest role in each team, without what the rules decide about."""
        kept: dict[int, Membership] = {}
        of_account = {it.id or 0: it.subject is not None for it in before}
        for membership, slug in identities.places_of(session=session, sign_in_ids=list(of_account)):
            if of_account[membership.sign_in_id] and slug in self._ruled and membership.link_id is None:
                continue  # who has no account got nothing by a rule
            known = kept.get(membership.team_id)
            if known is None or not Role(known.role).covers(Role(membership.role)):
                kept[membership.team_id] = membership
        return list(kept.values())

    def _join(self, session: Session, identity: Identity, sign_in: SignIn, now: datetime) -> None:
        sign_in_id = sign_in.id or 0
        roles = roles_of(identity, self._rules)
        known = identities.teams_named(session=session, slugs=list(roles))
        for slug, role in roles.items():
            if slug not in known:
                log.warning("single_sign_on.no_such_team", team=slug)
                continue
            rows.join(
                session=session, sign_in_id=sign_in_id, team_id=known[slug], role=role, link_id=None, now=now
            )
        visitor = visitor_of(sign_in, rows.memberships_of(session=session, sign_in_id=sign_in_id))
        for place in visitor.places:
            if place.slug not in roles:
                continue
            audit.note(
                session=session,
                team_id=place.team_id,
                actor=visitor.actor(place),
                action=Action.SIGNED_IN,
                subject=f"as {roles[place.slug].value}",
                detail={"by": "single sign-on"},
                now=now,
            )
            log.info("single_sign_on.joined", team=place.team_id, role=roles[place.slug].value)


def _name_of(identity: Identity) -> str:
    """What to call an account: what the provider does, or how else it is known there."""
    names = (clean_label(it, most=MAX_NAME) for it in (identity.name, identity.email or "", identity.subject))
    return next(filter(None, names), NAMELESS)


def _first_of(before: Sequence[SignIn]) -> int | None:
    """The first sign-in of the person whose earlier ones these are; those of the account know better."""
    of_account = [it.person_id for it in before if it.subject is not None]
    known = of_account or [it.person_id for it in before]
    return min((it for it in known if it is not None), default=None)


def _nobody(identity: Identity) -> str:
    known_as = identity.email or identity.name or "this account"
    return (
        f"You are signed in as {known_as}, but that account belongs to no team here. "
        "Ask an owner for a team link, or to have a rule for you."
    )
