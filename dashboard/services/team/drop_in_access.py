"""Who comes to the drop-in address: a key of ours, an access token given for one, or a secret that is part of the path.

An access token carries only which key it was given for and until when, signed: it works in every replica and after a
restart, and ends with its key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from dashboard.models import SYSTEM, Actor, ApiKey, KeyKind
from dashboard.services.team.access import actor_of_key
from dashboard.services.team.link_secrets import ACCESS_TOKEN_PREFIX, hash_of
from dashboard.store import memberships as rows
from dashboard.store.database import Database
from dashboard.wire.logins import LoginDesk, TokenAnswer

TOKEN_LIFE = timedelta(hours=1)
"""As the service's own (fact sheet 1), so that clients renew as they are used to."""

_SEEN_EVERY = timedelta(minutes=1)
_NO_KEY = 0
"""In a token where there are no keys: alone on a laptop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    Attributes:
        may_cancel: not whoever has only the address: who finds one in a log should do no harm.
    """

    team_id: int
    actor: Actor
    may_cancel: bool = True


class DropInAccess:
    """Keys and access tokens at the drop-in address of a deployment.

    Args:
        database: where keys are kept.
        clock: the time, aware.
        signing_keys: what access tokens are signed with, the newest last; older ones are still accepted.
        open_team: the team of everybody who comes, where there is no access control; None elsewhere.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        signing_keys: Sequence[bytes],
        open_team: int | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._open_team = open_team
        self._signer = URLSafeSerializer(list(signing_keys), salt="ocr-dashboard drop-in")
        self._desk = LoginDesk(self._mint, token_seconds=round(TOKEN_LIFE.total_seconds()))

    def caller(self, bearer: str, *, address: str | None = None) -> Caller | None:
        """Who that is; None when a secret is wrong or revoked, or a token is over.

        Args:
            bearer: what stands behind ``Bearer`` in the header; empty where there is none.
            address: the secret part of the path; it alone counts where there is one.
        """
        if self._open_team is not None:
            return Caller(team_id=self._open_team, actor=SYSTEM)
        if address is not None:
            return self._let_in(address, KeyKind.ADDRESS)
        if not bearer.startswith(ACCESS_TOKEN_PREFIX):
            return self._let_in(bearer, KeyKind.KEY)
        key_id = self._opened(bearer)
        if not key_id:
            return None
        with self._database.reading() as session:
            key = rows.key_by_id(session=session, key_id=key_id)
        return self._seen(key)

    def login(self, form: Mapping[str, str], *, address: str | None = None) -> TokenAnswer:
        """What ``/connect/token`` says: any client ID does, with a key of the team as its secret (fact sheet 1).

        Args:
            form: the fields that were sent.
            address: the secret part of the path, which then counts instead of the client secret.
        """
        if address is not None:
            form = {**form, "client_secret": address}
        return self._desk.answer(form, self._clock())

    def _mint(self, _: str, secret: str, now: datetime) -> str | None:
        if self._open_team is not None:
            return self._token(_NO_KEY, now)
        with self._database.reading() as session:
            key = rows.key_by_hash(session=session, secret_hash=hash_of(secret))
        return self._token(key.id, now) if key is not None and key.id else None

    def _token(self, key_id: int, now: datetime) -> str:
        ends = int((now + TOKEN_LIFE).timestamp())
        return f"{ACCESS_TOKEN_PREFIX}{self._signer.dumps([key_id, ends])}"

    def _opened(self, token: str) -> int | None:
        try:
            key_id, ends = self._signer.loads(token.removeprefix(ACCESS_TOKEN_PREFIX))
        except (BadData, ValueError, TypeError):
            return None
        return int(key_id) if ends > self._clock().timestamp() else None

    def _let_in(self, secret: str, kind: KeyKind) -> Caller | None:
        if not secret:
            return None
        with self._database.reading() as session:
            key = rows.key_by_hash(session=session, secret_hash=hash_of(secret))
        return self._seen(key) if key is not None and key.kind == kind else None

    def _seen(self, key: ApiKey | None) -> Caller | None:
        if key is None or key.id is None:
            return None
        now = self._clock()
        if key.drop_in_at is None or now - key.drop_in_at > _SEEN_EVERY:
            with self._database.writing() as session:
                rows.see_key(session=session, key_id=key.id, now=now, at_drop_in=True)
        is_address = key.kind == KeyKind.ADDRESS
        return Caller(team_id=key.team_id, actor=actor_of_key(key), may_cancel=not is_address)
