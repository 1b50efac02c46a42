"""Trying a token by hand: a login that costs nothing, or one call for a pasted token, which may be billed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import CloudError, NotAllowed, TokenRejected
from dashboard.logs import get_logger
from dashboard.models import (
    FOREVER,
    Action,
    CallCredential,
    CallKind,
    Credential,
    CredentialKind,
    Operation,
    ParkReason,
    Role,
    TaskAddress,
)
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.services.credentials.calling import Calls
from dashboard.services.credentials.credential_views import minutes_until, refuse_locking
from dashboard.services.team_scope import TeamScope
from dashboard.store import credentials as rows

log = get_logger(__name__)

NOBODYS_TASK = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a test; ``sentence`` is for people."""

    works: bool
    sentence: str


class TokenTest:
    """Tests the tokens of one team."""

    def __init__(self, team: TeamScope, *, tokens: Tokens, api: OcrApi, wake: Callable[[], None]) -> None:
        self._team = team
        self._tokens = tokens
        self._calls = Calls(team, tokens=tokens)
        self._api = api
        self._wake = wake

    def run(self, credential_id: int) -> Verdict:
        """Try a token now. When it works, its pause is over and its open tasks are due at once.

        A client ID and secret cost nothing: a token is minted. A pasted token costs one call for a status,
        which counts and may be billed.

        Raises:
            NotFound: when the token is gone.
            InputRefused: when three logins were refused just now; another try could lock the pair.
        """
        now = self._team.clock()
        with self._team.reading(Role.OWNER) as session:
            row = self._team.credential(session, credential_id)
        verdict = (
            self._log_in(row, now)
            if row.kind == CredentialKind.CLIENT_CREDENTIALS
            else self._ask(row.call_credential(), now)
        )
        with self._team.writing() as session:
            self._team.note(session, Action.TOKEN_TESTED, row.label, {"works": verdict.works})
        log.info("credential.tested", credential=credential_id, works=verdict.works)
        return verdict

    def _log_in(self, row: Credential, now: datetime) -> Verdict:
        refuse_locking(row, now=now)
        paused = row.paused_for(now)
        if paused is ParkReason.LOGIN_LOCKED and row.paused_until:
            minutes = minutes_until(row.paused_until, now=now)
            return Verdict(
                works=False, sentence=f"The service takes no logins with it for another {minutes} min."
            )
        self._resume(row.id or 0, now, only=frozenset({ParkReason.TOKEN_REJECTED, ParkReason.UNREACHABLE}))
        with self._team.reading() as session:
            fresh = rows.get(session=session, team_id=self._team.team_id, credential_id=row.id or 0) or row
        try:
            self._tokens.renewed(fresh.call_credential(), now=now)
        except CloudError as error:
            return Verdict(works=False, sentence=str(error))
        return Verdict(works=True, sentence="It works: a new access token was minted. This costs nothing.")

    def _ask(self, credential: CallCredential, now: datetime) -> Verdict:
        nobody = TaskAddress(
            api_url=credential.api_url, operation=Operation.RECOGNIZE_IMAGE, trial=False, task_id=NOBODYS_TASK
        )

        def ask(access_token: str | None) -> None:
            self._api.status(nobody, access_token=access_token)

        try:
            self._calls.make(CallKind.STATUS, credential, ask)
        except TokenRejected as error:
            is_over = credential.expires_at is not None and credential.expires_at <= now
            reason = ParkReason.TOKEN_EXPIRED if is_over else ParkReason.TOKEN_REJECTED
            if not isinstance(error, NotAllowed):
                self._pause(credential, reason, str(error), now)
            return Verdict(works=False, sentence=str(error))
        except CloudError as error:
            return Verdict(works=False, sentence=f"It could not be tested: {error}")
        self._resume(credential.credential_id, now, only=frozenset(ParkReason) - {ParkReason.BUDGET_REACHED})
        with self._team.writing() as session:
            values = {"last_success_at": now}
            rows.change(
                session=session,
                team_id=self._team.team_id,
                credential_id=credential.credential_id,
                values=values,
            )
            self._team.touch(session)
        return Verdict(works=True, sentence="It works. This was one call, which may be billed.")

    def _pause(self, credential: CallCredential, reason: ParkReason, detail: str, now: datetime) -> None:
        with self._team.writing() as session:
            row = rows.get(
                session=session, team_id=self._team.team_id, credential_id=credential.credential_id
            )
            if row is None or row.secret != credential.secret:
                return  # replaced meanwhile: this says nothing about the new one
            rows.pause(
                session=session,
                team_id=self._team.team_id,
                credential_id=credential.credential_id,
                reason=reason,
                detail=detail,
                until=FOREVER,
                now=now,
            )
            self._team.touch(session)

    def _resume(self, credential_id: int, now: datetime, *, only: frozenset[ParkReason]) -> None:
        with self._team.writing() as session:
            row = rows.get(session=session, team_id=self._team.team_id, credential_id=credential_id)
            if row is None or row.pause_reason not in only:
                return
            refuse_locking(row, now=now)  # again: somebody else may have tried it just now
            rows.resume(session=session, team_id=self._team.team_id, credential_id=credential_id, now=now)
            self._team.touch(session)
        self._wake()
