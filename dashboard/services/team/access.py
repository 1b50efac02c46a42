"""Who is looking: sign-ins by team URL, API keys, and what each may see.

A browser's cookie holds a random secret, signed; the database holds its hash. Looking it up is remembered for
a second, so that fifty screens that refresh cost the database next to nothing and a revoked one is out at once.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cachetools import TTLCache
from itsdangerous import BadSignature, Signer
from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound
from dashboard.logs import get_logger
from dashboard.models.actors import Action, Actor, ActorKind, ApiKey, JoinLink, KeyKind, Role, SignIn
from dashboard.services.labels import clean_label, typed_label
from dashboard.services.team import owners
from dashboard.services.team.link_secrets import KEY_PREFIX, SIGN_IN_PREFIX, hash_of, new_secret
from dashboard.services.team.visitors import Invitation, Visitor, visitor_of
from dashboard.store import audit, teams
from dashboard.store import memberships as rows
from dashboard.store.database import Database

log = get_logger(__name__)

JOIN_PATH = "/join"
SIGN_OUT_PATH = "/sign-out"
"""Routes that lead in and out."""

COOKIE = "ocr_dashboard_sign_in"
"""Name of the cookie of a signed-in browser."""

SIGN_IN_LIFE = timedelta(days=30)
"""How long a browser stays signed in after it was seen last."""

MAX_NAME = 60
NO_NAME = "Say what the team should call you: a name that people can see, such as your first name."
"""What somebody is told who would join without a name."""

MAX_BROWSER = 200
_SEEN_EVERY = timedelta(minutes=10)
_REMEMBERED_SECONDS = 1.0
_MOST_REMEMBERED = 1000
_GONE = (
    "This link does not work: it was revoked, has expired or was used up. Ask who sent it for another one."
)


class Access:
    """Sign-ins and keys of a deployment.

    Args:
        database: where they are kept.
        clock: the time, aware.
        cookie_keys: what cookies are signed with, the newest last; older ones are still accepted.
    """

    def __init__(
        self, *, database: Database, clock: Callable[[], datetime], cookie_keys: Sequence[bytes]
    ) -> None:
        self._database = database
        self._clock = clock
        self._signer = Signer(list(cookie_keys), salt="ocr-dashboard sign-in", digest_method=hashlib.sha256)
        self._lock = threading.Lock()
        self._remembered: TTLCache[str, Visitor | None] = TTLCache(_MOST_REMEMBERED, _REMEMBERED_SECONDS)

    def visitor(self, cookie: str | None) -> Visitor | None:
        """Whose cookie this is; None when it is forged, ended or nobody's."""
        secret = self._opened(cookie)
        if secret is None:
            return None
        digest = hash_of(secret)
        with self._lock:
            if digest in self._remembered:
                return self._remembered[digest]
        found = self._look_up(digest)
        with self._lock:
            self._remembered[digest] = found
        return found

    def time_left(self, visitor: Visitor) -> timedelta:
        """How long a browser stays signed in if it does not come back."""
        return visitor.until - self._clock()

    def key_holder(self, key: str) -> tuple[int, Actor] | None:
        """The team and the actor an API key stands for; None when it is unknown or revoked."""
        if not key.startswith(KEY_PREFIX):
            return None
        now = self._clock()
        with self._database.reading() as session:
            row = rows.key_by_hash(session=session, secret_hash=hash_of(key))
        if row is None or row.id is None or row.kind != KeyKind.KEY:
            return None
        if row.last_used_at is None or now - row.last_used_at > _SEEN_EVERY:
            with self._database.writing() as session:
                rows.see_key(session=session, key_id=row.id, now=now)
        return row.team_id, actor_of_key(row)

    def invitation(self, secret: str) -> Invitation:
        """What a join link offers; looking at it uses nothing up (chat programs preview links).

        Raises:
            NotFound: when nobody can join by it.
        """
        with self._database.reading() as session:
            link = self._link(session, secret)
            team = teams.get(session=session, team_id=link.team_id)
        return Invitation(team=team.name, role=Role(link.role))

    def join(
        self, secret: str, *, cookie: str | None, name: str, browser: str, same_person: bool = False
    ) -> tuple[str, str]:
        """Take a join link. Whatever the browser came with ends: what somebody planted there leads nowhere.

        Args:
            secret: of the link.
            cookie: what the browser is signed in with so far.
            name: what the person wants to be called; without one, the same person keeps theirs.
            browser: what the browser calls itself.
            same_person: whether they said that they are who the browser is signed in as; its teams move along.

        Returns:
            The cookie to set, a new one each time, and the slug of the team.

        Raises:
            NotFound: when nobody can join by it any more.
            InputRefused: without a name that people can see; when somebody else's sign-in would end that is
                the only owner of a team. The link is as unused as before.
        """
        now, called = self._clock(), typed_label(name, most=MAX_NAME)
        known = self.visitor(cookie)
        fresh = new_secret(SIGN_IN_PREFIX)
        with self._database.writing() as session:
            link = self._link(session, secret)
            if not rows.use_link(session=session, link_id=link.id or 0):
                raise NotFound(_GONE)
            sign_in = SignIn(
                secret_hash=hash_of(fresh),
                name=called,
                created_at=now,
                last_seen_at=now,
                expires_at=now + SIGN_IN_LIFE,
                browser=clean_label(browser, most=MAX_BROWSER),
            )
            earlier = rows.sign_in_by_id(session=session, sign_in_id=known.sign_in_id) if known else None
            if earlier is not None and same_person:
                sign_in.name = called or clean_label(earlier.name)
                # What a provider vouched for ends when it would have, and is still that account's.
                sign_in.subject = earlier.subject
                sign_in.first_id = earlier.person_id
                sign_in.expires_at = earlier.expires_at if earlier.subject else sign_in.expires_at
            if not sign_in.name:
                raise InputRefused(NO_NAME)
            sign_in_id = rows.add_sign_in(session=session, sign_in=sign_in)
            if earlier is not None and same_person:
                owners.move(session=session, from_id=earlier.id or 0, to_id=sign_in_id, now=now)
            role = Role(link.role)
            rows.join(
                session=session,
                sign_in_id=sign_in_id,
                team_id=link.team_id,
                role=role,
                link_id=link.id,
                now=now,
            )
            if earlier is not None and not same_person:
                reason = "the browser joined as somebody else"
                owners.leave(session=session, sign_in=earlier, because=reason, now=now)
            visitor = visitor_of(sign_in, rows.memberships_of(session=session, sign_in_id=sign_in_id))
            place = next(place for place in visitor.places if place.team_id == link.team_id)
            audit.note(
                session=session,
                team_id=link.team_id,
                actor=visitor.actor(place),
                action=Action.SIGNED_IN,
                subject=f"as {role.value}",
                detail={"link": link.label},
                now=now,
            )
        self.forget()
        log.info("access.joined", team=link.team_id, role=role.value)
        return self.sealed(fresh), place.slug

    def sign_out(self, cookie: str | None) -> None:
        """End the sign-in of this browser, in all its teams; raises InputRefused for the only owner of one."""
        visitor = self.visitor(cookie)
        if visitor is None:
            return
        now = self._clock()
        with self._database.writing() as session:
            for place in visitor.places:
                actor = visitor.actor(place)
                audit.note(
                    session=session, team_id=place.team_id, actor=actor, action=Action.SIGNED_OUT, now=now
                )
            owners.end_sign_in(session=session, sign_in_id=visitor.sign_in_id, now=now)
        self.forget()

    def first_link(self, team_id: int) -> str | None:
        """A secret for the first owner of a team that has none; earlier ones end. None when there is an owner."""
        with self._database.writing() as session:
            return owners.first_link(session=session, team_id=team_id, now=self._clock())

    def operators_link(self, team_id: int) -> str:
        """A secret for one more owner of a team, for who runs this dashboard; earlier ones end."""
        with self._database.writing() as session:
            return owners.operators_link(session=session, team_id=team_id, now=self._clock())

    def sealed(self, secret: str) -> str:
        """The cookie for a sign-in's secret."""
        return self._signer.sign(secret).decode("ascii")

    def stored_hash(self, cookie: str | None) -> str | None:
        """What is stored of a cookie's secret; None when the cookie is forged or missing."""
        secret = self._opened(cookie)
        return hash_of(secret) if secret is not None else None

    def forget(self) -> None:
        """Look everybody up again: somebody joined, left or was sent away."""
        with self._lock:
            self._remembered.clear()

    def _opened(self, cookie: str | None) -> str | None:
        try:
            return self._signer.unsign(cookie).decode("ascii") if cookie else None
        except (BadSignature, UnicodeError):
            return None

    def _look_up(self, digest: str) -> Visitor | None:
        now = self._clock()
        with self._database.reading() as session:
            sign_in = rows.sign_in_by_hash(session=session, secret_hash=digest, now=now)
            if sign_in is None or sign_in.id is None:
                return None
            found = rows.memberships_of(session=session, sign_in_id=sign_in.id)
        until = sign_in.expires_at
        # Also when it was seen in the future: by a clock that has been set back since.
        if abs(now - sign_in.last_seen_at) > _SEEN_EVERY:
            with self._database.writing() as session:
                # What a provider vouched for has a fixed end, so that it is asked again.
                until = _vouched_until(sign_in, now) if sign_in.subject else now + SIGN_IN_LIFE
                rows.see_sign_in(session=session, sign_in_id=sign_in.id, now=now, expires_at=until)
        return visitor_of(sign_in, found, until=until)

    def _link(self, session: Session, secret: str) -> JoinLink:
        link = rows.usable_link(session=session, secret_hash=hash_of(secret), now=self._clock())
        if link is None:
            raise NotFound(_GONE)
        return link


def actor_of_key(key: ApiKey) -> Actor:
    """Who acts where a script shows a key of ours."""
    return Actor(kind=ActorKind.KEY, name=key.label, role=Role(key.role), key_id=key.id)


def _vouched_until(sign_in: SignIn, now: datetime) -> datetime:
    """When it ends; no later than one that is made now would."""
    return min(sign_in.expires_at, now + (sign_in.expires_at - sign_in.created_at))


def is_of_before_prefixes(cookie: str) -> bool:
    """Whether a cookie is of a sign-in made before they had a name of their own over https."""
    return not cookie.startswith(SIGN_IN_PREFIX)
