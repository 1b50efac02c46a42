"""What is deleted by itself: tasks their team does not want to keep, sign-ins and links whose time is over.

Only by a clock that was seen to be steady, and never everything at once: a clock that is sixty days ahead makes
everything sixty days old. Until then it says how much would go. What goes, goes in pieces that nobody feels
(:mod:`dashboard.services.upkeep.pace`); a round that is cut off is gone on with in the next one.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from dashboard.background import Background
from dashboard.counts import count_of
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import SYSTEM, Action, AuditEntry
from dashboard.services.team.access import SIGN_IN_LIFE
from dashboard.services.upkeep.growing_line import GrowingLine
from dashboard.services.upkeep.pace import Pace
from dashboard.services.upkeep.timekeeping import Steadiness
from dashboard.store import audit, compacting, memberships, outlived, shares, task_counts, teams
from dashboard.store.database import Database
from dashboard.store.write_queue import aside

log = get_logger(__name__)

EVERY_SECONDS = 3600.0

_WORTH_SAYING = 64 * 1024 * 1024
"""Bytes of a file that are free and stay so."""

SHARES_KEPT = timedelta(days=90)
"""How long a share link that has ended is still listed."""

_FIRST, _LEAST, _MOST = 10, 5, 500
"""Tasks deleted in the first transaction, and in one at least and at most."""

_FIRST_PAGES, _MOST_PAGES = 64, 4096
"""Pages of the file given back at once, in the same way."""

_RECORDS = 200
"""Sign-ins or links deleted at once."""

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
        sweep: forgets what else is too old at a moment.
        rest: takes the place of the rests between two pieces in tests; given the seconds.
    """

    def __init__(
        self,
        *,
        database: Database,
        look: Callable[[], Steadiness],
        rest: Callable[[float], object] | None = None,
        sweep: Callable[[datetime], object] = lambda _: None,
    ) -> None:
        super().__init__("housekeeping")
        self._database = database
        self._look = look
        self._sweep = sweep
        self._rest = rest or self._stopping.wait
        self._tasks = self._pace(_FIRST, _MOST, least=_LEAST)
        self._held: dict[int, int] = {}
        self._going: dict[int, int] = {}
        self._has_said = False

    def held(self, team_id: int | None = None) -> int:
        """How many tasks would go if the clock were right, and wait until it is known to be: of a team, or of all."""
        return sum(self._held.values()) if team_id is None else self._held.get(team_id, 0)

    def going(self, team_id: int | None = None) -> int:
        """How many tasks are still to be deleted in this round: of a team, or of all."""
        return sum(self._going.values()) if team_id is None else self._going.get(team_id, 0)

    def tidy(self) -> int:
        """One round; returns how many tasks were deleted. Open tasks are never touched.

        Raises:
            StoreUnavailable: when the database refuses; the next round continues.
        """
        with aside():
            return self._tidy()

    def _tidy(self) -> int:
        with self._database.writing() as session:
            task_counts.gather(session=session)
        steadiness = self._look()
        now = steadiness.seen_at
        old = self._old(now)
        if not steadiness.is_steady:
            self._hold(steadiness, {team_id: count for team_id, (_, count) in old.items()})
            return 0
        self._held = {}
        self._sweep(now)
        self._forget_records(now)
        self._going = {team_id: min(count, most_at_once(count)) for team_id, (_, count) in old.items()}
        try:
            deleted = sum(self._forget_old(team_id, before, now) for team_id, (before, _) in old.items())
        finally:
            self._going = {}
        self._shrink()
        return deleted

    def _pace(self, first: int, most: int, *, least: int = 1) -> Pace:
        return Pace(self._database, first=first, least=least, most=most, rest=self._rest)

    def _forget_records(self, now: datetime) -> None:
        """Sign-ins and links whose time is over."""
        pace = self._pace(_RECORDS, _MOST)

        def sign_ins(session: Session) -> int:
            return memberships.forget_expired(
                session=session, now=now, accounts_seen_before=now - SIGN_IN_LIFE, limit=pace.size
            )

        def links(session: Session) -> int:
            return shares.forget_ended(session=session, before=now - SHARES_KEPT, limit=pace.size)

        for forget in (sign_ins, links):
            while pace.write(forget, size=pace.size) and not self._stopping.is_set():
                pass

    def _old(self, now: datetime) -> dict[int, tuple[datetime, int]]:
        """Of each team that has such tasks: before which moment they have ended, and how many there are."""
        found: dict[int, tuple[datetime, int]] = {}
        with self._database.reading() as session:
            for team in teams.all_teams(session=session):
                if team.id is None or team.keep_days is None:
                    continue
                before = now - timedelta(days=team.keep_days)
                count = outlived.count(session=session, team_id=team.id, before=before)
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
        pace, more = self._pace(_FIRST_PAGES, _MOST_PAGES), True
        while more and not self._stopping.is_set():
            pages = pace.size
            more = pace.write(lambda session: compacting.give_back(session, pages=pages), size=pages)  # noqa: B023 - called at once
        with self._database.reading() as session:
            slack = compacting.slack(session)
        if not slack.shrinks and slack.free_bytes > _WORTH_SAYING and not self._has_said:
            self._has_said = True
            log.info("housekeeping.does_not_shrink", free=slack.free_bytes, advice="ocr-dashboard compact")

    def _forget_old(self, team_id: int, before: datetime, now: datetime) -> int:
        """Delete what a team has too much; one line of its log tells how much it was, or is by now."""

        def note(session: Session, subject: str) -> AuditEntry:
            return audit.note(
                session=session,
                team_id=team_id,
                actor=SYSTEM,
                action=Action.TASKS_OUTLIVED,
                subject=subject,
                now=now,
            )

        deleted, line = 0, GrowingLine(note)
        while self._going[team_id] > 0 and not self._stopping.is_set():
            with self._database.reading() as session:
                limit = min(self._tasks.size, self._going[team_id])
                old = outlived.some(session=session, team_id=team_id, before=before, limit=limit)
            if not old:
                break

            def forget(session: Session) -> int:
                count = outlived.forget(session=session, team_id=team_id, before=before, task_refs=old)  # noqa: B023 - called at once
                if deleted + count:  # noqa: B023 - the same
                    line.tell(session, count_of(deleted + count, "task"))  # noqa: B023 - the same
                teams.touch(session=session, team_ids=[team_id])
                return count

            count = self._tasks.write(forget, size=len(old))
            deleted += count
            self._going[team_id] -= len(old)
        if deleted:
            log.info("housekeeping.deleted", team=team_id, tasks=deleted)
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
