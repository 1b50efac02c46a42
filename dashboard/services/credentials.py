"""Tokens: registering, replacing and removing pasted access tokens. Shown to people as "Token"."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound
from dashboard.logs import get_logger
from dashboard.models import SANDBOX_URL, Credential, CredentialKind, ParkReason
from dashboard.services.intake import clean_label
from dashboard.settings import normal_api_url
from dashboard.store import credentials as rows
from dashboard.store import teams
from dashboard.store.database import Database
from dashboard.store.secrecy import SecretBox

log = get_logger(__name__)

MAX_TOKEN = 16_384
"""Real access tokens have about 1,000 characters; a header longer than this is refused by most servers."""

_TOKEN = re.compile(r"[\x21-\x7e]+")
_QUOTES = re.compile(r"^[\s\"'`,]+|[\s\"'`,]+$")
_HEADER = re.compile(r"^(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
_IN_ANSWER = re.compile(r'^\{[^{}]*"access_token"\s*:\s*"([^"]+)"')
_LINE_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")  # where a terminal or a mail has wrapped it
_INVISIBLE = re.compile("[\ufeff\u200b-\u200f\u2060\u00ad]")


class Health(StrEnum):
    """How a token stands, in the words of the screen."""

    READY = "ready"
    WORKING = "working"
    EXPIRED = "expired"
    REJECTED = "rejected"
    RATE_LIMITED = "rate limited"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialView:
    """A token as people and scripts may see it: everything but the secret."""

    id: int
    label: str
    api_url: str
    hint: str
    health: Health
    detail: str
    """The service's words when it is not working; empty otherwise."""
    expires_at: datetime | None
    created_at: datetime
    last_success_at: datetime | None
    paused_until: datetime | None
    tasks: int
    open_tasks: int


class Credentials:
    """The tokens of one team."""

    def __init__(
        self,
        *,
        database: Database,
        team_id: int,
        box: SecretBox,
        clock: Callable[[], datetime],
        default_api_url: Callable[[], str],
        token_expiry: Callable[[str], datetime | None],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._team_id = team_id
        self._box = box
        self._clock = clock
        self._default_api_url = default_api_url
        self._token_expiry = token_expiry
        self._wake = wake
        self._counted: tuple[int, dict[int, tuple[int, int]]] | None = None

    def add(
        self, *, label: str, access_token: str, api_url: str | None = None
    ) -> tuple[CredentialView, bool]:
        """Register a pasted access token; open tasks that lacked one take it and are polled at once.

        A token that is here already and was refused gets another chance: somebody believes that it works.

        Returns:
            The token, and whether it is new; False when this very token was registered before.

        Raises:
            InputRefused: with a sentence that never repeats the token.
        """
        token = clean_token(access_token)
        url = checked_api_url(api_url) if api_url else self._default_api_url()
        fingerprint = self._box.fingerprint(token)
        now = self._clock()
        with self._database.writing() as session:
            known = rows.by_fingerprint(
                session=session, team_id=self._team_id, api_url=url, fingerprint=fingerprint
            )
            if known is not None and known.id is not None:
                credential_id, new = known.id, False
                if known.paused_for(now) is ParkReason.TOKEN_REJECTED:
                    rows.resume(session=session, team_id=self._team_id, credential_id=credential_id, now=now)
            else:
                name = clean_label(label) or f"Token …{token[-4:]}"
                row = Credential(
                    team_id=self._team_id,
                    label=name,
                    kind=CredentialKind.ACCESS_TOKEN.value,
                    api_url=url,
                    secret=self._box.encrypt(token),
                    fingerprint=fingerprint,
                    hint=token[-4:],
                    expires_at=self._token_expiry(token),
                    created_at=now,
                )
                credential_id, new = rows.add(session=session, credential=row), True
            rows.adopt_tasks(session=session, team_id=self._team_id, credential_id=credential_id, now=now)
            teams.touch(session=session, team_ids=[self._team_id])
        self._wake()
        log.info("credential.added" if new else "credential.known", credential=credential_id, api_url=url)
        return self.get(credential_id), new

    def all(self) -> list[CredentialView]:
        """Every token of the team, newest first."""
        now = self._clock()
        with self._database.reading() as session:
            counts = self._count_tasks(session)
            listed = rows.all_of_team(session=session, team_id=self._team_id)
        return [_view(row, *counts.get(row.id or 0, (0, 0)), now) for row in listed]

    def get(self, credential_id: int) -> CredentialView:
        """One token; raises NotFound."""
        for view in self.all():
            if view.id == credential_id:
                return view
        raise NotFound("There is no such token in this team.")

    def replace(self, credential_id: int, *, access_token: str) -> CredentialView:
        """Paste a new access token into the same entry; its tasks continue at once.

        Raises:
            InputRefused: when it is no token, or registered under another entry already.
            NotFound: when the entry is gone.
        """
        token = clean_token(access_token)
        fingerprint = self._box.fingerprint(token)
        before = self.get(credential_id)
        with self._database.writing() as session:
            other = rows.by_fingerprint(
                session=session, team_id=self._team_id, api_url=before.api_url, fingerprint=fingerprint
            )
            if other is not None and other.id != credential_id:
                raise InputRefused(f"This token is registered already, as “{other.label}”.")
            rows.replace_secret(
                session=session,
                team_id=self._team_id,
                credential_id=credential_id,
                secret=self._box.encrypt(token),
                fingerprint=fingerprint,
                hint=token[-4:],
                expires_at=self._token_expiry(token),
                now=self._clock(),
            )
            teams.touch(session=session, team_ids=[self._team_id])
        self._wake()
        log.info("credential.replaced", credential=credential_id)
        return self.get(credential_id)

    def remove(self, credential_id: int) -> None:
        """Forget a token. Its tasks and their results stay; open regular tasks then need another token.

        They are due at once, so that the poller parks them with that reason.
        """
        with self._database.writing() as session:
            rows.resume(
                session=session, team_id=self._team_id, credential_id=credential_id, now=self._clock()
            )
            rows.remove(session=session, team_id=self._team_id, credential_id=credential_id)
            teams.touch(session=session, team_ids=[self._team_id])
        self._wake()
        log.info("credential.removed", credential=credential_id)

    def _count_tasks(self, session: Session) -> dict[int, tuple[int, int]]:
        """Tasks and open tasks by token; every screen asks at every refresh, so counted once for each change."""
        revision = teams.revision(session=session, team_id=self._team_id)
        known = self._counted
        if known is None or known[0] != revision:
            known = revision, rows.count_tasks(session=session, team_id=self._team_id)
            self._counted = known
        return known[1]


def clean_token(pasted: str) -> str:
    """The bare token out of what people paste: quotes, ``Bearer``, line breaks, the whole answer with it.

    Raises:
        InputRefused: with a sentence that never repeats the token.
    """
    if len(pasted) > 2 * MAX_TOKEN:
        raise InputRefused("That is too long for an access token.")
    token = _QUOTES.sub("", _INVISIBLE.sub("", pasted))
    token = _QUOTES.sub("", _HEADER.sub("", token))
    if found := _IN_ANSWER.search(token):
        token = found[1]
    token = _LINE_BREAK.sub("", token)
    if not token:
        raise InputRefused("Paste the access token first.")
    if len(token) > MAX_TOKEN:
        raise InputRefused("That is too long for an access token.")
    if not _TOKEN.fullmatch(token):
        raise InputRefused("An access token has no blanks and no special letters. Copy it again as a whole.")
    if len(token) < 8:  # noqa: PLR2004 - shorter ones would be shown almost whole by their last four characters
        raise InputRefused("That is too short for an access token. Copy it again as a whole.")
    return token


def checked_api_url(api_url: str) -> str:
    """A service URL as stored; raises InputRefused."""
    if api_url == SANDBOX_URL:
        return api_url
    try:
        return normal_api_url(api_url)
    except ValueError as error:
        raise InputRefused(f"The service URL cannot be used: {error}.") from None


def _view(row: Credential, tasks: int, open_tasks: int, now: datetime) -> CredentialView:
    health, detail = _health(row, now)
    return CredentialView(
        id=row.id or 0,
        label=row.label,
        api_url=row.api_url,
        hint=row.hint,
        health=health,
        detail=detail,
        expires_at=row.expires_at,
        created_at=row.created_at,
        last_success_at=row.last_success_at,
        paused_until=row.paused_until,
        tasks=tasks,
        open_tasks=open_tasks,
    )


def _health(row: Credential, now: datetime) -> tuple[Health, str]:
    if pause := row.paused_for(now):
        limited = pause is ParkReason.RATE_LIMITED
        return (Health.RATE_LIMITED if limited else Health.REJECTED), row.pause_detail or ""
    if row.expires_at is not None and row.expires_at <= now:
        return Health.EXPIRED, "The token itself says that its time is over."
    return (Health.WORKING if row.last_success_at else Health.READY), ""
