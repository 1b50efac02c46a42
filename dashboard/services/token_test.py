"""Trying a token by hand: a login that costs nothing, or one call for a pasted token, which may be billed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dashboard.errors import CloudError, NotAllowed, NotFound, TokenRejected
from dashboard.logs import get_logger
from dashboard.models import (
    FOREVER,
    Action,
    Actor,
    CallKind,
    Credential,
    CredentialKind,
    Operation,
    ParkReason,
    Role,
    StoredToken,
    TaskAddress,
)
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.services.calling import Calls
from dashboard.services.checkup import NOBODYS_TASK
from dashboard.services.credential_views import minutes_until, refuse_locking
from dashboard.services.permission import require
from dashboard.store import audit, teams
from dashboard.store import credentials as rows
from dashboard.store.database import UnitsOfWork

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a test; ``sentence`` is for people."""

    works: bool
    sentence: str


class TokenTest:
    """Tests the tokens of one team."""

    def __init__(
        self,
        *,
        database: UnitsOfWork,
        team_id: int,
        actor: Actor,
        clock: Callable[[], datetime],
        tokens: Tokens,
        api: OcrApi,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._team_id = team_id
        self._actor = actor
        self._clock = clock
        self._tokens = tokens
        self._calls = Calls(database=database, tokens=tokens, clock=clock)
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
        now = self._clock()
        with self._database.reading() as session:
            require(Role.OWNER, actor=self._actor, session=session, team_id=self._team_id)
            row = rows.get(session=session, team_id=self._team_id, credential_id=credential_id)
        if row is None:
            raise NotFound("There is no such token in this team.")
        verdict = (
            self._log_in(row, now)
            if row.kind == CredentialKind.CLIENT_CREDENTIALS
            else self._ask(row.stored_token(), now)
        )
        with self._database.writing() as session:
            audit.note(
                session=session,
                team_id=self._team_id,
                actor=self._actor,
                action=Action.TOKEN_TESTED,
                subject=row.label,
                detail={"works": verdict.works},
                now=now,
            )
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
        with self._database.reading() as session:
            fresh = rows.get(session=session, team_id=self._team_id, credential_id=row.id or 0) or row
        try:
            self._tokens.renewed(fresh.stored_token(), now=now)
        except CloudError as error:
            return Verdict(works=False, sentence=str(error))
        return Verdict(works=True, sentence="It works: a new access token was minted. This costs nothing.")

    def _ask(self, token: StoredToken, now: datetime) -> Verdict:
        nobody = TaskAddress(
            api_url=token.api_url, operation=Operation.RECOGNIZE_IMAGE, trial=False, task_id=NOBODYS_TASK
        )

        def ask(access_token: str | None) -> None:
            self._api.status(nobody, access_token=access_token)

        try:
            self._calls.make(CallKind.STATUS, token, ask)
        except TokenRejected as error:
            is_over = token.expires_at is not None and token.expires_at <= now
            reason = ParkReason.TOKEN_EXPIRED if is_over else ParkReason.TOKEN_REJECTED
            if not isinstance(error, NotAllowed):
                self._pause(token, reason, str(error), now)
            return Verdict(works=False, sentence=str(error))
        except CloudError as error:
            return Verdict(works=False, sentence=f"It could not be tested: {error}")
        self._resume(token.credential_id, now, only=frozenset(ParkReason) - {ParkReason.BUDGET_REACHED})
        with self._database.writing() as session:
            values = {"last_success_at": now}
            rows.change(
                session=session, team_id=self._team_id, credential_id=token.credential_id, values=values
            )
            teams.touch(session=session, team_ids=[self._team_id])
        return Verdict(works=True, sentence="It works. This was one call, which may be billed.")

    def _pause(self, token: StoredToken, reason: ParkReason, detail: str, now: datetime) -> None:
        with self._database.writing() as session:
            row = rows.get(session=session, team_id=self._team_id, credential_id=token.credential_id)
            if row is None or row.secret != token.secret:
                return  # replaced meanwhile: this says nothing about the new one
            rows.pause(
                session=session,
                team_id=self._team_id,
                credential_id=token.credential_id,
                reason=reason,
                detail=detail,
                until=FOREVER,
                now=now,
            )
            teams.touch(session=session, team_ids=[self._team_id])

    def _resume(self, credential_id: int, now: datetime, *, only: frozenset[ParkReason]) -> None:
        with self._database.writing() as session:
            row = rows.get(session=session, team_id=self._team_id, credential_id=credential_id)
            if row is None or row.pause_reason not in only:
                return
            refuse_locking(row, now=now)  # again: somebody else may have tried it just now
            rows.resume(session=session, team_id=self._team_id, credential_id=credential_id, now=now)
            teams.touch(session=session, team_ids=[self._team_id])
        self._wake()
