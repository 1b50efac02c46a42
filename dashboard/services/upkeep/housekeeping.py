"""What is deleted by itself: tasks their team does not want to keep, sign-ins and links whose time is over.

Only by a clock that was seen to be steady, and never everything at once: a clock that is sixty days ahead makes
everything sixty days old. Until then it says how much would go.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard.background import Background
from dashboard.counts import count_of
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import SYSTEM, Action
from dashboard.services.team.access import SIGN_IN_LIFE
from dashboard.services.upkeep.timekeeping import Steadiness
from dashboard.store import audit, compacting, memberships, shares, tasks, teams
from dashboard.store.database import Database

log = get_logger(__name__)

EVERY_SECONDS = 3600.0

_BETWEEN_PIECES_SECONDS = 0.05
_WORTH_SAYING = 64 * 1024 * 1024
"""Bytes of a file that are free and stay so."""

SHARES_KEPT = timedelta(days=90)
"""How long a share link that has ended is still listed."""

_PIECE = 500
"""Tasks deleted in one transaction."""

MOST_AN_HOUR = 2_000
HOURS_FOR_ALL = 24
"""In one round at most so many tasks of a team are deleted, or this part of them, whichever is more."""


def most_at_once(old: int) -> int:
    """How many of so many tasks that are too old may go in one round."""
    return max(MOST_AN_HOUR, math.ceil(old / HOURS_FOR_ALL))


class Housekeeping(Background):
    """Runs once an hour in a thread of its own; several replicas doing the same do no harm.

    Args:
        database: of the deployment.
        look: looks at the clock, and says how far it can be relied on.
    """

    def __init__(self, *, database: Database, look: Callable[[], Steadiness]) -> None:
        super().__init__("housekeeping")
        self._database = database
        self._look = look
        self._held: dict[int, int] = {}
        self._has_said = False

    def held(self, team_id: int | None = None) -> int:
        """How many tasks would go if the clock were right, and wait until it is known to be: of a team, or of all."""
        return sum(self._held.values()) if team_id is None else self._held.get(team_id, 0)

    def tidy(self) -> int:
        """One round; returns how many tasks were deleted. Open tasks are never touched.

        Raises:
            StoreUnavailable: when the database refuses; the next round continues.
        """
        steadiness = self._look()
        now = steadiness.seen_at
        old = self._old(now)
        if not steadiness.is_steady:
            self._hold(steadiness, {team_id: count for team_id, (_, count) in old.items()})
            return 0
        self._held = {}
        with self._database.writing() as session:
            memberships.forget_expired(session=session, now=now, accounts_seen_before=now - SIGN_IN_LIFE)
            shares.forget_ended(session=session, before=now - SHARES_KEPT)
        deleted = sum(
            self._forget_old(team_id, before, now, most_at_once(count))
            for team_id, (before, count) in old.items()
        )
        self._shrink()
        return deleted

    def _old(self, now: datetime) -> dict[int, tuple[datetime, int]]:
        """Of each team that has such tasks: before which moment they have ended, and how many there are."""
        found: dict[int, tuple[datetime, int]] = {}
        with self._database.reading() as session:
            for team in teams.all_teams(session=session):
                if team.id is None or team.keep_days is None:
                    continue
                before = now - timedelta(days=team.keep_days)
                count = tasks.count_outlived(session=session, team_id=team.id, before=before)
                if count:
                    found[team.id] = before, count
        return found

    def _hold(self, steadiness: Steadiness, counts: dict[int, int]) -> None:
        touched = [
            team_id
            for team_id in counts.keys() | self._held.keys()
            if counts.get(team_id) != self.held(team_id)
        ]
        self._held = counts
        if counts:
            log.warning(
                "housekeeping.held",
                tasks=sum(counts.values()),
                hours_left=math.ceil(steadiness.seconds_left / 3600),
            )
        if touched:
            with self._database.writing() as session:
                teams.touch(session=session, team_ids=touched)

    def _shrink(self) -> None:
        """Give back to the disk what an SQLite file no longer needs, a little at a time."""
        if not self._database.is_sqlite:
            return
        more = True
        while more and not self._stopping.wait(_BETWEEN_PIECES_SECONDS):
            with self._database.writing() as session:
                more = compacting.give_back(session)
        with self._database.reading() as session:
            slack = compacting.slack(session)
        if not slack.shrinks and slack.free_bytes > _WORTH_SAYING and not self._has_said:
            self._has_said = True
            log.info("housekeeping.does_not_shrink", free=slack.free_bytes, advice="ocr-dashboard compact")

    def _forget_old(self, team_id: int, before: datetime, now: datetime, most: int) -> int:
        deleted = 0
        while deleted < most and not self._stopping.is_set():
            with self._database.writing() as session:  # in pieces, so that nobody waits long for the lock
                limit = min(_PIECE, most - deleted)
                old = tasks.outlived(session=session, team_id=team_id, before=before, limit=limit)
                if not old:
                    break
                count = tasks.delete_many(session=session, team_id=team_id, task_refs=old)
                audit.note(
                    session=session,
                    team_id=team_id,
                    actor=SYSTEM,
                    action=Action.TASKS_OUTLIVED,
                    subject=count_of(count, "task"),
                    now=now,
                )
                teams.touch(session=session, team_ids=[team_id])
            deleted += count
            log.info("housekeeping.deleted", team=team_id, tasks=count)
        return deleted

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.tidy()
            except StoreError as error:
                log.warning("housekeeping.store_trouble", reason=str(error))
            except Exception:
                log.exception("housekeeping.failed")
            self._stopping.wait(EVERY_SECONDS)
