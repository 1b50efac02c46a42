"""What is deleted by itself: tasks their team does not want to keep, sign-ins and links whose time is over."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard.counts import count_of
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import SYSTEM, Action
from dashboard.services.access import SIGN_IN_LIFE
from dashboard.store import access, audit, compacting, shares, tasks, teams
from dashboard.store.database import Database

log = get_logger(__name__)

EVERY_SECONDS = 3600.0

_BETWEEN_PIECES = 0.05
_WORTH_SAYING = 64 * 1024 * 1024
"""Bytes of a file that are free and stay so."""

SHARES_KEPT = timedelta(days=90)
"""How long a share link that has ended is still listed."""


class Housekeeping:
    """Runs once an hour in a thread of its own; several replicas doing the same do no harm."""

    def __init__(self, *, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._stopping = threading.Event()
        self._has_said = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first round is made at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
            self._thread.start()

    def begin_to_stop(self) -> None:
        """End after the piece that is under way."""
        self._stopping.set()

    def stop(self, *, timeout_seconds: float = 1.0) -> None:
        """The same, and wait for it."""
        self.begin_to_stop()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def tidy(self) -> int:
        """One round; returns how many tasks were deleted. Open tasks are never touched.

        Raises:
            StoreUnavailable: when the database refuses; the next round continues.
        """
        now, deleted = self._clock(), 0
        with self._database.writing() as session:
            access.forget_expired(session=session, now=now, accounts_seen_before=now - SIGN_IN_LIFE)
            shares.forget_ended(session=session, before=now - SHARES_KEPT)
            limits = [(team.id, team.keep_days) for team in teams.all_teams(session=session)]
        for team_id, days in limits:
            if team_id is not None and days is not None:
                deleted += self._forget_old(team_id, now - timedelta(days=days), now)
        self._shrink()
        return deleted

    def _shrink(self) -> None:
        """Give back to the disk what an SQLite file no longer needs, a little at a time."""
        if not self._database.is_sqlite:
            return
        more = True
        while more and not self._stopping.wait(_BETWEEN_PIECES):
            with self._database.writing() as session:
                more = compacting.give_back(session)
        with self._database.reading() as session:
            slack = compacting.slack(session)
        if not slack.shrinks and slack.free_bytes > _WORTH_SAYING and not self._has_said:
            self._has_said = True
            log.info("housekeeping.does_not_shrink", free=slack.free_bytes, advice="ocr-dashboard compact")

    def _forget_old(self, team_id: int, before: datetime, now: datetime) -> int:
        deleted = 0
        while not self._stopping.is_set():
            with self._database.writing() as session:  # in pieces, so that nobody waits long for the lock
                old = tasks.outlived(session=session, team_id=team_id, before=before)
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
