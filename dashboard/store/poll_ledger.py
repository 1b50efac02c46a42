"""The poller's view of the store: each call is one transaction."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence

from dashboard.models import Change, Claim, DecodedPart, Lane
from dashboard.store import claims, outages, outcomes, processes
from dashboard.store.clock_mending import Mending
from dashboard.store.database import Database
from dashboard.store.histories import Histories

Stored = Callable[[int, Sequence[DecodedPart]], None]
"""Told of every result that is stored, after it is: our ID and its parts."""

_TURNS = 2**16


class DatabaseLedger:
    """Claims and records through real transactions."""

    def __init__(
        self,
        database: Database,
        *,
        index: outcomes.Index,
        stored: Stored = lambda _task_ref, _parts: None,
        skip_api_urls: Collection[str] = (),
        mending: Mending | None = None,
        holder: str | None = None,
        histories: Histories | None = None,
    ) -> None:
        """Leave alone the tasks of services this process cannot reach (a worker's sandbox)."""
        self._histories = histories
        self._holder = holder
        self._outages = outages.Outages()
        self._database = database
        self._index = index
        self._stored = stored
        self._skip_api_urls = tuple(skip_api_urls)
        self._mending = mending or Mending()

    def claim(self, *, limit: int, lease_seconds: float, fence: str, busy: Mapping[Lane, int]) -> list[Claim]:
        """Lease due tasks."""
        self._outages.bring_back(self._database)
        if self._histories:
            self._histories.refresh()
        with self._database.writing() as session:
            self._mending.look(session)
            claimed = claims.claim_due(
                session=session,
                limit=limit,
                lease_seconds=lease_seconds,
                fence=fence,
                holder=self._holder,
                busy=busy,
                skip_api_urls=self._skip_api_urls,
                outages=self._outages.known(session),
                turn=random.randrange(_TURNS),  # noqa: S311 - a turn, not cryptography
            )
            if claimed and self._holder is not None:
                processes.beat(session, self._holder)  # nothing is ever held by who is not known
            return claimed

    def record(self, changes: Sequence[Change]) -> list[Claim]:
        """Write changes; gives back the claims that were no longer held."""
        with self._database.writing() as session:
            turned = self._outages.learn(session, changes)  # before tokens are locked: as in a claim
            lost = outcomes.record(session=session, changes=changes, index=self._index)
        if turned:
            with self._database.writing() as session:  # of its own: it locks other teams than the outcomes do
                outages.announce(session, turned)
        for change in changes:
            if change.parts:
                self._stored(change.claim.id, change.parts)
        if self._histories:
            gone = {(claim.id, claim.fence) for claim in lost}
            self._histories.note(it for it in changes if (it.claim.id, it.claim.fence) not in gone)
        return lost

    def release(self, held: Sequence[Claim]) -> None:
        """Give leases back unused."""
        if held:
            with self._database.writing() as session:
                outcomes.release(session=session, claims=held)

    def seconds_until_due(self) -> float | None:
        """How long until something is due."""
        with self._database.reading() as session:
            return claims.seconds_until_due(
                session=session, skip_api_urls=self._skip_api_urls, outages=self._outages.known(session)
            )
