"""What is deleted by itself of images and batches: what a team keeps no longer, and what nobody needs any more."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dashboard.logs import get_logger
from dashboard.services.sending.kept_sources import UNUSED_FOR
from dashboard.services.upkeep.pace import Pace
from dashboard.store import batches, sources, teams
from dashboard.store.database import Database

log = get_logger(__name__)

EMPTY_FOR = timedelta(days=90)
"""How long a batch is listed none of whose tasks is left."""

_AT_ONCE = 20


class SourceKeeping:
    """Runs with the housekeeping, by a clock that was seen to be steady.

    Args:
        database: of the deployment.
        rest: waits so many seconds between two pieces, less when the process ends.
    """

    def __init__(self, database: Database, *, rest: Callable[[float], object]) -> None:
        self._database = database
        self._rest = rest

    def sweep(self, now: datetime) -> int:
        """One round; returns how many images were deleted. Raises StoreUnavailable."""
        deleted = self._delete(lambda: self._unused(now))
        with self._database.reading() as session:
            limits = {
                team.id: now - timedelta(days=team.keep_sources_days)
                for team in teams.all_teams(session=session)
                if team.id is not None and team.keep_sources_days is not None
            }
        for team_id, before in limits.items():
            deleted += self._delete(lambda: self._outlived(team_id, before))  # noqa: B023 - called at once
        self._pace().write(
            lambda session: batches.forget_empty(session=session, before=now - EMPTY_FOR, most=_AT_ONCE),
            size=_AT_ONCE,
        )
        if deleted:
            log.info("housekeeping.images_deleted", images=deleted)
        return deleted

    def _unused(self, now: datetime) -> Sequence[int]:
        with self._database.reading() as session:
            return sources.unfinished(session=session, before=now - UNUSED_FOR, most=_AT_ONCE)

    def _outlived(self, team_id: int, before: datetime) -> Sequence[int]:
        with self._database.reading() as session:
            return sources.outlived(session=session, team_id=team_id, before=before, most=_AT_ONCE)

    def _delete(self, found: Callable[[], Sequence[int]]) -> int:
        pace, deleted = self._pace(), 0
        while old := list(found()):
            while old:
                some = old[: pace.size]
                del old[: pace.size]
                deleted += pace.write(
                    lambda session: sources.delete_many(session=session, source_ids=some),  # noqa: B023 - called at once
                    size=len(some),
                )
        return deleted

    def _pace(self) -> Pace:
        return Pace(self._database, first=1, most=_AT_ONCE, rest=self._rest)
