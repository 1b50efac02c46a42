"""The poller's view of the store: each call is one transaction."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlmodel import Session

from dashboard.models import Change, Claim, DecodedPart
from dashboard.polling import claim_outcomes, claims
from dashboard.polling.claim_mending import Mending


class Sessions(Protocol):
    """Where transactions come from; ``dashboard.store.database.Database`` is one."""

    def reading(self) -> AbstractContextManager[Session]:
        """A read-only transaction."""
        ...

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that commits when the block ends well."""
        ...


Stored = Callable[[int, Sequence[DecodedPart]], None]
"""Told of every result that is stored, after it is: our ID and its parts."""


def nobody_waits(_task_ref: int, _parts: Sequence[DecodedPart]) -> None:
    """Nobody wants to know."""


class DatabaseLedger:
    """Claims and records through real transactions."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        index: claim_outcomes.Index,
        stored: Stored = nobody_waits,
        skip_api_urls: Collection[str] = (),
        mending: Mending | None = None,
    ) -> None:
        """Leave alone the tasks of services this process cannot reach (a worker's sandbox)."""
        self._sessions = sessions
        self._index = index
        self._stored = stored
        self._skip_api_urls = tuple(skip_api_urls)
        self._mending = mending or Mending()

    def claim(self, *, limit: int, lease_seconds: float, fence: str) -> list[Claim]:
        """Lease due tasks."""
        with self._sessions.writing() as session:
            self._mending.look(session)
            return claims.claim_due(
                session=session,
                limit=limit,
                lease_seconds=lease_seconds,
                fence=fence,
                skip_api_urls=self._skip_api_urls,
            )

    def record(self, changes: Sequence[Change]) -> list[Claim]:
        """Write changes; gives back the claims that were no longer held."""
        with self._sessions.writing() as session:
            lost = claim_outcomes.record(session=session, changes=changes, index=self._index)
        for change in changes:
            if change.parts:
                self._stored(change.claim.id, change.parts)
        return lost

    def release(self, held: Sequence[Claim]) -> None:
        """Give leases back unused."""
        if held:
            with self._sessions.writing() as session:
                claim_outcomes.release(session=session, claims=held)

    def seconds_until_due(self) -> float | None:
        """How long until something is due."""
        with self._sessions.reading() as session:
            return claims.seconds_until_due(session=session, skip_api_urls=self._skip_api_urls)
