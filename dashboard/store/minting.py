"""Minted tokens kept for all replicas: one mints at a time, a failure pauses the credential for everybody.

Moments are handed in: the poller counts them by the database's clock.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from dashboard.models import CallCredential, CallKind, Credential, ParkReason, Pause
from dashboard.store import pauses, teams
from dashboard.store.call_counts import count_calls
from dashboard.store.database import Database

_DIFFERENCE = timedelta(seconds=15)
"""By how much the moments of replicas may differ."""


class TokenShelf:
    """Each call is one transaction; every one may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, credential_id: int) -> CallCredential | None:
        """The credential as it is stored now; None when it is gone."""
        with self._database.reading() as session:
            row = session.exec(select(Credential).where(Credential.id == credential_id)).one_or_none()
            return row.call_credential() if row else None

    def lease(self, credential: CallCredential, *, fence: str, now: datetime, until: datetime) -> bool:
        """Take the right to mint, unless somebody has it or has used it since the token was read."""
        held_until = col(Credential.minting_until)
        # One that ends later than one taken now was taken before the clock was set back.
        free = or_(held_until.is_(None), held_until <= now, held_until > until + _DIFFERENCE)
        unchanged = (
            col(Credential.secret) == credential.secret,
            col(Credential.minted) == credential.minted,
            col(Credential.login_failures) == credential.login_failures,
        )
        with self._database.writing() as session:
            taken = session.exec(
                update(Credential)
                .where(col(Credential.id) == credential.credential_id, free, *unchanged)
                .values(minting=fence, minting_until=until)
                .execution_options(synchronize_session=False)
            )
            return bool(taken.rowcount)

    def give_back(self, credential_id: int, *, fence: str) -> None:
        """Return that right unused."""
        with self._database.writing() as session:
            _end(session, credential_id, fence, {})

    def keep(
        self, credential: CallCredential, *, fence: str, minted: str, until: datetime, now: datetime
    ) -> None:
        """Store an encrypted minted token for everybody; pauses that a login ends are over."""
        fresh = {
            "minted": minted,
            "minted_until": until,
            "login_refusals": 0,
            "login_failures": 0,
            "login_failed_at": None,
            "last_success_at": now,
        }
        with self._database.writing() as session:
            if not _end(session, credential.credential_id, fence, fresh):
                return  # replaced or removed meanwhile
            of_logins = col(Credential.pause_reason).in_((ParkReason.UNREACHABLE, ParkReason.LOGIN_LOCKED))
            seen = pauses.end(session, col(Credential.id) == credential.credential_id, of_logins)
            count_calls(
                session=session, credential_id=credential.credential_id, kind=CallKind.LOGIN, moment=now
            )
            teams.touch(session=session, team_ids=seen)

    def fail(
        self, credential: CallCredential, *, fence: str, pause: Pause, was_refused: bool, now: datetime
    ) -> None:
        """Pause the credential for everybody and end the lease."""
        counted = {"login_failures": col(Credential.login_failures) + 1, "login_failed_at": now}
        if was_refused:
            counted["login_refusals"] = col(Credential.login_refusals) + 1
        with self._database.writing() as session:
            if _end(session, credential.credential_id, fence, counted | pauses.paused(pause, since=now)):
                count_calls(
                    session=session, credential_id=credential.credential_id, kind=CallKind.LOGIN, moment=now
                )
                teams.touch(session=session, team_ids=[credential.team_id])


def _end(session: Session, credential_id: int, fence: str, values: dict[str, object]) -> bool:
    """End the lease with what came of it; False when it was not ours any more."""
    ended = session.exec(
        update(Credential)
        .where(col(Credential.id) == credential_id, col(Credential.minting) == fence)
        .values(minting=None, minting_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(ended.rowcount)
